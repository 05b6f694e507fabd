"""Bringing selected files to a folder and keeping them there: what `gristmill fetch` does, without a store or a recipe."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from gristmill.crawl.access import Access
from gristmill.crawl.fetch import fetch
from gristmill.crawl.input_file import InputFile, part_name
from gristmill.pipelines.politeness import manners_of, permits_of

_UNFINISHED = ".fetching"


@dataclass(frozen=True)
class Brought:
    """A file that was asked for.

    Attributes:
        address: its path in the crawl.
        path: where it lies now; None if it did not come.
        bytes: how many there are.
        records: how many were chosen by an index; 0 for a whole file.
        error: why it did not come, "" if it did.
        new: whether it was fetched now, or lay there already.
    """

    address: str
    path: Path | None
    bytes: int
    records: int
    error: str
    new: bool


def bring(files: Sequence[InputFile], folder: Path, access: Access, workers: int) -> Iterator[Brought]:
    """Fetch files with some workers, in their order; what lies there already is left as it is.

    A file of which only some records were chosen gets the digest of the choice into its name.
    """
    stop = threading.Event()

    def one(file: InputFile) -> Brought:
        target = folder / _kept_name(file)
        records = len(file.ranges) // 16
        if target.exists():
            return Brought(file.address, target, target.stat().st_size, records, "", False)
        if stop.is_set():
            return Brought(file.address, None, 0, records, "stopped", False)
        fetched = fetch(file, folder / _UNFINISHED, permits_of(access), manners_of(access))
        if fetched.path is None:
            return Brought(file.address, None, fetched.bytes, records, fetched.message, True)
        target.parent.mkdir(parents=True, exist_ok=True)
        fetched.path.replace(target)
        return Brought(file.address, target, fetched.bytes, records, "", True)

    access = replace(access, workers=1)  # threads of one process share its budget
    with ThreadPoolExecutor(workers) as pool:
        try:
            yield from pool.map(one, files)
        finally:
            stop.set()  # Ctrl-C: do not begin further ones; what has come of the current ones is resumed next time
    unfinished = folder / _UNFINISHED
    if unfinished.exists() and not any(unfinished.iterdir()):
        unfinished.rmdir()


def _kept_name(file: InputFile) -> str:
    if not file.ranges:
        return file.address
    stem, dot, suffix = file.address.partition(".warc")
    return f"{stem}.{part_name(file)}{dot}{suffix}"
