from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gristmill.core.batch import Batch
from gristmill.tokenize.encode import EXAMPLES, Params, encode_batch, files, judge, schema
from gristmill.tokenize.vocabulary import Vocabulary, load_vocabulary
from tests.tokenize.vocabularies import END, write_ranks


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_ranks(tmp_path_factory.mktemp("encode"))


@pytest.fixture(scope="module")
def vocabulary(path: Path) -> Vocabulary:
    return load_vocabulary(str(path))


def batch_of(texts: list[str]) -> Batch:
    ids = [number.to_bytes(16, "big") for number in range(len(texts))]
    columns = {"id": pa.array(ids, pa.binary(16)), "text": pa.array(texts, pa.large_string())}
    return Batch(pa.RecordBatch.from_pydict(columns))


@settings(deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), max_size=8))
def test_rows_are_texts_and_an_end(vocabulary: Vocabulary, texts: list[str]) -> None:
    encoded = encode_batch(batch_of(texts), Params(), vocabulary)
    assert encoded.rows.schema == schema(vocabulary)
    encoded.rows.validate(full=True)
    for text, row in zip(texts, encoded.rows.to_pylist(), strict=True):
        assert row["bytes"] == len(text.encode())
        assert vocabulary.decode(row["tokens"]) == text + "<|endoftext|>" * bool(text)
        assert row["tokens"].count(END) == bool(text)
    signals, failed = encoded.verdict.signals, encoded.verdict.failed
    assert np.asarray(signals["encode.tokens"]).tolist() == [len(row) for row in encoded.rows["tokens"].to_pylist()]
    assert failed["encode.empty"].tolist() == [not text for text in texts]


@settings(deadline=None)
@given(st.lists(st.text("the mill é", max_size=9), min_size=2, max_size=6), st.data())
def test_batches_do_not_matter(vocabulary: Vocabulary, texts: list[str], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(texts)))
    whole = batch_of(texts).documents
    parts = [encode_batch(Batch(part), Params(), vocabulary) for part in (whole[:cut], whole[cut:])]
    rows = pa.Table.from_batches([part.rows for part in parts])
    assert rows.equals(pa.Table.from_batches([encode_batch(Batch(whole), Params(), vocabulary).rows]))


def test_signals_measure_the_text_without_its_end(vocabulary: Vocabulary) -> None:
    verdict = encode_batch(batch_of(["the mill", "<|endoftext|>", ""]), Params(), vocabulary).verdict
    signals = {name: np.asarray(values).tolist() for name, values in verdict.signals.items()}
    assert signals["encode.tokens"] == [4, 14, 0]
    assert signals["encode.bytes_per_token"] == [8 / 3, 1.0, 0.0]
    assert signals["encode.special_text"] == [0, 1, 0]


def test_the_end_can_be_left_out(vocabulary: Vocabulary) -> None:
    rows = encode_batch(batch_of(["the", ""]), Params(separate=False), vocabulary).rows
    assert [vocabulary.decode(tokens) for tokens in rows["tokens"].to_pylist()] == ["the", ""]


def test_examples_hold_and_files_are_named(path: Path) -> None:
    params = Params(vocabulary=str(path))
    for example in EXAMPLES:
        failed = judge(batch_of([example.text]), params).failed
        assert tuple(name for name, mask in failed.items() if mask[0]) == example.failed
    assert files(params) == (path, path.with_suffix(".tiktoken"))
