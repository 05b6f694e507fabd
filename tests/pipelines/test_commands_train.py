"""`gristmill train frequencies`, as one types it."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gristmill.core.errors import GristmillError
from gristmill.filters.word_frequencies import load_frequencies
from tests.pipelines.test_commands_recipes import ask


def test_frequencies_are_counted_alike_each_time(tmp_path: Path) -> None:
    texts, first, second = tmp_path / "t.parquet", tmp_path / "1.npz", tmp_path / "2.npz"
    pq.write_table(pa.table({"id": ["a", "b"], "text": ["The mill, the river.", "The water!"]}), texts)
    told = json.loads(ask("train", "frequencies", "--input", texts, "--out", first, "--json").stdout)
    assert (told["words"], told["occurrences"]) == (4, 6)
    assert (
        "[stages.heuristics.llama3] frequencies"
        in ask("train", "frequencies", "--input", texts, "--out", second).stdout
    )
    assert first.read_bytes() == second.read_bytes()
    assert sorted(load_frequencies(first).counts.tolist()) == [1, 1, 1, 3]


def test_a_corpus_without_words_is_refused(tmp_path: Path) -> None:
    texts = tmp_path / "t.parquet"
    pq.write_table(pa.table({"id": ["a"], "text": [" . "]}), texts)
    with pytest.raises(GristmillError, match="has no words to count"):
        ask("train", "frequencies", "--input", texts, "--out", tmp_path / "f.npz")
    assert not (tmp_path / "f.npz").exists()
