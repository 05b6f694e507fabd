"""Whatever is changed in a store, verification names the first stage and part that differ."""

from collections.abc import Callable
from pathlib import Path

import orjson
import pyarrow.parquet as pq
import pytest

from gristmill.pipelines.receipts import Output, Receipt
from gristmill.pipelines.runs import read_run
from gristmill.pipelines.store import Store
from gristmill.pipelines.verify import verify
from tests.pipelines.serial import Finished


def receipt_of(finished: Finished, stage: str, step: str) -> Receipt:
    """The second part's receipt, or the only bucket's."""
    return [receipt for receipt in finished.receipts if (receipt.stage, receipt.step) == (stage, step)][:2][-1]


def output_of(receipt: Receipt, kind: str) -> Output:
    output = receipt.output(kind)
    assert output is not None
    return output


def flip_a_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def drop_a_row(path: Path) -> None:
    table = pq.read_table(path)
    pq.write_table(table.slice(1), path)


def swap_rows(path: Path) -> None:
    table = pq.read_table(path)
    pq.write_table(table.take([1, 0, *range(2, table.num_rows)]), path)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def rewrite(path: Path) -> None:
    """The same rows in other bytes."""
    table = pq.read_table(path)
    pq.write_table(table, path, compression="snappy", row_group_size=7)


def test_a_sound_store_verifies(finished: Finished) -> None:
    told: list[str] = []
    value = verify(finished.store, finished.run, seen=told.append)
    assert value == {
        "root": finished.run.root,
        "ok": True,
        "stages": [
            {"name": stage.name, "key": stage.key, "digest": stage.digest, "ok": True} for stage in finished.run.stages
        ],
    }
    assert told == [stage.name for stage in finished.run.stages]


@pytest.mark.parametrize(
    ("stage", "step", "kind", "spoil"),
    [
        ("shards", "write", "bin", flip_a_byte),
        ("shards", "write", "npy", flip_a_byte),
        ("shards", "write", "idx", cut),
        ("shards", "write", "index", drop_a_row),
        ("extract", "extract", "documents", swap_rows),
        ("extract", "extract", "verdicts", drop_a_row),
        ("heuristics", "judge", "verdicts", drop_a_row),
        ("heuristics", "judge", "verdicts", cut),
        ("language", "judge", "verdicts", empty),
        ("minhash", "reduce", "rows", empty),
        ("exact", "map", "rows", swap_rows),
        ("pii", "judge", "documents", Path.unlink),
        ("encode", "encode", "tokens", drop_a_row),
    ],
)
def test_the_first_difference_is_named(
    stage: str, step: str, kind: str, spoil: Callable[[Path], None], finished: Finished, copied: Store
) -> None:
    receipt = receipt_of(finished, stage, step)
    output = output_of(receipt, kind)
    assert copied.folder is not None
    spoil(copied.folder / output.path)
    value = verify(copied, read_run(copied))
    assert not value["ok"]
    assert [one["name"] for one in value["stages"] if not one["ok"]] == [stage]
    problem = next(one["problem"] for one in value["stages"] if not one["ok"])
    assert problem.startswith(f"{stage} {step} of {receipt.address} ({output.path}): ")
    assert "\n" not in problem


def test_other_bytes_of_the_same_rows_are_no_difference(finished: Finished, copied: Store) -> None:
    assert copied.folder is not None
    for stage, step, kind in (("heuristics", "judge", "verdicts"), ("extract", "extract", "documents")):
        rewrite(copied.folder / output_of(receipt_of(finished, stage, step), kind).path)
    assert verify(copied, read_run(copied))["ok"]


def test_only_one_stage_is_read_if_asked(finished: Finished, copied: Store) -> None:
    assert copied.folder is not None
    drop_a_row(copied.folder / output_of(receipt_of(finished, "quality", "judge"), "verdicts").path)
    for stage, ok in (("urls", True), ("quality", False)):
        value = verify(copied, read_run(copied), stage)
        assert [one["name"] for one in value["stages"]] == [stage]
        assert value["ok"] is ok


def altered(receipt: Receipt) -> bytes:
    """The receipt with a document moved from kept to rejected."""
    value = orjson.loads(receipt.to_json())
    value["counts"]["kept"] -= 1
    value["counts"]["rejected"] += 1
    return orjson.dumps(value)


def test_an_altered_receipt_is_named(finished: Finished, copied: Store) -> None:
    receipt = receipt_of(finished, "quality", "judge")
    copied.put(receipt.path, altered(receipt))
    value = verify(copied, read_run(copied))
    assert not value["ok"]
    (broken,) = [one for one in value["stages"] if not one["ok"]]
    assert broken["name"] == "quality"
    assert "the receipt was altered" in broken["problem"]
    assert "quality kept" in value["problem"]  # the law is broken too: exact got one more


def test_another_root_than_was_recorded_is_a_difference(finished: Finished, copied: Store) -> None:
    path = f"runs/{finished.run.id}.json"
    value = copied.read_json(path)
    assert value is not None
    copied.put(path, orjson.dumps(value | {"root": "00" * 16}))
    told = verify(copied, read_run(copied))
    assert not told["ok"]
    assert told["root"] == finished.run.root
    assert f"the receipts give the root {finished.run.root}" in told["problem"]
    assert all(one["ok"] for one in told["stages"])
