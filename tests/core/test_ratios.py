"""Sums, ratios and largest values by document."""

from itertools import chain

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gristmill.core.ratios import largest, ratio, sums


@given(st.lists(st.lists(st.integers(0, 9), max_size=5), max_size=5))
def test_sums_match_plain_sums(documents: list[list[int]]) -> None:
    offsets = np.cumsum([0, *map(len, documents)], dtype=np.int64)
    assert sums(offsets, np.array(list(chain.from_iterable(documents)), np.int32)).tolist() == [
        sum(document) for document in documents
    ]


@given(st.lists(st.lists(st.integers(0, 9), max_size=5), max_size=5))
def test_largest_matches_plain_max(documents: list[list[int]]) -> None:
    offsets = np.cumsum([0, *map(len, documents)], dtype=np.int64)
    values = np.array(list(chain.from_iterable(documents)), np.int32)
    assert largest(offsets, values).tolist() == [max(document, default=0) for document in documents]


def test_no_denominator_gives_zero() -> None:
    assert ratio(np.array([1, 3]), np.array([0, 4])).tolist() == [0.0, 0.75]
