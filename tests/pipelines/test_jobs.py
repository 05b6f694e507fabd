"""A job's life: done once, committed last, and only if every unit is accounted for."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from gristmill.core.errors import BalanceError
from gristmill.crawl.input_file import InputFile
from gristmill.pipelines import steps
from gristmill.pipelines.jobs import (
    Draft,
    Job,
    Result,
    StepFunction,
    count_reasons,
    existing_receipt,
    final_step,
    run_job,
    with_upstream,
)
from gristmill.pipelines.receipts import Counts, Receipt
from gristmill.pipelines.recipe import Recipe, load_recipe
from gristmill.pipelines.store import open_store
from gristmill.pipelines.tables import read_table

FILE = InputFile("crawl/one.warc.gz", "/data/crawl/one.warc.gz", 100, "", False)
SCHEMA = pa.schema([("x", pa.int64())])


@pytest.fixture(scope="module")
def default() -> Recipe:
    return load_recipe("default")


@pytest.fixture
def job(default: Recipe, tmp_path: Path) -> Job:
    return Job(str(tmp_path / "store"), default.stage("language"), "judge", "f00d", FILE)


@pytest.fixture
def doing(monkeypatch: pytest.MonkeyPatch) -> Callable[[StepFunction], None]:
    """Put a function in the place of every step's."""

    def put(function: StepFunction) -> None:
        monkeypatch.setattr(steps, "step_function", lambda _job: function)

    return put


def write_rows(job: Job, draft: Draft) -> Result:
    with draft.table("verdicts", SCHEMA) as writer:
        writer.write(pa.table({"x": [1, 2, 3]}))
    return Result("document", Counts(3, 2, 1, 0), {"language.low_score": 1}, extra={"tokens": 9})


def objects(job: Job) -> list[str]:
    return list(open_store(job.store).list(""))


def receipt(digest_of: str) -> Receipt:
    return Receipt("extract", "k", "extract", digest_of, digest_of, "record", Counts())


def test_a_job_is_done_once(job: Job, doing: Callable[[StepFunction], None]) -> None:
    calls = []

    def step(job: Job, draft: Draft) -> Result:
        calls.append(job)
        return write_rows(job, draft)

    doing(step)
    assert existing_receipt(job) is None
    first = run_job(job)
    assert run_job(job) == existing_receipt(job) == first
    assert len(calls) == 1
    assert (first.counts, first.reasons) == (Counts(3, 2, 1, 0), {"language.low_score": 1})
    assert (first.address, first.unit, first.extra) == (FILE.address, "document", {"tokens": 9})
    output = first.outputs[0]
    assert first.bytes_out == output.bytes > 0
    assert read_table(open_store(job.store), output.path)["x"].to_pylist() == [1, 2, 3]
    assert sorted([first.path, output.path]) == objects(job)


def test_what_does_not_balance_is_not_committed(job: Job, doing: Callable[[StepFunction], None]) -> None:
    doing(lambda job, draft: dataclasses.replace(write_rows(job, draft), counts=Counts(4, 2, 1, 0)))
    with pytest.raises(BalanceError, match="1 missing"):
        run_job(job)
    assert existing_receipt(job) is None


def test_a_step_that_raises_leaves_no_receipt(job: Job, doing: Callable[[StepFunction], None]) -> None:
    def step(job: Job, draft: Draft) -> Result:
        with draft.table("verdicts", SCHEMA) as writer:
            writer.write(pa.table({"x": [1]}))
            raise OSError("disk full")

    doing(step)
    with pytest.raises(OSError, match="disk full"):
        run_job(job)
    assert objects(job) == []


def test_of_two_attempts_the_first_to_commit_counts(job: Job, doing: Callable[[StepFunction], None]) -> None:
    """A zombie that wakes up late takes the other's receipt, and its data are garbage that nobody names."""
    others: list[Receipt] = []

    def slow(job: Job, draft: Draft) -> Result:
        doing(write_rows)
        others.append(run_job(job))
        return write_rows(job, draft)

    doing(slow)
    assert [run_job(job)] == others
    committed = existing_receipt(job)
    assert committed is not None
    assert committed.attempt == others[0].attempt
    assert len([path for path in objects(job) if path.endswith(".parquet")]) == 2


def test_two_attempts_have_one_digest_and_two_names(job: Job, doing: Callable[[StepFunction], None]) -> None:
    doing(write_rows)
    first = run_job(job)
    open_store(job.store).delete(first.path)
    second = run_job(job)
    assert second.digest == first.digest
    assert second.outputs[0].path != first.outputs[0].path


def test_up_to_the_first_shuffle_a_name_is_that_of_the_part(job: Job) -> None:
    assert job.name == "f00d"
    assert dataclasses.replace(job, step="map").name == "map-f00d"
    assert with_upstream(job, {"documents": receipt("a")}).name == "f00d"
    assert job.path == f"{job.stage.folder}/f00d.json"


def test_behind_it_a_name_says_what_it_is_made_from(job: Job) -> None:
    pinned = dataclasses.replace(job, pinned=True)
    made: dict[str, Any] = {
        "nothing": {},
        "a": {"documents": receipt("a")},
        "b": {"documents": receipt("b")},
        "both": {"documents": receipt("a"), "reduce": (receipt("b"), receipt("c"))},
        "other order": {"documents": receipt("a"), "reduce": (receipt("c"), receipt("b"))},
    }
    names = {with_upstream(pinned, upstream).name for upstream in made.values()}
    assert len(names) == 5
    assert all(name.startswith("f00d-") for name in names)
    assert with_upstream(pinned, {"reduce": (receipt("b"),), "documents": receipt("a")}).name == (
        with_upstream(pinned, {"documents": receipt("a"), "reduce": (receipt("b"),)}).name
    )


def test_buckets_are_named_by_how_many_there_are(job: Job) -> None:
    buckets = [Job(job.store, job.stage, "reduce", "000", None, 0, count, pinned=True) for count in (1, 2)]
    assert buckets[0].name != buckets[1].name
    assert [bucket.label for bucket in buckets] == ["language reduce · 1 of 1", "language reduce · 1 of 2"]
    assert job.label == "language judge · one.warc.gz"


def test_upstream_receipts_by_role(job: Job) -> None:
    one, other = receipt("a"), receipt("b")
    full = with_upstream(job, {"documents": one, "previous": None, "reduce": (one, other)})
    assert full.receipt("documents") == one
    assert full.receipts("documents") == (one,)
    assert full.receipts("previous") == full.receipts("absent") == ()
    assert full.receipts("reduce") == (one, other)
    assert full.input_digests == (one.digest, one.digest, other.digest)


def test_every_step_of_every_stage_has_a_function(default: Recipe, tmp_path: Path) -> None:
    for stage in default.stages:
        job = Job(str(tmp_path), stage, final_step(stage), "f00d", FILE)
        assert callable(steps.step_function(job))
    for kind, step in steps._STEPS:
        stage = next(stage for stage in default.stages if stage.type.kind == kind)
        assert callable(steps.step_function(Job(str(tmp_path), stage, step, "f00d", FILE)))


def test_reasons_are_counted() -> None:
    rules = pa.array([["a", "b"], [], ["a"]], pa.list_(pa.string()))
    assert count_reasons([rules, rules]) == {"a": 4, "b": 2}
    assert count_reasons([rules], pa.array([False, True, True])) == {"a": 1}
    assert count_reasons([rules[1:]], pa.array([True, False])) == {}
    assert count_reasons([]) == {}
