"""FineWeb 2's words of rare languages."""

from pathlib import Path

import pyarrow as pa
import pytest

from gristmill.core.batch import Batch
from gristmill.filters.fineweb2 import Params, files, judge
from tests.filters.test_contract import documents


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    (tmp_path / "words.txt").write_text("sw: ya na wa\nyo: ní àti\n", "utf-8")
    return tmp_path / "words.txt"


def failed(rows: list[tuple[str, str, str]], params: Params) -> list[bool]:
    table = documents([{"text": text, "url": url} for text, url, _ in rows])
    labels = pa.array([label for *_, label in rows], pa.string())
    found: list[bool] = (
        judge(Batch(table, {"language.label": labels}), params).failed["fineweb2.affinity_words"].tolist()
    )
    return found


def test_a_page_needs_a_word_of_its_language(lists: Path) -> None:
    rows = [
        ("Habari ya mto.", "https://a.example/", "sw"), ("Buy now!", "https://a.example/", "sw"),
        ("Buy na now", "https://a.example/", "yo"), ("Buy now!", "https://a.example/", "de"), ("", "", "sw"),
    ]  # fmt: skip
    assert failed(rows, Params(affinity_words=lists)) == [False, True, True, False, True]
    assert failed(rows, Params(affinity_words=lists, min_affinity_words=2)) == [True, True, True, False, True]
    assert failed(rows, Params()) == [False] * 5
    assert files(Params(affinity_words=lists)) == (lists,)


def test_a_url_that_names_the_language_spares_a_page(lists: Path) -> None:
    urls = [
        "https://sw.example/",
        "https://a.example/SW/b",
        "https://swim.example/",
        "https://a.example/kiswahili/",
        "https://a.ke/",
    ]
    rows = [("Buy now!", url, "sw") for url in urls]
    assert failed(rows, Params(affinity_words=lists)) == [False, False, True, True, True]
    named = Params(affinity_words=lists, url_words={"sw": ("Kiswahili", "ke")})
    assert failed(rows, named) == [False, False, True, False, False]


def test_a_batch_without_urls_is_judged(lists: Path) -> None:
    table = pa.RecordBatch.from_pydict({"text": pa.array(["ya", "buy"], pa.large_string())})
    verdict = judge(Batch(table, {"language.label": pa.array(["sw", "sw"])}), Params(affinity_words=lists))
    assert verdict.failed["fineweb2.affinity_words"].tolist() == [False, True]
