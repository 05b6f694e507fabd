"""Stop words and words of high affinity from a corpus, and a recipe that uses both."""

from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from gristmill.core.errors import InputError
from gristmill.filters.word_lists import read_word_lists
from gristmill.pipelines.cli import app
from gristmill.pipelines.recipe import load_recipe
from gristmill.pipelines.word_tuning import WordCounts, affinity_words, count_words, stop_words

# Frequent words, the first of which both languages have, and then ever rarer ones.
GERMAN = ["in", *["der", "die", "und", "das", "den", "von", "zu", "mit"]]
SWAHILI = ["in", *["ya", "na", "wa", "kwa", "ni", "la", "za", "cha"]]


def text(frequent: list[str], language: str, number: int) -> str:
    """Sentences of the frequent words, and of one word of this text and one of the language in each; some numbers."""
    rare = [f"{language}{number}x{i}y" for i in range(12)]
    return "\n".join(f"{' '.join(frequent)} {word} {language}wort, 1990 · 17." for word in rare)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """110 texts each in "English", German and Swahili; a few in another language with German words."""
    rows = [
        {"id": f"{language}{i}", "text": text(frequent, language, i), "language": language}
        for language, frequent in (("en", ["the", "of"]), ("deu_Latn", GERMAN), ("sw", SWAHILI), ("nl", GERMAN[:3]))
        for i in range(110 if language != "nl" else 5)
    ]
    path = tmp_path_factory.mktemp("words") / "texts.parquet"
    pq.write_table(pa.Table.from_pylist([*rows, {"id": "none", "text": None, "language": "sw"}]), path)
    return path


@pytest.fixture(scope="module")
def counts(corpus: Path) -> WordCounts:
    return count_words(load_recipe("fineweb2"), corpus)


def test_words_are_counted_by_language(counts: WordCounts, corpus: Path) -> None:
    assert counts.languages() == ["de", "en", "sw"]
    assert counts.documents == {"de": 110, "en": 110, "sw": 110, "nl": 5}
    texts = [row["text"] for row in pq.read_table(corpus).to_pylist() if row["language"] == "sw" and row["text"]]
    words = Counter(word.strip(",.") for text in texts for word in text.split())
    expected = {word: count for word, count in words.items() if any(map(str.isalpha, word))}
    assert counts.counts["sw"] == expected


def test_stop_words_are_the_frequent_ones(counts: WordCounts) -> None:
    found = stop_words(counts)
    assert set(found["de"]) == {*GERMAN, "deu_Latnwort"}
    assert "en" not in found  # that has Gopher's
    assert stop_words(WordCounts()) == {}


def test_a_language_of_few_frequent_words_has_eight() -> None:
    counts = WordCounts()
    counts.add(
        "fi", pa.array([" ".join(f"w{i}x{j}" for j in range(20)) + " ja ja on on on" for i in range(100)]), "tokens"
    )
    (words,) = stop_words(counts).values()
    assert words[:2] == ("on", "ja")
    assert len(words) == 8


def test_words_of_high_affinity_are_frequent_and_in_one_language(counts: WordCounts) -> None:
    found = affinity_words(counts)
    assert {"ya", "na", "wa"} <= set(found["sw"])
    assert "in" not in found["sw"]  # German has it as often
    assert {"der", "die"} <= set(found["de"])  # Dutch has them too, but seldom here
    for name, listed in found.items():
        assert len(listed) <= 0.05 * len(counts.counts[name]) + 1


def test_a_recipe_takes_both(corpus: Path, tmp_path: Path) -> None:
    tuned, words = tmp_path / "tuned.toml", tmp_path / "affinity.txt"
    arguments = ["tune", "fineweb2", "--input", str(corpus), "--out", str(tuned), "--affinity-words", str(words)]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    assert "ya" in read_word_lists(words)["sw"]
    settings = [f"fineweb2.affinity_words={words}", 'heuristics.families=["gopher_quality", "fineweb2"]']
    recipe = load_recipe(str(tuned), settings)
    assert [stage.name for stage in recipe.stages] == [stage.name for stage in load_recipe("fineweb2").stages]
    params = recipe.stage("heuristics").params.gopher_quality  # type: ignore[attr-defined]
    assert set(params.stop_words_by_language["sw"]) == {*SWAHILI, "swwort"}
    assert {"sw", "de", "en"} <= set(params.stop_words_languages)
    assert params.by_language["de"]["min_alpha_words"] != 0.774  # that of the shipped recipe
    texts, out = tmp_path / "texts.parquet", tmp_path / "verdicts.parquet"
    rows = {"id": ["swahili", "no swahili"], "text": [text(SWAHILI, "sw", 0), text(["ab", "ba"], "xx", 0)]}
    pq.write_table(pa.table(rows | {"language": ["sw", "sw"]}), texts)
    settings = [word for setting in settings for word in ("--set", setting)]
    done = CliRunner().invoke(app, ["judge", str(tuned), "--input", str(texts), "--out", str(out), *settings])
    assert done.exit_code == 0, done.output
    rules = {row["id"]: row["rules"] for row in pq.read_table(out).to_pylist() if row["stage"] == "heuristics"}
    asked = ("gopher_quality.stop_words", "fineweb2.affinity_words")
    assert [rule in rules["swahili"] for rule in asked] == [False, False]
    assert [rule in rules["no swahili"] for rule in asked] == [True, True]


def test_too_few_texts_are_said(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": ["a"], "text": ["ya na"], "language": ["sw"]}), tmp_path / "few.parquet")
    with pytest.raises(InputError, match="no language with 100 documents"):
        count_words(load_recipe("fineweb2"), tmp_path / "few.parquet")
