"""Words against their plain reference, and known cuts."""

from itertools import chain

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gristmill.core.batch import Batch, text_buffers
from gristmill.core.characters import HAS_LETTER, NOT_SYMBOL
from gristmill.core.polynomial import text_hash
from gristmill.core.special_words import abbreviations, units
from gristmill.core.words import segment, words
from tests.plain_words import plain_words

# Texts of single characters seldom meet a rule; texts of pieces that mean something do.
PIECES = st.sampled_from(
    [
        *"aZé水ß5 .,-'\"()#:/+@%€…—~ \n\t\u00a0\u3000ा́😀\x00",
        "..",
        "n't",
        "'s",
        "km",
        "e.g.",
        "Mr.",
        "://",
        "US$",
        "don't",
        "the ",
    ]
)
TEXTS = st.lists(PIECES, max_size=24).map("".join) | st.text(max_size=30)


def cut(text: str) -> list[str]:
    data = text.encode()
    table = segment(text_buffers(pa.array([text], pa.large_string())))
    return [data[start : start + size].decode() for start, size in zip(table.starts, table.sizes, strict=True)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The mill, old as it was, ground on.", "The|mill|,|old|as|it|was|,|ground|on|."),
        ("He said: “no (never)!”", "He|said|:|“|no|(|never|)|!|”"),
        ("J. S. Bach left NATO. Mr. U.S. e.g. end.", "J.|S.|Bach|left|NATO|.|Mr.|U.S.|e.g.|end|."),
        ("don't we'll dog's cannot", "do|n't|we|'ll|dog|'s|cannot"),
        ("5km 10 kg 3% $5 5$ +3 3+ US$4", "5|km|10|kg|3|%|$|5|5|$|+3|3|+|US$|4"),
        ("well-known a/b 1-2 end.Next one,two 1,000", "well|-|known|a|/|b|1|-|2|end|.|Next|one|,|two|1,000"),
        (
            "see https://example.org/a-b?c=(d) or me@example.org.",
            "see|https://example.org/a-b?c=(d|)|or|me@example.org|.",
        ),
        ("wait... what.. …", "wait|...|what|..|…"),
        ("-item @me x|y ~3", "-item|@me|x|y|~3".replace("x|y", "x\\y")),
        ("水車は川にある。そして", "水車は川にある。そして"),
        ("水車は川にある。", "水車は川にある|。"),
        ("نص، عربي؟", "نص|،|عربي|؟"),
        ("ok😀 go", "ok|😀|go"),
        ("", ""),
        (" \n\u2003", ""),
    ],
)
def test_known_cuts(text: str, expected: str) -> None:
    assert cut(text) == [word.replace("\\", "|") for word in expected.split("|") if word]


@given(st.lists(TEXTS, max_size=4), st.integers(0, 2))
@example(["a@b.cc", "x" * 300 + ".", "ab@" * 20 + "example.org:80/x"], 0)
def test_words_match_the_reference(texts: list[str], start: int) -> None:
    column = pa.array(texts, pa.large_string())[start:]
    table = segment(text_buffers(column))
    data = text_buffers(column).data.tobytes()
    found = [data[at : at + size].decode() for at, size in zip(table.starts, table.sizes, strict=True)]
    expected = [plain_words(text) for text in texts[start:]]
    assert found == list(chain.from_iterable(expected))
    assert table.offsets.tolist() == np.cumsum([0, *map(len, expected)]).tolist()
    for i, word in enumerate(found):
        assert table.chars[i] == len(word)
        assert table.hashes[i] == text_hash(word)
        assert bool(table.kinds[i] & HAS_LETTER) == any(character.isalpha() for character in word)


def test_kinds_tell_marks_from_words() -> None:
    table = segment(text_buffers(pa.array(["a 5 , \x01 … «\u00b2"], pa.large_string())))
    assert [bool(kind & NOT_SYMBOL) for kind in table.kinds] == [True, True, False, False, False, False, True]


def test_words_are_cut_once_for_a_batch() -> None:
    batch = Batch(pa.RecordBatch.from_pydict({"text": ["a b"]}))
    assert words(batch) is words(batch)


def test_long_words_hash_as_short_ones_do() -> None:
    word = "é" * 100
    table = segment(text_buffers(pa.array([word], pa.large_string())))
    assert (table.hashes[0], table.chars[0]) == (text_hash(word), 100)


def test_special_words_fit_their_packing() -> None:
    assert all(2 <= len(word) <= 8 and word.isascii() for word in abbreviations())
    assert all(len(word) <= 4 and max(map(ord, word)) < 1 << 16 for word in units())
