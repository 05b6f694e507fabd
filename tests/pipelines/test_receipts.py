import dataclasses
from typing import Any

import orjson
import pytest

from gristmill.core.errors import BalanceError, StoreError
from gristmill.pipelines.receipts import Counts, Output, Receipt, receipt_from_json

RECEIPT = Receipt(
    stage="language",
    key="0123456789ab",
    step="judge",
    name="f00d",
    address="crawl/one.warc.gz",
    unit="document",
    counts=Counts(10, 7, 2, 1),
    reasons={"language.low_score": 2, "language.error": 1},
    beside={"judged": 3, "reasons": {"language.low_score": 3}},
    outputs=(Output("verdicts", "language-0123456789ab/f00d-1a2b3c4d.verdicts.parquet", 13, 4096, "ab" * 16),),
    inputs=("cd" * 16,),
    extra={"tokens": 5},
    bytes_in=100,
    bytes_out=4096,
    seconds=1.5,
    cpu_seconds=1.25,
    peak_memory_bytes=1 << 28,
    attempt="1a2b3c4d",
)


def test_what_is_written_is_what_is_read() -> None:
    assert receipt_from_json(RECEIPT.to_json(), RECEIPT.path) == RECEIPT


def test_the_json_is_for_other_programs_too() -> None:
    value = orjson.loads(RECEIPT.to_json())
    assert value["counts"] == {"in": 10, "kept": 7, "rejected": 2, "failed": 1}
    assert value["digest"] == RECEIPT.digest
    assert RECEIPT.path == "language-0123456789ab/f00d.json"


@pytest.mark.parametrize(
    "change",
    [
        {"seconds": 9.0},
        {"cpu_seconds": 9.0},
        {"peak_memory_bytes": 1},
        {"attempt": "ffffffff"},
        {"bytes_in": 1},
        {"bytes_out": 1},
        {"key": "ffffffffffff"},
        {"name": "beef"},
        {"extra": {}},
        {"inputs": ()},
        {"outputs": (dataclasses.replace(RECEIPT.outputs[0], path="elsewhere", bytes=1),)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_times_places_and_attempts_are_not_digested(change: dict[str, Any]) -> None:
    assert dataclasses.replace(RECEIPT, **change).digest == RECEIPT.digest


@pytest.mark.parametrize(
    "change",
    [
        {"stage": "quality"},
        {"step": "map"},
        {"address": "crawl/two.warc.gz"},
        {"counts": Counts(10, 7, 1, 2)},
        {"reasons": {"language.low_score": 2}},
        {"outputs": ()},
        {"outputs": (dataclasses.replace(RECEIPT.outputs[0], digest="00" * 16),)},
        {"outputs": (dataclasses.replace(RECEIPT.outputs[0], rows=12),)},
        {"outputs": (dataclasses.replace(RECEIPT.outputs[0], kind="rows"),)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_was_decided_and_written_is_digested(change: dict[str, Any]) -> None:
    assert dataclasses.replace(RECEIPT, **change).digest != RECEIPT.digest


def test_a_balanced_receipt_passes() -> None:
    RECEIPT.check_balance()


@pytest.mark.parametrize("counts", [Counts(10, 7, 1, 1), Counts(10, 8, 2, 1), Counts(0, 1, 0, 0)])
def test_an_unbalanced_receipt_says_what_is_missing(counts: Counts) -> None:
    with pytest.raises(BalanceError, match="does not balance") as caught:
        dataclasses.replace(RECEIPT, counts=counts).check_balance()
    missing = counts.in_ - counts.kept - counts.rejected - counts.failed
    assert f"({missing:+,} missing)" in str(caught.value)
    assert "f00d of language-0123456789ab" in str(caught.value)


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"{}", b'{"digest": "", "counts": {}, "outputs": [], "inputs": []}']
)
def test_a_damaged_receipt_is_an_error_with_a_remedy(data: bytes) -> None:
    with pytest.raises(StoreError, match=r"language-0/f00d\.json is damaged. Delete it"):
        receipt_from_json(data, "language-0/f00d.json")


def test_an_output_is_found_by_its_kind() -> None:
    assert RECEIPT.output("verdicts") == RECEIPT.outputs[0]
    assert RECEIPT.output("documents") is None
