"""Progress of a run: one bar per stage on a terminal, silence elsewhere."""

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from gristmill.pipelines.jobs import Job
from gristmill.pipelines.receipts import Receipt


class RunProgress:
    """Counts finished jobs per stage; safe to call from many threads."""

    def __init__(self, bars: Progress | None, stages: Sequence[str]) -> None:
        """Show one bar for each stage; `bars` None shows nothing."""
        self._lock = threading.Lock()
        self._bars = bars
        self._documents = dict.fromkeys(stages, 0)
        self._seconds = dict.fromkeys(stages, 0.0)
        self._tasks: dict[str, TaskID] = {}
        if bars is not None:
            self._tasks = {name: bars.add_task(name, total=0, rate="") for name in stages}

    def expect(self, job: Job) -> None:
        """One more job of this stage is to be done."""
        with self._lock:
            if self._bars is not None:
                task = self._tasks[job.stage.name]
                self._bars.update(task, total=(self._bars.tasks[task].total or 0) + 1)

    def finished(self, job: Job, receipt: Receipt) -> None:
        """A job of this stage is done."""
        with self._lock:
            name = job.stage.name
            self._documents[name] += receipt.counts.in_
            self._seconds[name] += receipt.seconds
            if self._bars is not None:
                speed = self._documents[name] / self._seconds[name] if self._seconds[name] else 0.0
                self._bars.update(
                    self._tasks[name], advance=1, rate=f"{speed:,.0f} {receipt.unit or 'row'}s/s a worker"
                )


@contextmanager
def run_progress(stages: Sequence[str]) -> Iterator[RunProgress]:
    """Bars on standard error if it is a terminal."""
    if not sys.stderr.isatty():
        yield RunProgress(None, stages)
        return
    columns = (
        TextColumn("{task.description:<12}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True)) as bars:
        yield RunProgress(bars, stages)
