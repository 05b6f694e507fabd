import io
from pathlib import Path

import pytest
from rich.console import Console
from rich.progress import Progress, TextColumn

from gristmill.pipelines.jobs import Job
from gristmill.pipelines.progress import RunProgress, run_progress
from gristmill.pipelines.receipts import Counts, Receipt
from gristmill.pipelines.recipe import load_recipe


def jobs(folder: Path) -> list[Job]:
    stages = load_recipe("default").stages[:2]
    return [Job(str(folder), stage, stage.name, unit) for stage in stages for unit in ("a", "b")]


def receipt(job: Job) -> Receipt:
    return Receipt(job.stage.name, "k", job.step, job.unit, job.unit, "record", Counts(10, 10), seconds=2.0)


def test_a_bar_for_each_stage(tmp_path: Path) -> None:
    bars = Progress(TextColumn("{task.fields[rate]}"), console=Console(file=io.StringIO()))
    progress = RunProgress(bars, ["fetch", "extract"])
    for job in jobs(tmp_path):
        progress.expect(job)
    assert [(bar.description, bar.total, bar.completed) for bar in bars.tasks] == [("fetch", 2, 0), ("extract", 2, 0)]
    for job in jobs(tmp_path)[:3]:
        progress.finished(job, receipt(job))
    assert [(bar.completed, bar.fields["rate"]) for bar in bars.tasks] == [
        (2, "5 records/s a worker"),
        (1, "5 records/s a worker"),
    ]


def test_silence_where_nobody_looks(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with run_progress(["fetch", "extract"]) as progress:
        for job in jobs(tmp_path):
            progress.expect(job)
            progress.finished(job, receipt(job))
    said = capfd.readouterr()
    assert (said.out, said.err) == ("", "")
