"""The step that fetches: what is wrong with the data is committed, what may be better tomorrow is not."""

import shutil
from pathlib import Path

import pytest

from gristmill.core.errors import GristmillError
from gristmill.crawl.access import Access
from gristmill.crawl.inputs import InputFile
from gristmill.pipelines.jobs import Job, existing_receipt, run_job
from gristmill.pipelines.plan import Plan, plan_run
from gristmill.pipelines.receipts import Counts
from gristmill.pipelines.steps.fetch import available, drop_cached
from tests.crawl.standin import serve
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


@pytest.mark.parametrize("keep", [False, True])
def test_a_fetched_file_is_dropped_unless_it_is_to_be_kept(
    plan: Plan, small_crawl: Crawl, tmp_path: Path, keep: bool
) -> None:
    warc = small_crawl.warcs[0]
    with serve(warc.parent) as site:
        file = InputFile(warc.name, f"{site.url}/{warc.name}", -1, "", False)
        job = Job(plan.store, plan.recipe.stages[0], "fetch", "x", file, settings={"access": Access(keep=keep)})
        assert run_job(job).bytes_in == warc.stat().st_size
        path = available(job).path
        assert path is not None
        assert path.parent == tmp_path / "store" / "cache"
        assert len(site.times) == 1
    drop_cached(job)
    assert path.exists() == keep
