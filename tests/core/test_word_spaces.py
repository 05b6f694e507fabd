"""Words between spaces against `str.split`."""

from itertools import chain

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from gristmill.core.batch import text_buffers
from gristmill.core.characters import HAS_LETTER, NOT_SYMBOL
from gristmill.core.polynomial import text_hash
from gristmill.core.words import segment
from tests.core.test_words import TEXTS
from tests.plain_heuristics import SYMBOLS


@given(st.lists(TEXTS, max_size=4), st.integers(0, 2))
def test_words_are_those_of_split(texts: list[str], start: int) -> None:
    buffers = text_buffers(pa.array(texts, pa.large_string())[start:])
    table = segment(buffers, "spaces")
    expected = [text.split() for text in texts[start:]]
    assert table.offsets.tolist() == np.cumsum([0, *map(len, expected)]).tolist()
    data = buffers.data.tobytes()
    for i, word in enumerate(chain.from_iterable(expected)):
        assert data[table.starts[i] : table.starts[i] + table.sizes[i]].decode() == word
        assert table.chars[i] == len(word)
        assert table.hashes[i] == text_hash(word)
        assert bool(table.kinds[i] & HAS_LETTER) == any(map(str.isalpha, word))
        assert bool(table.kinds[i] & NOT_SYMBOL) == (not set(word) <= SYMBOLS)
