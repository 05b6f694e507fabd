"""In which order the steps of a leg's parts are handed to the runner."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from gristmill.pipelines.plan import Part

UNKNOWN_BYTES = 1 << 30  # what a file counts whose server has not been asked: about what Common Crawl's have

_T = TypeVar("_T")


def staggered(steps: Sequence[_T], parts: Sequence[Part], in_flight: int) -> Iterator[tuple[_T, Part]]:
    """Each step of each part, so that long and short jobs mix and none has to wait for its part's step before.

    Stage after stage would be a phase of long jobs and then one of jobs so short that Prefect cannot start them as fast
    as they end; part after part would fill the runner with jobs that wait for one another. So a step follows the one
    before it some parts later, when the runner has taken about as many other jobs as it holds.
    """
    lag = in_flight // len(steps) + 1
    for wave in range(len(parts) + lag * (len(steps) - 1)):
        for number, step in enumerate(steps):
            if 0 <= wave - lag * number < len(parts):
                yield step, parts[wave - lag * number]


def fetch_windows(parts: Sequence[Part], cache_bytes: int) -> list[list[Part]]:
    """Parts in windows whose remote files fill half of the cache: jobs start in the order in which they are submitted.

    While one window is fetched the one before is extracted, so two of them lie in the cache.
    """
    windows: list[list[Part]] = [[]]
    size = 0
    for part in parts:
        bytes_ = 0 if not part.file.remote else part.file.size if part.file.size >= 0 else UNKNOWN_BYTES
        if windows[-1] and size + bytes_ > cache_bytes / 2:
            windows.append([])
            size = 0
        windows[-1].append(part)
        size += bytes_
    return windows
