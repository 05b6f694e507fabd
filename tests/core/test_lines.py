"""Lines against Python's own."""

from itertools import chain

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from gristmill.core.batch import Batch
from gristmill.core.characters import end_marks
from gristmill.core.lines import BLANK, ENDS_SENTENCE, lines, stripped_lines

TEXTS = st.lists(
    st.text(st.sampled_from("ab .\n\n\r\té水。😀\u2028\x85\x1c\u00a0¨"), max_size=20) | st.text(max_size=12), max_size=5
)


def batch_of(texts: list[str], start: int = 0) -> Batch:
    return Batch(pa.RecordBatch.from_pydict({"text": pa.array(texts, pa.large_string())}).slice(start))


@given(TEXTS, st.integers(0, 2))
def test_lines_are_those_between_newlines(texts: list[str], start: int) -> None:
    batch = batch_of(texts, start)
    table = lines(batch)
    expected = [text.split("\n") for text in texts[start:]]
    flat = list(chain.from_iterable(expected))
    data = batch.text.data.tobytes()
    assert table.offsets.tolist() == np.cumsum([0, *map(len, expected)]).tolist()
    assert [data[at : at + size].decode() for at, size in zip(table.starts, table.sizes, strict=True)] == flat
    assert table.chars.tolist() == [len(line) for line in flat]
    for i, line in enumerate(flat):
        assert bool(table.kinds[i] & BLANK) == (not line.strip())
        assert bool(table.kinds[i] & ENDS_SENTENCE) == (ord(line[-1]) in end_marks() if line.strip() else False)
        for k, other in enumerate(flat):
            assert (table.hashes[i] == table.hashes[k]) == (line == other)


@given(TEXTS, st.integers(0, 2))
def test_stripped_lines_are_pythons(texts: list[str], start: int) -> None:
    batch = batch_of(texts, start)
    table = stripped_lines(batch)
    expected = [[line.strip() for line in text.splitlines()] for text in texts[start:]]
    flat = list(chain.from_iterable(expected))
    data = batch.text.data.tobytes()
    assert table.offsets.tolist() == np.cumsum([0, *map(len, expected)]).tolist()
    assert [data[at : at + size].decode() for at, size in zip(table.starts, table.sizes, strict=True)] == flat
    assert table.words.tolist() == [len(line.split()) for line in flat]
    assert table.longest.tolist() == [max(map(len, line.split()), default=0) for line in flat]
