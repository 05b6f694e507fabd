"""Counts over words against plain counting."""

import math
import statistics
from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.core.batch import text_buffers
from gristmill.core.word_totals import count_wanted, medians, total_chars, unigrams, word_hashes
from gristmill.core.words import segment

TEXTS = st.lists(
    st.lists(st.sampled_from(["a", "the", "mill", "水車", "of", "x" * 62, "x" * 63, "水" * 80]), max_size=12).map(
        " ".join
    ),
    max_size=4,
)


@given(TEXTS, st.integers(0, 2))
def test_counts_are_those_of_plain_python(texts: list[str], start: int) -> None:
    table = segment(text_buffers(pa.array(texts, pa.large_string())[start:]), "spaces")
    distinct, entropy = unigrams(table.offsets, table.hashes)
    found = medians(table.offsets, table.chars)
    chars = total_chars(table.offsets, table.chars)
    wanted = count_wanted(table.offsets, table.hashes, word_hashes("the", "水車", "absent"))
    for row, text in enumerate(texts[start:]):
        words = text.split()
        shares = [count / len(words) for count in Counter(words).values()]
        assert distinct[row] == len(shares)
        assert entropy[row] == pytest.approx(-sum(share * math.log(share) for share in shares))
        assert found[row] == (statistics.median(map(len, words)) if words else 0)
        assert chars[row] == sum(map(len, words))
        assert wanted[row] == words.count("the") + words.count("水車")


def test_no_word_is_wanted_of_an_empty_list() -> None:
    table = segment(text_buffers(pa.array(["the mill"], pa.large_string())), "spaces")
    assert count_wanted(table.offsets, table.hashes, word_hashes()).tolist() == [0]
