"""The step that fetches: what is wrong with the data is committed, what may be better tomorrow is not."""

import pickle
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gristmill.core.errors import GristmillError
from gristmill.crawl.access import Access
from gristmill.crawl.input_file import InputFile
from gristmill.pipelines.jobs import Job, existing_receipt, run_job
from gristmill.pipelines.plan import Plan, plan_run
from gristmill.pipelines.receipts import Counts
from gristmill.pipelines.steps.fetch import available, drop_copies
from gristmill.pipelines.store import open_store
from tests.crawl.standin import StandIn, serve
from tests.pipelines.conftest import Crawl


@pytest.fixture
def plan(small_crawl: Crawl, recipe: Path, tmp_path: Path) -> Plan:
    folder = tmp_path / "crawl"
    folder.mkdir()
    shutil.copy(small_crawl.warcs[0], folder)
    (folder / "notes.warc.gz").write_bytes(b"just words " * 100)
    return plan_run(str(recipe), [str(folder)], str(tmp_path / "store"))


def fetching(plan: Plan, ending: str) -> Job:
    part = next(part for part in plan.parts if part.file.address.endswith(ending))
    return Job(plan.store, plan.recipe.stages[0], "fetch", part.name, part.file)


def test_a_good_file(plan: Plan) -> None:
    job = fetching(plan, "00000.warc.gz")
    receipt = run_job(job)
    assert job.file is not None
    assert (receipt.unit, receipt.counts, receipt.reasons) == ("file", Counts(1, 1), {})
    assert (receipt.bytes_in, receipt.extra["location"]) == (job.file.size, job.file.location)


def test_a_file_that_is_no_warc_is_a_fact(plan: Plan) -> None:
    job = fetching(plan, "notes.warc.gz")
    receipt = run_job(job)
    assert (receipt.counts, receipt.reasons) == (Counts(1, 0, 0, 1), {"fetch.not_a_warc": 1})
    assert existing_receipt(job) == receipt


def test_a_file_that_went_away_may_come_back(plan: Plan, tmp_path: Path) -> None:
    job = fetching(plan, "00000.warc.gz")
    assert job.file is not None
    path = Path(job.file.location)
    path.rename(tmp_path / "away")
    with pytest.raises(GristmillError, match=r"No such file.*run the same command again"):
        run_job(job)
    assert existing_receipt(job) is None
    (tmp_path / "away").rename(path)
    assert run_job(job).counts.kept == 1


def test_a_file_that_was_cut_since_the_plan_is_not_taken(plan: Plan) -> None:
    job = fetching(plan, "00000.warc.gz")
    assert job.file is not None
    path = Path(job.file.location)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(GristmillError, match="were planned"):
        run_job(job)
    assert existing_receipt(job) is None


@pytest.fixture
def remote(plan: Plan, small_crawl: Crawl) -> Iterator[tuple[StandIn, InputFile]]:
    """A file of a server."""
    warc = small_crawl.warcs[0]
    with serve(warc.parent) as site:
        yield site, InputFile(warc.name, f"{site.url}/{warc.name}", -1, "", False)


@pytest.mark.parametrize("keep", [False, True])
def test_a_fetched_file_is_dropped_unless_it_is_to_be_kept(
    plan: Plan, remote: tuple[StandIn, InputFile], keep: bool
) -> None:
    site, file = remote
    access = Access(keep=keep)
    job = Job(plan.store, plan.recipe.stages[0], "fetch", "x", file, settings={"access": access})
    size = run_job(job).bytes_in
    path = available(job).path
    assert path is not None
    assert path.parent == Path(plan.store) / "cache"
    assert path.stat().st_size == size
    assert len(site.times) == 1
    drop_copies(open_store(plan.store), [file], access)
    assert path.exists() == keep


KILLED = """
import os, pickle, signal, sys
from gristmill.pipelines.jobs import run_job
from gristmill.pipelines.store import Store
put_new = Store.put_new
def killed(self, path, data):
    if sys.argv[2] == "after the commit":
        put_new(self, path, data)
    os.kill(os.getpid(), signal.SIGKILL)
Store.put_new = killed
run_job(pickle.load(open(sys.argv[1], "rb")))
"""


@pytest.mark.parametrize("moment", ["before the commit", "after the commit"])
def test_killed_where_extraction_ends(
    plan: Plan, remote: tuple[StandIn, InputFile], tmp_path: Path, moment: str
) -> None:
    """A copy goes only when the documents are safe: until then nothing is fetched twice, and none stays for ever."""
    site, file = remote
    access = Access(requests_per_second=0, bytes_per_second=0)
    fetched = run_job(Job(plan.store, plan.recipe.stages[0], "fetch", "x", file, settings={"access": access}))
    job = Job(
        plan.store,
        plan.recipe.stages[1],
        "extract",
        "x",
        file,
        upstream={"previous": fetched},
        settings={"access": access},
    )
    (tmp_path / "job").write_bytes(pickle.dumps(job))
    command = [sys.executable, "-c", KILLED, str(tmp_path / "job"), moment]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    copies = Path(plan.store) / "cache"
    assert len(list(copies.iterdir())) == 1
    assert (existing_receipt(job) is not None) == (moment == "after the commit")
    assert run_job(job).counts.kept > 0
    assert len(site.times) == 1
    drop_copies(open_store(plan.store), [file], access)  # as a run does at its end
    assert list(copies.iterdir()) == []
