"""`gristmill recipes`, `judge`, `train perplexity` and `evaluate quality`, as one types them."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from gristmill.core.errors import GristmillError
from gristmill.pipelines.cli import app
from gristmill.pipelines.recipe import recipe_names

TEXT = "The mill stands by the river, below the old bridge. In spring the flood brings grain, and the miller works by night."


def ask(*words: object) -> Result:
    done = CliRunner().invoke(app, [str(word) for word in words])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    path = tmp_path / "texts.parquet"
    pq.write_table(pa.table({"id": ["a", "b"], "text": [TEXT, ""], "label": ["high", "low"]}), path)
    return path


def test_recipes_are_listed_and_explained() -> None:
    listed = json.loads(ask("recipes", "--json").stdout)
    assert [row["name"] for row in listed] == recipe_names()
    for name in recipe_names():
        assert name in ask("recipes").stdout
    told = json.loads(ask("recipes", "gopher", "--json").stdout)
    assert told["parameters"]["heuristics"]["gopher_quality"]["min_words"] == 50
    assert told["source"]
    assert "min_words = 50" in ask("recipes", "gopher").stdout
    with pytest.raises(GristmillError, match="did you mean 'gopher'"):
        ask("recipes", "gophre")


def test_judge_names_what_it_leaves_out(texts: Path, tmp_path: Path) -> None:
    done = ask(
        "judge", "gopher", "--input", texts, "--out", tmp_path / "v.parquet", "--set", "gopher_quality.min_words=10"
    )
    assert "fetch, extract, exact, minhash, encode, shards" in done.stderr
    assert "heuristics" in done.stdout
    table = pq.read_table(tmp_path / "v.parquet")
    assert table.schema.names == ["id", "stage", "outcome", "rules", "signals"]
    assert set(table["stage"].to_pylist()) == {"urls", "language", "heuristics"}


def test_judge_reports_as_json(texts: Path, tmp_path: Path) -> None:
    report = json.loads(ask("judge", "gopher", "--input", texts, "--out", tmp_path / "v.parquet", "--json").stdout)
    assert [row["stage"] for row in report] == ["urls", "language", "heuristics"]
    assert {row["in"] for row in report} == {2}
    assert report[-1]["reasons"]["common.empty"] == 1


def test_judge_writes_nothing_where_it_cannot(texts: Path, tmp_path: Path) -> None:
    with pytest.raises(GristmillError, match="cannot write"):
        ask("judge", "gopher", "--input", texts, "--out", tmp_path / "none" / "v.parquet")
    with pytest.raises(GristmillError, match="is not a file"):
        ask("judge", "gopher", "--input", tmp_path / "none.parquet", "--out", tmp_path / "v.parquet")
    assert not list(tmp_path.glob("v.parquet*"))


def test_a_perplexity_model_is_trained_and_used(texts: Path, tmp_path: Path) -> None:
    model = tmp_path / "m.npz"
    told = json.loads(ask("train", "perplexity", "--input", texts, "--out", model, "--unit", "words", "--json").stdout)
    assert told["ngrams"] > 20
    assert told["head_below"] == told["middle_below"] > 1  # of one text
    out = tmp_path / "v.parquet"
    ask("judge", "ccnet", "--input", texts, "--out", out, "--set", f"perplexity.model={model}")
    scores = {
        row["id"]: row["signals"]["perplexity.score"]
        for row in pq.read_table(out).to_pylist()
        if row["stage"] == "perplexity"
    }
    assert scores["a"] == pytest.approx(told["head_below"])
    assert scores["b"] == 0
    with pytest.raises(GristmillError, match="unit: "):
        ask("train", "perplexity", "--out", model, "--unit", "syllables")


def test_a_quality_model_is_measured(texts: Path) -> None:
    told = json.loads(ask("evaluate", "quality", "--input", texts, "--json").stdout)
    assert told["auc"] == 1
    assert "| characters |" in ask("evaluate", "quality", "--input", texts).stdout


def test_cutoffs_of_buckets_are_a_table_for_a_recipe(texts: Path, tmp_path: Path) -> None:
    table = ask("train", "buckets", "--input", texts, "--model", "quality.ftz=high").stdout
    recipe = tmp_path / "mine.toml"
    recipe.write_text(f"[stages.fetch]\n[stages.extract]\n{table}[stages.encode]\n[stages.shards]\n", "utf-8")
    report = json.loads(ask("judge", recipe, "--input", texts, "--out", tmp_path / "v.parquet", "--json").stdout)
    assert report[0]["stage"] == "quality_buckets"
    row = pq.read_table(tmp_path / "v.parquet").to_pylist()[0]
    assert row["signals"]["quality_buckets.tier"] == "high"  # it is all of the pool's bytes


def test_cutoffs_of_a_missing_model_print_no_part_of_a_table(texts: Path) -> None:
    done = CliRunner().invoke(app, ["train", "buckets", "--input", str(texts), "--model", "none.ftz"])
    assert isinstance(done.exception, GristmillError)
    assert done.stdout == ""
