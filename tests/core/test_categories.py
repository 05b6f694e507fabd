"""The frozen table of categories and the counting by it, against Python's own knowledge of Unicode."""

import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.core.batch import text_buffers
from gristmill.core.categories import (
    ALPHANUMERIC,
    BITS,
    DIGIT,
    NUMERIC,
    PUNCTUATION,
    UPPERCASE,
    build_categories,
    categories,
    count_categories,
)
from gristmill.core.characters import UNICODE_VERSION

TEXTS = st.lists(st.text("aZéß水٣²Ⅷ½,.\n\t\x00\ue000\u0301ǅ") | st.text(max_size=8), max_size=4)


@pytest.mark.skipif(unicodedata.unidata_version != UNICODE_VERSION, reason="the table is of another Unicode version")
def test_the_shipped_table_is_what_python_says() -> None:
    assert np.array_equal(categories(), build_categories())


@given(TEXTS, st.integers(0, 2))
def test_counts_are_those_of_plain_python(texts: list[str], start: int) -> None:
    buffers = text_buffers(pa.array(texts, pa.large_string())[start:])
    counts = count_categories(buffers.data, buffers.offsets, categories())
    for row, text in enumerate(texts[start:]):
        assert counts[row, BITS] == len(text)
        for bit, holds in (
            (ALPHANUMERIC, str.isalnum),
            (UPPERCASE, str.isupper),
            (NUMERIC, str.isnumeric),
            (DIGIT, str.isdigit),
        ):
            if all(unicodedata.category(character) != "Cn" for character in text):  # a later Unicode may know it
                assert counts[row, bit.bit_length() - 1] == sum(map(holds, text))
        known = sum(unicodedata.category(character)[0] == "P" for character in text)
        assert counts[row, PUNCTUATION.bit_length() - 1] == known
