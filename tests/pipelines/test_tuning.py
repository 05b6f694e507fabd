"""Bounds of single languages from reference texts and from a run's scores."""

import json
import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from typer.testing import CliRunner

from gristmill.core.batch import Batch
from gristmill.core.errors import InputError, RecipeError, UsageError
from gristmill.pipelines.cli import app
from gristmill.pipelines.ledger import open_ledger
from gristmill.pipelines.recipe import RECIPE_FOLDER, load_recipe
from gristmill.pipelines.tuning import Bound, bounds_from_scores, bounds_from_texts, derived, fragment, score_bound
from tests.pipelines.serial import Finished

SAMPLES = st.lists(st.floats(0, 10).map(lambda value: round(value, 2)), min_size=5, max_size=60).map(np.array)


def prose(draw: random.Random, length: int) -> str:
    """Sentences of made-up words of about so many letters."""
    words = ["".join(draw.choices("abdeiklmnorst", k=max(1, int(draw.gauss(length, 1.5))))) for _ in range(120)]
    return "\n".join(" ".join(words[start : start + 12]).capitalize() + "." for start in range(0, 120, 12))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """120 texts each in "English" and in languages of shorter and of longer words; a few in another."""
    draw = random.Random(1)
    lengths = {"en": 5, "fra_Latn": 4, "de": 8, "fi": 11}
    rows = [
        {"id": f"{language}{i}", "text": prose(draw, length), "language": language}
        for language, length in lengths.items()
        for i in range(120 if language != "fi" else 20)
    ]
    path = tmp_path_factory.mktemp("tuning") / "texts.parquet"
    pq.write_table(pa.Table.from_pylist([*rows, {"id": "none", "text": None, "language": "de"}]), path)
    return path


def of(bounds: list[Bound], language: str, field: str) -> Bound:
    (found,) = (bound for bound in bounds if (bound.language, bound.field) == (language, field))
    return found


def test_long_words_get_wide_bounds(corpus: Path) -> None:
    bounds = bounds_from_texts(load_recipe("default"), corpus, "meanstd")
    assert {bound.language for bound in bounds} == {"de", "fr"}  # too few Finnish texts; English has the plain bounds
    assert of(bounds, "fr", "max_mean_word_len").value < 10 < of(bounds, "de", "max_mean_word_len").value
    assert of(bounds, "fr", "min_mean_word_len").value < 3 < of(bounds, "de", "min_mean_word_len").value
    assert of(bounds, "de", "max_mean_word_len").documents == 120


def test_each_family_has_its_method(corpus: Path) -> None:
    auto = bounds_from_texts(load_recipe("default"), corpus)
    for field, method in (
        ("min_line_punct_ratio", "10tail"),
        ("max_newline_word_ratio", "10tail"),
        ("min_mean_word_len", "quantile"),
        ("min_alpha_words", "quantile"),
        ("max_top_2gram_char_frac", "meanstd"),
        ("max_dup_line_frac", "meanstd"),
    ):
        own = bounds_from_texts(load_recipe("default"), corpus, method)  # type: ignore[arg-type]
        assert of(auto, "de", field) == of(own, "de", field)


@given(SAMPLES, SAMPLES, st.floats(0, 10))
def test_the_formulas(english: NDArray[np.float64], own: NDArray[np.float64], bound: float) -> None:
    assert derived("meanstd", True, bound, english, english) == pytest.approx(bound, abs=1e-6)
    assert derived("medianratio", False, bound, english, english) == pytest.approx(bound)
    if english.std() > 0.01:
        expected = own.mean() + (bound - english.mean()) / english.std() * own.std()
        assert derived("meanstd", False, bound, english, own) == pytest.approx(expected)
    low, high = derived("10tail", True, bound, english, own), derived("10tail", False, bound, english, own)
    assert np.mean(own < low) <= 0.1 + 1 / len(own)
    assert np.mean(own > high) <= 0.1 + 1 / len(own)
    assert low <= np.median(own) <= high
    for lower in (True, False):
        rising = [derived("quantile", lower, at, english, own) for at in (-1.0, *sorted([bound, 5.0]), 11.0)]
        assert rising == sorted(rising)
        assert (rising[0], rising[-1]) == (own.min(), own.max())


def test_a_score_bound_is_clipped_and_needs_a_thousand_pages() -> None:
    assert score_bound(np.full(999, 0.9)) == 0.5
    assert score_bound(np.full(1000, 0.99)) == 0.9
    assert score_bound(np.tile([0.1, 0.5], 500)) == 0.3
    scores = np.linspace(0.4, 1, 1000)
    assert score_bound(scores) == pytest.approx(0.7 - scores.std())


def test_scores_come_from_a_run(finished: Finished) -> None:
    with open_ledger(finished.store, finished.run.id) as ledger:
        bounds = bounds_from_scores(ledger)
    rows = finished.sql('SELECT signals."language.label" AS label, count(*) AS n FROM verdicts_language GROUP BY label')
    counts = {row["label"]: row["n"] for row in rows if row["label"] != "und"}
    assert {bound.language: bound.documents for bound in bounds} == counts
    assert {bound.value for bound in bounds} == {0.5}  # of the sample's few pages


def test_a_recipe_takes_the_fragment(corpus: Path, tmp_path: Path) -> None:
    bounds = bounds_from_texts(load_recipe("default"), corpus, "meanstd")
    bounds += [Bound("stages.language", "de", "min_score", 0.9, 0.0, 1000)]
    (tmp_path / "tuned.toml").write_text(fragment(bounds, ["a note"], "default"))
    tuned, plain = load_recipe(str(tmp_path / "tuned.toml")), load_recipe("default")
    assert [stage.name for stage in tuned.stages] == [stage.name for stage in plain.stages]
    texts = pq.read_table(corpus).slice(200, 100).combine_chunks().to_batches()[0]
    labels = {"language.label": pa.array(["de"] * len(texts))}

    def failing(recipe: object) -> int:
        stage = recipe.stage("heuristics")  # type: ignore[attr-defined]
        verdict = stage.type.load().judge(Batch(texts.select(["text"]), labels), stage.params)
        return int(verdict.failed["gopher_quality.min_mean_word_len"].sum())

    assert failing(tuned) > failing(plain) == 0
    params: object = tuned.stage("language").params
    assert params.by_language == {"de": {"min_score": 0.9}}  # type: ignore[attr-defined]


def test_what_is_missing_is_said(corpus: Path, tmp_path: Path) -> None:
    table = pq.read_table(corpus)
    few = tmp_path / "few.parquet"
    pq.write_table(table.slice(0, 130), few)
    with pytest.raises(InputError, match="no language besides English with 100 documents"):
        bounds_from_texts(load_recipe("default"), few)
    german = tmp_path / "german.parquet"
    pq.write_table(table.slice(240, 120), german)
    with pytest.raises(InputError, match=r"compares with English, .* --method 10tail"):
        bounds_from_texts(load_recipe("default"), german)
    assert bounds_from_texts(load_recipe("default"), german, "10tail")
    text = (RECIPE_FOLDER / "default.toml").read_text()
    (tmp_path / "bare.toml").write_text(
        text[: text.index("[stages.heuristics")] + text[text.index("[stages.quality]") :]
    )
    with pytest.raises(RecipeError, match="no stage 'heuristics'"):
        bounds_from_texts(load_recipe(str(tmp_path / "bare.toml")), corpus)


def test_the_command(corpus: Path, finished: Finished, tmp_path: Path) -> None:
    out = tmp_path / "bounds.toml"
    arguments = ["tune", "--input", str(corpus), "--store", finished.plan.store, "--run", finished.run.id]
    assert CliRunner().invoke(app, [*arguments, "--out", str(out)]).exit_code == 0
    assert "[stages.heuristics.gopher_quality.by_language.de]  # 120 documents" in out.read_text()
    assert "[stages.language.by_language.de]" in out.read_text()
    told = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).output)
    assert {bound["language"] for bound in told["bounds"]} >= {"de", "fr"}
    assert told["stop_words"].keys() == {"de", "fr"}
    assert isinstance(CliRunner().invoke(app, ["tune", "--store", "x", "--affinity-words", "y"]).exception, UsageError)
    assert isinstance(CliRunner().invoke(app, ["tune"]).exception, UsageError)
