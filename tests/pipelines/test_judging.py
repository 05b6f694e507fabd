"""Judging texts of one's own: what the rows say, with and without --chain, and however the input is cut."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gristmill.core.documents import SCHEMA
from gristmill.core.errors import RecipeError
from gristmill.pipelines.funnel import funnel
from gristmill.pipelines.judging import Judge, judge_file, report
from gristmill.pipelines.recipe import load_recipe
from gristmill.pipelines.tables import read_table
from gristmill.pipelines.texts import Texts, read_texts
from tests.pipelines.conftest import Crawl
from tests.pipelines.serial import finish, write_recipe

GOOD = (
    "The mill stands by the river, below the old bridge. In spring the flood brings grain from the upper valley, and "
    "the miller has to work by night. Nobody can tell who built it. Old men sit on its wall and argue. "
)
ROWS: list[dict[str, str | None]] = [
    {"id": "good", "text": f"{GOOD}Write to miller@mill-river.net for flour.", "url": "https://mill.example/"},
    {"id": "casino", "text": GOOD, "url": "https://best-on-line-casino.example/"},
    {"id": "empty", "text": "", "url": ""},
    {"id": "none", "text": None, "url": "https://mill.example/2"},
]
RECIPE = """
[stages.fetch]
[stages.extract]
[stages.urls]
[stages.heuristics]
families = ["gopher_quality"]
[stages.heuristics.gopher_quality]
min_words = 20
[stages.pii]
[stages.exact]
[stages.encode]
[stages.shards]
"""


@pytest.fixture
def recipe(tmp_path: Path) -> str:
    path = tmp_path / "mine.toml"
    path.write_text(RECIPE, "utf-8")
    return str(path)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "texts.parquet"
    pq.write_table(pa.Table.from_pylist(ROWS), path)
    return path


def judged(recipe: str, texts: Path, chain: bool = False, rows: int = 1000) -> list[dict[str, Any]]:
    judge = Judge(load_recipe(recipe), chain)
    out = texts.with_name("verdicts.parquet")
    judge_file(judge, read_texts(texts, rows), out)
    found: list[dict[str, Any]] = pq.read_table(out).to_pylist()
    return found


def outcomes(rows: list[dict[str, Any]]) -> dict[tuple[object, object], object]:
    return {(row["id"], row["stage"]): row["outcome"] for row in rows}


def test_every_stage_sees_every_text(recipe: str, table: Path) -> None:
    rows = judged(recipe, table)
    assert [(row["id"], row["stage"]) for row in rows] == [
        (row["id"], stage) for row in ROWS for stage in ("urls", "heuristics", "pii")
    ]
    assert outcomes(rows) == {
        **{("good", stage): "kept" for stage in ("urls", "heuristics", "pii")},
        ("casino", "urls"): "rejected", ("casino", "heuristics"): "kept", ("casino", "pii"): "kept",
        ("empty", "urls"): "kept", ("empty", "heuristics"): "rejected", ("empty", "pii"): "kept",
        **{("none", stage): "failed" for stage in ("urls", "heuristics", "pii")},
    }  # fmt: skip
    by_key = {(row["id"], row["stage"]): row for row in rows}
    assert by_key["casino", "urls"]["rules"] == ["urls.strict_subword"]
    assert by_key["empty", "heuristics"]["rules"] == ["common.empty"]
    assert by_key["none", "heuristics"]["rules"] == []


def test_a_row_has_the_signals_of_its_own_stage(recipe: str, table: Path) -> None:
    rows = {(row["id"], row["stage"]): row["signals"] for row in judged(recipe, table)}
    heuristics, urls, none = rows["good", "heuristics"], rows["good", "urls"], rows["none", "heuristics"]
    assert isinstance(heuristics, dict) and isinstance(urls, dict) and isinstance(none, dict)
    assert heuristics["gopher_quality.n_words"] > 40
    assert heuristics["urls.domain"] is None
    assert urls["urls.domain"] == "mill.example"
    assert urls["gopher_quality.n_words"] is None
    assert set(none.values()) == {None}


def test_chained_stages_see_what_was_kept(recipe: str, table: Path) -> None:
    rows = judged(recipe, table, chain=True)
    assert [(row["id"], row["stage"], row["outcome"]) for row in rows] == [
        *(("good", stage, "kept") for stage in ("urls", "heuristics", "pii")),
        ("casino", "urls", "rejected"),
        ("empty", "urls", "kept"),
        ("empty", "heuristics", "rejected"),
        ("none", "urls", "failed"),
    ]


def test_chained_stages_see_edited_texts(tmp_path: Path, table: Path) -> None:
    path = tmp_path / "pii-first.toml"
    path.write_text(
        "[stages.fetch]\n[stages.extract]\n[stages.pii]\n[stages.heuristics]\n[stages.encode]\n[stages.shards]\n",
        "utf-8",
    )
    signals = {}
    for chain in (False, True):
        row = next(r for r in judged(str(path), table, chain) if r["id"] == "good" and r["stage"] == "heuristics")
        assert isinstance(row["signals"], dict)
        signals[chain] = row["signals"]["gopher_quality.mean_word_len"]
    assert signals[False] != signals[True]


@pytest.mark.parametrize("chain", [False, True])
def test_batches_do_not_matter(recipe: str, table: Path, chain: bool) -> None:
    assert judged(recipe, table, chain, rows=1) == judged(recipe, table, chain, rows=3) == judged(recipe, table, chain)


def test_a_given_language_counts_more_than_the_models(tmp_path: Path) -> None:
    """`stop_words` is for English: a text that says it is German need not have English ones."""
    path = tmp_path / "texts.jsonl"
    text = " ".join(["mill river grain flour water wheel bridge"] * 12)
    path.write_text("".join(f'{{"id": "{code}", "text": "{text}", "language": "{code}"}}\n' for code in ("en", "de")))
    recipe = tmp_path / "mine.toml"
    recipe.write_text(
        "[stages.fetch]\n[stages.extract]\n[stages.heuristics]\n[stages.encode]\n[stages.shards]\n", "utf-8"
    )
    failed = {row["id"]: row["rules"] for row in judged(str(recipe), path)}
    assert isinstance(failed["en"], list) and isinstance(failed["de"], list)
    assert "gopher_quality.stop_words" in failed["en"]
    assert "gopher_quality.stop_words" not in failed["de"]


def test_the_report_counts_every_text(recipe: str, table: Path) -> None:
    judge = Judge(load_recipe(recipe))
    judge_file(judge, read_texts(table, 2), table.with_name("verdicts.parquet"))
    for row in report(judge):
        assert row["in"] == row["kept"] + row["rejected"] + row["failed"] == len(ROWS)
    assert judge.skipped == ("fetch", "extract", "exact", "encode", "shards")


def test_no_texts_give_an_empty_table(recipe: str, tmp_path: Path) -> None:
    path = tmp_path / "none.jsonl"
    path.write_text("")
    assert judged(recipe, path) == []


def test_a_recipe_without_a_document_stage_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bare.toml"
    path.write_text("[stages.fetch]\n[stages.extract]\n[stages.encode]\n[stages.shards]\n", "utf-8")
    with pytest.raises(RecipeError, match="no stage that judges documents"):
        Judge(load_recipe(str(path)))


def test_texts_are_judged_alike_from_a_table_and_from_rows(recipe: str, table: Path) -> None:
    judge = Judge(load_recipe(recipe))
    texts: Texts = next(read_texts(table))
    assert judge.judge(texts).to_pylist() == judged(recipe, table)


def test_a_chain_counts_as_a_run_does(crawl: Crawl, tmp_path: Path) -> None:
    """Up to the first corpus stage: what `judge --chain` says of the extracted documents is the run's funnel."""
    recipe = write_recipe(tmp_path / "plain.toml", "exact", "minhash")
    finished = finish(recipe, [crawl.folder], tmp_path / "store")
    path = tmp_path / "extracted.parquet"
    with pq.ParquetWriter(path, SCHEMA) as writer:
        for receipt in finished.receipts:
            output = receipt.output("documents") if receipt.stage == "extract" else None
            if output is not None:
                writer.write_table(read_table(finished.store, output.path))
    judge = Judge(load_recipe(str(recipe)), chain=True)
    judge_file(judge, read_texts(path, 100), tmp_path / "verdicts.parquet")
    counts = ("in", "kept", "rejected", "failed", "reasons")
    judged = {row["stage"]: [row[name] for name in counts] for row in report(judge, reasons=0)}
    ran = {stage["name"]: [stage[name] for name in counts] for stage in funnel(finished.run)["stages"]}
    assert judged == {name: ran[name] for name in judged}
    assert len(judged) == 5
