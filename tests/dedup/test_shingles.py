import unicodedata
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gristmill.core.batch import text_buffers
from gristmill.dedup.folding import folding
from gristmill.dedup.shingles import ShingleRule, shingle_sets, text_shingles
from tests.dedup.tables import jaccard, shingles, words

RULE = ShingleRule(5, 8, 1_000_000, False)
ALL = 2**64 - 1
# Everyday letters, marks that stay and that go, unspaced scripts, digits, expansions, joiners, several kinds of space.
ALPHABET = st.text(
    st.sampled_from("aBé \n.7٣７ß水の\u3099ナﾅกำ्ि한ﷺ㌖½Ⅷ\u00ad\u200c\u0301_’😀\x00") | st.characters(), max_size=60
)


def hashed(values: list[int], factor: int) -> int:
    state = 0x243F6A8885A308D3
    for value in values:
        state = (state ^ value) * factor & ALL
        state ^= state >> 32
    state = (state ^ state >> 33) * 0xFF51AFD7ED558CCD & ALL
    state = (state ^ state >> 33) * 0xC4CEB9FE1A85EC53 & ALL
    return state ^ state >> 33


def shingle_hash(shingle: tuple[str, ...]) -> int:
    return hashed([hashed([ord(c) for c in word], 0x9FB21C651E98DF25) for word in shingle], 0xD6E8FEB86659FD93)


def set_of(text: str, rule: ShingleRule = RULE) -> set[int]:
    values, _ = shingle_sets(text_buffers(pa.array([text], pa.large_string())), np.zeros(1, np.int64), rule)
    return set(values.tolist())


def word_set(text: str, fold_numbers: bool = False) -> set[int]:
    return set_of(text, ShingleRule(1, 1, 1000, fold_numbers))


@settings(deadline=None, max_examples=300)
@given(st.lists(ALPHABET, max_size=4), st.integers(0, 2), st.booleans())
def test_single_words_match_the_reference(texts: list[str], start: int, fold_numbers: bool) -> None:
    column = pa.array(texts, pa.large_string())[start:]
    rows = np.arange(len(column), dtype=np.int64)
    values, bounds = shingle_sets(text_buffers(column), rows, ShingleRule(1, 1, 1000, fold_numbers))
    expected = [{shingle_hash((word,)) for word, _ in words(text, fold_numbers)} for text in texts[start:]]
    assert [values[a:b].tolist() for a, b in pairwise(bounds)] == list(map(sorted, expected))


@settings(deadline=None)
@given(ALPHABET.map(lambda text: text * 3), st.integers(1, 4), st.integers(1, 4))
def test_shingles_match_the_reference(text: str, size: int, unspaced_size: int) -> None:
    expected = {shingle_hash(shingle) for shingle in shingles(text, size, unspaced_size)}
    assert set_of(text, ShingleRule(size, unspaced_size, 1000, False)) == expected


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("The Mill, grinds -- slowly!", "the mill grinds slowly"),
        ("Café Ｆｕｌｌ ﬁn", "cafe full fin"),
        (unicodedata.normalize("NFC", "각도"), unicodedata.normalize("NFD", "각도")),
        ("水 の 流れ", "水の流れ"),
        ("١٢", "١٢"),
    ],
)
def test_what_is_the_same(left: str, right: str) -> None:
    assert word_set(left) == word_set(right)


@pytest.mark.parametrize(
    ("left", "right"), [("か", "が"), ("7 rooms", "8 rooms"), ("ab c", "a bc"), ("กา", "กี"), ("한", "하")]
)
def test_what_is_not(left: str, right: str) -> None:
    assert word_set(left) != word_set(right)


def test_numbers_are_folded_on_request_only() -> None:
    assert word_set("item A12 costs 7.50", True) == word_set("item a99999 costs 1٣.٠", True)
    assert word_set("item 12", True) != word_set("item x", True)


def test_a_shingle_depends_on_the_order_of_its_words() -> None:
    assert not set_of("one two three four five") & set_of("five four three two one")


def test_too_short_and_too_long() -> None:
    rule = ShingleRule(5, 8, 3, False)
    work = np.empty(100, np.uint64)
    for count, expected in [(0, 0), (4, 0), (5, 1), (7, 3), (8, -1), (50, -1)]:
        text = np.frombuffer(" ".join(f"w{i}" for i in range(count)).encode(), np.uint8)
        assert text_shingles(text, folding(), rule, work) == expected


def test_unspaced_texts_need_longer_runs() -> None:
    assert len(set_of("一二三四五六七")) == 0
    assert len(set_of("一二三四五六七八")) == 1
    assert len(set_of("一二 three four five six seven")) == 3


def test_jaccard_of_hashes_is_jaccard_of_shingles() -> None:
    left = " ".join(f"word{i}" for i in range(200))
    right = left.replace("word77", "another")
    a, b = set_of(left), set_of(right)
    assert len(a & b) / len(a | b) == jaccard(shingles(left), shingles(right)) == 191 / 201
