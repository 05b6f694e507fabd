import dataclasses
from pathlib import Path

import orjson
import pytest

from gristmill.core.errors import BalanceError, StoreError, UsageError, VerificationError
from gristmill.pipelines.receipts import Counts, Receipt
from gristmill.pipelines.runs import (
    StageRun,
    accounted,
    check_chain,
    read_run,
    root_digest,
    run_ids,
    shards_folder,
    write_started,
)
from gristmill.pipelines.store import Store
from tests.pipelines.serial import Finished


def stage(name: str, unit: str, *counts: Counts) -> StageRun:
    receipts = tuple(
        Receipt(name, "k", "judge", str(number), f"{number}.warc", unit, each) for number, each in enumerate(counts)
    )
    return StageRun(name, "k", {}, receipts, ())


FETCH = stage("fetch", "file", Counts(1, 1), Counts(1, 1))
EXTRACT = stage("extract", "record", Counts(10, 6, 4), Counts(10, 5, 4, 1))
LANGUAGE = stage("language", "document", Counts(6, 6), Counts(5, 3, 2))
QUALITY = stage("quality", "document", Counts(6, 6), Counts(3, 3))


def test_what_one_stage_kept_the_next_one_got() -> None:
    check_chain((FETCH, EXTRACT, LANGUAGE, QUALITY))
    check_chain((FETCH,))
    check_chain(())


@pytest.mark.parametrize(
    ("stages", "said"),
    [
        ((FETCH, EXTRACT, QUALITY), "extract kept 11 documents but quality got 9"),
        ((FETCH, EXTRACT, LANGUAGE, LANGUAGE), "language kept 9 documents but language got 11"),
    ],
)
def test_a_broken_chain_is_named(stages: tuple[StageRun, ...], said: str) -> None:
    with pytest.raises(BalanceError, match=said):
        check_chain(stages)


def test_training_is_not_accounted_for() -> None:
    stages = (FETCH, EXTRACT, stage("pretrain", "", Counts()))
    assert [each.name for each in accounted(stages)] == ["fetch", "extract"]
    assert root_digest(stages) == root_digest(stages[:2])


def test_the_root_is_that_of_the_content() -> None:
    root = root_digest((FETCH, EXTRACT))
    assert root == root_digest((dataclasses.replace(FETCH, key="other", params={"a": 1}), EXTRACT))
    assert root == root_digest((dataclasses.replace(FETCH, final=FETCH.final[::-1]), EXTRACT))
    assert root != root_digest((FETCH, LANGUAGE))
    assert root != root_digest((FETCH, dataclasses.replace(EXTRACT, final=EXTRACT.final[:1])))
    assert root != root_digest((EXTRACT, FETCH))


def test_a_run_is_read_back(finished: Finished) -> None:
    run = read_run(finished.store)
    assert run == finished.run
    assert run.status == "done"
    assert read_run(finished.store, run.id[:5]) == run
    assert shards_folder(run) == f"shards-{run.stages[-1].key}"
    language = run.stage("language")
    assert language is not None
    assert language.params["min_score"] == 0.65
    assert run.stage("nothing") is None


def test_the_record_names_everything(finished: Finished) -> None:
    value = finished.store.read_json(f"runs/{finished.run.id}.json")
    assert value is not None
    assert value["root"] == finished.run.root
    assert [part["name"] for part in value["parts"]] == [part.name for part in finished.plan.parts]
    assert [stage["name"] for stage in value["stages"]] == [stage.name for stage in finished.plan.recipe.stages]
    assert value["text"] == finished.plan.recipe.text
    named = [path for stage in value["stages"] for path in (*stage["final"], *stage["steps"])]
    assert sorted(named) == sorted(receipt.path for receipt in finished.receipts)


def test_a_store_without_runs_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no run; run a recipe first"):
        read_run(Store(str(tmp_path)))


def test_an_unknown_run_is_told_with_the_known_ones(finished: Finished) -> None:
    with pytest.raises(UsageError, match=f"has no run beef; it has {finished.run.id}"):
        read_run(finished.store, "beef")


def test_a_run_that_has_not_ended_is_told_apart(finished: Finished, tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    write_started(store, finished.plan)
    with pytest.raises(UsageError, match=f"run {finished.run.id} in .* is not finished"):
        read_run(store)


def write(store: Store, run: str, touched: str, status: str = "done") -> None:
    value = {
        "id": run, "touched": touched, "status": status, "started": touched, "recipe": "r", "description": "",
        "inputs": [], "root": "", "stages": [],
    }  # fmt: skip
    store.put(f"runs/{run}.json", orjson.dumps(value))


def test_the_newest_finished_run_is_meant(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    for run, touched in (("aaa", "2026-01-02"), ("bbb", "2026-01-03"), ("abc", "2026-01-01")):
        write(store, run, touched)
    write(store, "new", "2026-01-04", "running")
    store.put("runs/inputs.cache", b"[]")
    assert run_ids(store) == ["new", "bbb", "aaa", "abc"]
    assert read_run(store).id == "bbb"
    assert read_run(store, "a").id == "aaa"
    with pytest.raises(UsageError, match="not finished"):
        read_run(store, "new")


def test_a_receipt_that_is_gone_is_named(copied: Store, finished: Finished) -> None:
    copied.delete(finished.receipts[3].path)
    with pytest.raises(VerificationError, match=f"{finished.receipts[3].path} is gone"):
        read_run(copied)


def test_a_damaged_record_is_named(copied: Store, finished: Finished) -> None:
    copied.put(f"runs/{finished.run.id}.json", b"")
    with pytest.raises(StoreError, match=rf"runs/{finished.run.id}\.json .* is damaged"):
        read_run(copied)
