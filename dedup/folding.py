"""What each character becomes before words are compared: a table made from Unicode's data and shipped as `folding.npz`.

A character is folded by itself: compatibility decomposition (NFKD), case folding, NFKD again, then each resulting code
point gets a kind (below). On NFC text that is what folding the whole text gives, but for the order of two kept marks
that meet across a decomposition. The table is shipped because Python 3.11 to 3.13 carry different versions of Unicode,
and removals must not depend on the interpreter. Rebuild it with `python -m gristmill.dedup.folding`.

An entry is an int32: bits 0–23 how far the folded code point lies from this one (modulo 2²⁴), or a place in
`expansions`; bits 24–27 the kind; bit 28 `NFC_CHANGE`.
"""

import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel

PATH = Path(__file__).with_name("folding.npz")

SEPARATOR = 0  # everything that is no letter, mark or number: ends a word
LETTER = 1
DIGIT = 2  # a decimal digit of any script; its own kind so that numbers can be folded
UNSPACED = 3  # a character of a script written without spaces: a word by itself
MARK = 4  # belongs to the character before it
IGNORED = 5  # accents, vowel points, joiners, soft hyphens: as if they were not there
EXPANSION = 6  # several code points, listed in `expansions`

KIND_SHIFT = 24
PAYLOAD = (1 << KIND_SHIFT) - 1
NFC_CHANGE = 1 << 28  # a text without such a character is in NFC
PAGE_BITS = 7  # pages of 128 characters: 324 different ones, 166 kB
_PAGE_MASK = (1 << PAGE_BITS) - 1
WORDS_PER_BYTE = 2  # no character gives more words than this for each of its UTF-8 bytes (U+3316 gives 6 for 3)

# Accents and vowel points that are left out in everyday writing of their script. The other non-spacing marks stay:
# in Indic and south-east Asian scripts and in Japanese (U+3099) they are vowels and consonants of their own.
_DROPPED_MARKS = (
    (0x0300, 0x036F), (0x0483, 0x0489), (0x0591, 0x05C7), (0x0610, 0x061A), (0x064B, 0x065F), (0x0670, 0x0670),
    (0x06D6, 0x06ED), (0x0711, 0x074A), (0x0898, 0x08FF), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF),
    (0xFE00, 0xFE0F), (0xFE20, 0xFE2F), (0xE0100, 0xE01EF),
)  # fmt: skip

# Han, Hiragana, Katakana, Thai, Lao, Tibetan, Myanmar, Khmer. The last: whole planes, for ideographs yet to come.
_UNSPACED = (
    (0x2E80, 0x2FDF), (0x3005, 0x3007), (0x3021, 0x3029), (0x3031, 0x309F), (0x30A0, 0x30FF), (0x31F0, 0x31FF),
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x1AFF0, 0x1B16F),
    (0x0E00, 0x0FFF), (0x1000, 0x109F), (0xA9E0, 0xA9FF), (0xAA60, 0xAA7F), (0x1780, 0x17FF), (0x20000, 0x3FFFD),
)  # fmt: skip
_IDEOGRAPHIC_PLANES = _UNSPACED[-1]


class Folding(NamedTuple):
    """The table as kernels take it: the entry of c is entries[(pages[c >> PAGE_BITS] << PAGE_BITS) + (c & 127)].

    Attributes:
        pages: uint16[0x110000 >> PAGE_BITS], read-only.
        entries: int32[different pages << PAGE_BITS], read-only; the first page is ASCII.
        expansions: int32[…], read-only: a number of items, then kind << KIND_SHIFT | code point for each.
    """

    pages: NDArray[np.uint16]
    entries: NDArray[np.int32]
    expansions: NDArray[np.int32]


@kernel
def entry_of(table: Folding, code: np.int64) -> np.int32:
    """The entry of a code point."""
    page = np.int64(table.pages[code >> PAGE_BITS])
    entry: np.int32 = table.entries[(page << PAGE_BITS) + (code & _PAGE_MASK)]
    return entry


@lru_cache(maxsize=1)
def folding() -> Folding:
    """The shipped table."""
    with np.load(PATH) as arrays:
        table = Folding(arrays["pages"], arrays["entries"], arrays["expansions"])
    for array in table:
        array.flags.writeable = False
    return table


def _within(ranges: tuple[tuple[int, int], ...], code: int) -> bool:
    return any(first <= code <= last for first, last in ranges)


def kind(character: str) -> int:
    """The kind of one character that needs no further folding."""
    code = ord(character)
    category = unicodedata.category(character)
    if _within((_IDEOGRAPHIC_PLANES,), code):
        return UNSPACED
    if category in ("Cf", "Me") or (category == "Mn" and _within(_DROPPED_MARKS, code)):
        return IGNORED
    if category[0] == "M":
        return MARK
    if category == "Nd":
        return DIGIT
    if category[0] in "LN":
        return UNSPACED if _within(_UNSPACED, code) else LETTER
    return SEPARATOR


def fold(character: str) -> list[tuple[int, int]]:
    """What one character becomes: (kind, code point) of each character that is not ignored."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    kinds = [(kind(each), ord(each)) for each in decomposed]
    return [(each, code if each != SEPARATOR else 0) for each, code in kinds if each != IGNORED]


def _composes_backwards() -> frozenset[str]:
    """Characters that NFC may join with the one before them."""
    pairs = (unicodedata.decomposition(chr(code)) for code in range(0x110000))
    seconds = {chr(int(pair.split()[1], 16)) for pair in pairs if pair.count(" ") == 1 and not pair.startswith("<")}
    jamo = {chr(code) for code in (*range(0x1161, 0x1176), *range(0x11A8, 0x11C3))}
    return frozenset(seconds | jamo)


def build() -> dict[str, NDArray[np.generic]]:
    """Make the table from this interpreter's Unicode data (about 5 s): Folding's arrays and `unicode`, the version."""
    backwards = _composes_backwards()
    expansions: list[int] = []
    places: dict[tuple[tuple[int, int], ...], int] = {}
    table = np.zeros(0x110000, np.int32)
    for code in range(0x110000):
        if 0xD800 <= code <= 0xDFFF:
            continue
        character = chr(code)
        folded = tuple(fold(character))
        if not folded:
            entry = IGNORED << KIND_SHIFT
        elif len(folded) == 1:
            entry = folded[0][0] << KIND_SHIFT | ((folded[0][1] - code) & PAYLOAD if folded[0][0] != SEPARATOR else 0)
        else:
            if folded not in places:
                places[folded] = len(expansions)
                expansions += [len(folded), *(each << KIND_SHIFT | point for each, point in folded)]
            entry = EXPANSION << KIND_SHIFT | places[folded]
        changes = unicodedata.combining(character) or character in backwards
        if changes or not unicodedata.is_normalized("NFC", character):
            entry |= NFC_CHANGE
        table[code] = entry
    entries, pages = np.unique(table.reshape(-1, 1 << PAGE_BITS), axis=0, return_inverse=True)
    ascii_page = pages.reshape(-1)[0]
    entries[[0, ascii_page]] = entries[[ascii_page, 0]]  # so that the kernels find ASCII without looking at `pages`
    swap = np.arange(len(entries))
    swap[[0, ascii_page]] = swap[[ascii_page, 0]]
    return {
        "pages": swap[pages.reshape(-1)].astype(np.uint16),
        "entries": entries.reshape(-1),
        "expansions": np.array(expansions, np.int32),
        "unicode": np.array(unicodedata.unidata_version),
    }


if __name__ == "__main__":
    np.savez_compressed(PATH, allow_pickle=False, **build())
