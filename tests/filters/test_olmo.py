"""Repeated n-grams against a slow search, and OLMo's bound."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.filters.olmo import Params, judge, max_period_repeats
from tests.filters.heuristic_texts import batch_of


def plain_repeats(words: list[int], longest: int) -> int:
    best = min(len(words), 1)
    for period in range(1, longest + 1):
        for start in range(len(words)):
            times = 1
            while words[start + times * period : start + (times + 1) * period] == words[start : start + period]:
                if start + (times + 1) * period > len(words):
                    break
                times += 1
            best = max(best, times)
    return best


@given(st.lists(st.lists(st.integers(0, 2), max_size=25), max_size=3), st.integers(1, 5))
def test_repeats_match_plain_search(documents: list[list[int]], longest: int) -> None:
    offsets = np.cumsum([0, *map(len, documents)], dtype=np.int64)
    hashes = np.array([word for words in documents for word in words], np.uint64)
    offsets.flags.writeable = hashes.flags.writeable = False
    expected = [plain_repeats(words, longest) for words in documents]
    assert max_period_repeats(offsets, hashes, longest).tolist() == expected


@pytest.mark.parametrize(
    ("text", "fails"), [("mill " * 31, False), ("mill " * 32, True), ("a b c d e f g h i j k l m n " * 40, False)]
)
def test_the_bound(text: str, fails: bool) -> None:
    assert judge(batch_of([text]), Params()).failed["olmo.repeated_ngrams"].tolist() == [fails]
