import sys
import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gristmill.dedup import folding
from gristmill.dedup.folding import IGNORED, LETTER, NFC_CHANGE, UNSPACED, WORDS_PER_BYTE
from tests.dedup.tables import words

SAME_UNICODE = str(np.load(folding.PATH)["unicode"]) == unicodedata.unidata_version


def folded(text: str) -> str:
    return "".join(chr(code) for character in text for _, code in folding.fold(character) if code)


def entry(character: str) -> int:
    return int(folding.entry_of(folding.folding(), np.int64(ord(character))))


@pytest.mark.skipif(not SAME_UNICODE, reason="the shipped table is made from another version of Unicode")
def test_the_shipped_table_is_what_this_source_makes() -> None:
    built = folding.build()
    shipped = folding.folding()
    for name in shipped._fields:
        np.testing.assert_array_equal(getattr(shipped, name), built[name], err_msg=name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ÀÉÎõü", "aeiou"),
        ("Straße ΣΊΣΥΦΟΣ", "strasseσισυφοσ"),
        ("ﬁＦｕｌｌ１²", "fifull12"),
        ("שָׁלוֹם", "שלום"),
        ("مُحَمَّد", "محمد"),
        ("co\u00adop می\u200cخواهم", "coop" + "می" + "خواهم"),
        ("が", "か\u3099"),
        ("हिन्दी", "हिन्दी"),
        ("a-b_c!", "abc"),
    ],
)
def test_fold(text: str, expected: str) -> None:
    assert folded(text) == expected


def test_ascii_has_letters_digits_and_separators_only() -> None:
    kinds = {chr(code): entry(chr(code)) >> folding.KIND_SHIFT & 7 for code in range(128)}
    assert all((kinds[each] != folding.SEPARATOR) == each.isalnum() for each in kinds)
    assert IGNORED not in kinds.values()


@pytest.mark.parametrize(("character", "kind"), [("水", UNSPACED), ("ท", UNSPACED), ("한", LETTER), ("é", LETTER)])
def test_kind(character: str, kind: int) -> None:
    assert folding.fold(character)[0][0] == kind


def test_no_character_gives_more_words_than_the_kernels_make_room_for() -> None:
    for code in range(sys.maxunicode + 1):
        if not 0xD800 <= code <= 0xDFFF and len(folding.fold(chr(code))) > 1:
            assert len(words(chr(code))) <= WORDS_PER_BYTE * len(chr(code).encode()), hex(code)


def test_a_character_that_nfc_changes_is_marked() -> None:
    for code in range(sys.maxunicode + 1):
        if not 0xD800 <= code <= 0xDFFF and not unicodedata.is_normalized("NFC", chr(code)):
            assert entry(chr(code)) & NFC_CHANGE, hex(code)


@settings(deadline=None, max_examples=500)
@given(st.text(st.sampled_from("ae\u0301\u0327가ᄀ\u1161\u11a8が\u304b\u3099นํ้ாெ\u212bक़\u093c")))
def test_a_text_without_marked_characters_is_in_nfc(text: str) -> None:
    if not any(entry(character) & NFC_CHANGE for character in text):
        assert unicodedata.is_normalized("NFC", text)


@settings(deadline=None, max_examples=300)
@given(st.text())
def test_folding_characters_is_folding_the_normalised_text(text: str) -> None:
    """But for the order of kept marks that meet across a decomposition, so both sides are sorted."""
    text = unicodedata.normalize("NFC", text)
    whole = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    assert sorted(folded(text)) == sorted(each for each in whole if folding.kind(each) not in (IGNORED, 0))
