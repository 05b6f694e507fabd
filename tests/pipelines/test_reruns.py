"""What is done again and what is not: receipts decide, and they depend on content alone."""

import random
import shutil
from pathlib import Path

import pytest

from gristmill.pipelines.graph import Course
from gristmill.pipelines.jobs import Job, run_job
from gristmill.pipelines.plan import plan_run
from gristmill.pipelines.receipts import Receipt
from gristmill.pipelines.running import SerialRunner, collect_finished
from gristmill.pipelines.verify import verify
from tests.pipelines.conftest import Crawl
from tests.pipelines.serial import Finished, finish

STAGES = [
    "fetch", "extract", "urls", "language", "heuristics", "quality", "exact", "minhash", "pii", "encode", "shards",
]  # fmt: skip


@pytest.fixture(scope="module")
def once(small_crawl: Crawl, recipe: Path, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """A run over two of the three files."""
    return finish(recipe, small_crawl.warcs[:2], tmp_path_factory.mktemp("reruns"))


@pytest.fixture
def store(once: Finished, tmp_path: Path) -> Path:
    """A copy of that run's store."""
    return Path(shutil.copytree(once.plan.store, tmp_path / "store"))


def test_a_second_run_does_nothing(once: Finished, store: Path, recipe: Path, small_crawl: Crawl) -> None:
    before = sorted(path for path in store.rglob("*") if path.suffix in (".json", ".parquet", ".bin", ".npy"))
    plan = plan_run(str(recipe), [str(path) for path in small_crawl.warcs[:2]], str(store))
    assert collect_finished(plan) == list(once.receipts)
    again = finish(recipe, small_crawl.warcs[:2], store)
    assert again.done == ()
    assert again.run.root == once.run.root
    after = sorted(path for path in store.rglob("*") if path.suffix in (".json", ".parquet", ".bin", ".npy"))
    assert after == before


def test_nothing_is_finished_in_an_empty_store(small_crawl: Crawl, recipe: Path, tmp_path: Path) -> None:
    plan = plan_run(str(recipe), [str(small_crawl.folder)], str(tmp_path))
    assert collect_finished(plan) is None


@pytest.mark.parametrize(
    ("override", "first"),
    [("gopher_quality.min_words=60", "heuristics"), ("minhash.threshold=0.95", "minhash"), ("pii.email=remove", "pii")],
)
def test_a_changed_threshold_runs_its_stage_and_what_follows(
    override: str, first: str, once: Finished, store: Path, recipe: Path, small_crawl: Crawl
) -> None:
    changed = finish(recipe, small_crawl.warcs[:2], store, override)
    assert changed.stages_done == STAGES[STAGES.index(first) :]
    assert changed.run.id != once.run.id
    assert finish(recipe, small_crawl.warcs[:2], store).done == ()


def test_a_further_warc_runs_its_own_parts_and_the_corpus_stages(
    once: Finished, store: Path, recipe: Path, small_crawl: Crawl
) -> None:
    """Behind a corpus stage an old part is touched only if the new file changed something about its documents."""
    old, new = small_crawl.warcs[:2], small_crawl.warcs[2].name
    more = finish(recipe, small_crawl.warcs, store)
    before_corpus = {"fetch", "extract", "urls", "language", "heuristics", "quality"}
    assert {name for stage, _, name in more.done if stage in before_corpus} == {new}
    assert {(stage, step) for stage, step, name in more.done if name == new} == {
        (receipt.stage, receipt.step) for receipt in once.receipts if " of " not in receipt.address
    }

    def verdicts(finished: Finished, name: str) -> str:
        stage = finished.run.stage("minhash")
        assert stage is not None
        return next(receipt.digest for receipt in stage.final if receipt.address == name)

    changed = {path.name for path in old if verdicts(once, path.name) != verdicts(more, path.name)}
    assert len(changed) == 1
    for stage in ("pii", "encode", "shards"):
        assert {name for done, step, name in more.done if done == stage and step != "write"} == {new, *changed}


def test_the_run_before_stays_whole(once: Finished, store: Path, recipe: Path, small_crawl: Crawl) -> None:
    more = finish(recipe, small_crawl.warcs, store)
    assert verify(more.store, more.run)["ok"]
    back = finish(recipe, small_crawl.warcs[:2], store)
    assert (back.done, back.run.root) == ((), once.run.root)
    assert verify(back.store, back.run)["ok"]


def test_a_lost_receipt_is_made_again_and_nothing_else(
    once: Finished, store: Path, recipe: Path, small_crawl: Crawl
) -> None:
    for stage in ("language", "exact", "encode"):
        lost = next(receipt for receipt in once.receipts if receipt.stage == stage)
        (store / lost.path).unlink()
        again = finish(recipe, small_crawl.warcs[:2], store)
        assert [(done, step) for done, step, _ in again.done] == [(lost.stage, lost.step)]
        assert again.run.root == once.run.root


def test_the_root_does_not_depend_on_places_or_order(
    once: Finished, recipe: Path, small_crawl: Crawl, tmp_path: Path
) -> None:
    """Other folders, other spellings, another order and another store give the same bytes in the same shards."""
    folder = tmp_path / "quite" / "elsewhere"
    folder.mkdir(parents=True)
    files = [Path(shutil.copy(path, folder)) for path in small_crawl.warcs[:2]]
    other = finish(recipe, files[::-1], tmp_path / "other store")
    assert other.run.root == once.run.root
    assert [receipt.digest for receipt in other.receipts] == [receipt.digest for receipt in once.receipts]


def test_work_done_twice_gives_the_same_root(once: Finished, recipe: Path, small_crawl: Crawl, tmp_path: Path) -> None:
    """A worker that lost its receipt does its job again, under other names, with the same content."""
    plan = plan_run(str(recipe), [str(path) for path in small_crawl.warcs[:2]], str(tmp_path / "store"))
    dice = random.Random(0)

    def unlucky(job: Job) -> Receipt:
        if dice.random() < 0.2:
            (Path(plan.store) / run_job(job).path).unlink()
        return run_job(job)

    course = Course(plan, SerialRunner(unlucky))
    course.walk()
    assert [receipt.digest for receipt in course.receipts] == [receipt.digest for receipt in once.receipts]


def test_a_file_that_is_no_warc_fails_alone(once: Finished, recipe: Path, small_crawl: Crawl, tmp_path: Path) -> None:
    folder = tmp_path / "crawl"
    folder.mkdir()
    for path in small_crawl.warcs[:2]:
        shutil.copy(path, folder)
    (folder / "notes.warc.gz").write_bytes(b"no WARC at all, just words " * 50)
    (folder / "void.warc.gz").write_bytes(b"")
    mixed = finish(recipe, [folder], tmp_path / "store")
    files = {row["address"]: row["reason"] for row in mixed.sql("SELECT * FROM files")}
    assert files == {
        **{path.name: "" for path in small_crawl.warcs[:2]},
        "notes.warc.gz": "fetch.not_a_warc",
        "void.warc.gz": "fetch.empty",
    }
    assert mixed.sql("SELECT * FROM shards ORDER BY ALL") == once.sql("SELECT * FROM shards ORDER BY ALL")
