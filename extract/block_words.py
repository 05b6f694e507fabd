"""Words and characters of a page's blocks, counted in one pass over their text.

A word is a run of letters, digits and underscores; Chinese and Japanese have no spaces, so each of their characters is
a word. Characters outside ASCII are letters unless they stand in a block of punctuation or symbols.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel
from gristmill.extract.blocks import Blocks
from gristmill.extract.classes import bucket
from gristmill.extract.tags import mix, whole
from gristmill.extract.writing import BEGIN, STOP

(
    CHARACTERS,
    WORDS,
    DIGITS,
    UPPER,
    COMMAS,
    ENDS,
    MARKS,
    TITLED,
    SHORT,
    LONGEST,
    LAST_KIND,
    FIRST_KIND,
    CJK,
    TEXT_KEY,
    IN_TITLE,
) = range(15)
"""Columns of counts. SHORT: words of up to three characters; TITLED: words that begin with a capital; LAST_KIND: 0 other,
1 letter, 2 digit, 3 end of sentence, 4 comma or colon, 5 closing quote or bracket; FIRST_KIND: 0 other, 1 lower, 2
upper, 3 digit; TEXT_KEY: hash of the words, below 2³⁰; IN_TITLE: how many of the first MOST_COMPARED
words stand in the title."""

MOST_COMPARED = 64
"""Words of a block that are looked up in the title."""

_LETTER, _DIGIT, _CJK, _END, _COMMA, _MARK, _CLOSING, _SPACE = range(8)


class Words(NamedTuple):
    """The words of a page's blocks."""

    buckets: NDArray[np.uint16]
    """Place of each word in the linear model: the lowest bits of its hash (see `hash_words`), uint16[words]."""
    first: NDArray[np.int64]
    """Where each block's words begin and the last one's end, int64[blocks + 1]."""
    counts: NDArray[np.int32]
    """int32[blocks, 15]: see the columns CHARACTERS to IN_TITLE."""


def _ascii_kinds() -> NDArray[np.uint8]:
    kinds = np.full(128, _MARK, np.uint8)
    for byte in range(128):
        character = chr(byte)
        if character.isalpha() or character == "_":
            kinds[byte] = _LETTER
        elif character.isdigit():
            kinds[byte] = _DIGIT
        elif character.isspace():
            kinds[byte] = _SPACE
        elif character in ".!?":
            kinds[byte] = _END
        elif character in ",:;":
            kinds[byte] = _COMMA
        elif character in "\"')]}":
            kinds[byte] = _CLOSING
    kinds.flags.writeable = False
    return kinds


_ASCII = _ascii_kinds()


@kernel
def _wide_kind(code: int) -> int:
    """What a character outside ASCII is."""
    if code < 0xC0:
        if code in (0xAA, 0xB5, 0xBA):
            return _LETTER
        return _CLOSING if code == 0xBB else _MARK
    if code < 0x2000:
        if code in (0xD7, 0xF7):
            return _MARK
        if code in (0x60C, 0x61B, 0x37E):
            return _COMMA
        if code in (0x61F, 0x6D4, 0x964, 0x965, 0x589, 0x1362):
            return _END
        return _LETTER
    if code < 0x2070:
        return _END if code == 0x2026 else (_CLOSING if code in (0x2019, 0x201D, 0x203A) else _MARK)
    if 0x20A0 <= code < 0x2C00:
        return _MARK if code < 0x2100 or code >= 0x2190 else _LETTER
    if 0x2E80 <= code < 0xA000:
        if 0x3000 <= code < 0x3040:
            if code == 0x3002:
                return _END
            if code == 0x3001:
                return _COMMA
            return _CJK if 0x3005 <= code <= 0x3007 else _CLOSING
        return _CJK
    if 0xF900 <= code < 0xFB00 or code >= 0x20000:
        return _CJK
    if 0xFF00 <= code < 0xFFF0:
        if code in (0xFF01, 0xFF0E, 0xFF1F, 0xFF61):
            return _END
        if code in (0xFF0C, 0xFF1A, 0xFF1B, 0xFF64):
            return _COMMA
        if 0xFF10 <= code < 0xFF1A:
            return _DIGIT
        return _LETTER if 0xFF21 <= code < 0xFF5B or code >= 0xFF66 else _CLOSING
    if code >= 0x1F000:
        return _MARK
    return _LETTER


@kernel
def _code_at(text: NDArray[np.uint8], at: int, end: int) -> tuple[int, int]:
    """The character outside ASCII at `at` and its bytes."""
    byte = whole(text[at])
    if byte < 0xE0 and at + 1 < end:
        return (byte & 0x1F) << 6 | (whole(text[at + 1]) & 0x3F), 2
    if byte < 0xF0 and at + 2 < end:
        return (byte & 0xF) << 12 | (whole(text[at + 1]) & 0x3F) << 6 | (whole(text[at + 2]) & 0x3F), 3
    if at + 3 < end:
        low = (whole(text[at + 2]) & 0x3F) << 6 | (whole(text[at + 3]) & 0x3F)
        return (byte & 7) << 18 | (whole(text[at + 1]) & 0x3F) << 12 | low, 4
    return 0xFFFD, 1


@kernel
def read_words(
    text: NDArray[np.uint8],
    rows: NDArray[np.int32],
    title: NDArray[np.uint32],
    hashes: NDArray[np.uint16] | NDArray[np.uint32],
    counts: NDArray[np.int32],
    first: NDArray[np.int64],
) -> int:
    """Fill hashes (their lowest bits if they are narrow), counts and first (see Words) from blocks' text; the number of
    words."""
    word = 0
    for block in range(len(rows)):
        first[block] = word
        key = 0
        length = 0
        characters = digits = upper = commas = ends = marks = titled = short = longest = cjk = in_title = 0
        last_kind = _SPACE
        text_key = 0
        at, stop = rows[block, BEGIN], rows[block, STOP]
        while at <= stop:
            byte = whole(text[at]) if at < stop else whole(0x20)
            size = 1
            if byte < 0x80:
                kind = whole(_ASCII[byte])
                if kind == _LETTER:
                    if byte <= 0x5A and byte >= 0x41:
                        upper += 1
                        titled += length == 0
                        byte |= 0x20
                elif kind == _DIGIT:
                    digits += 1
            else:
                code, size = _code_at(text, at, stop)
                kind = _wide_kind(code)
                byte = code
            if kind <= _DIGIT:
                key = mix(key, byte)
                length += 1
            else:
                if length:
                    in_title += _add_word(key, title, hashes, word, whole(first[block]))
                    word += 1
                    text_key = mix(text_key, key)
                    short += length <= 3
                    longest = max(longest, length)
                    key = 0
                    length = 0
                if kind == _CJK:
                    in_title += _add_word(mix(byte, 0), title, hashes, word, whole(first[block]))
                    word += 1
                    text_key = mix(text_key, byte)
                    cjk += 1
                elif kind == _END:
                    ends += 1
                elif kind == _COMMA:
                    commas += 1
                elif kind == _MARK:
                    marks += 1
            if kind != _SPACE:
                last_kind = kind
            characters += 1
            at += size
        row = counts[block]
        row[CHARACTERS] = characters - 1
        row[WORDS] = word - first[block]
        row[DIGITS] = digits
        row[UPPER] = upper
        row[COMMAS] = commas
        row[ENDS] = ends
        row[MARKS] = marks
        row[TITLED] = titled
        row[SHORT] = short
        row[LONGEST] = longest
        row[CJK] = cjk
        row[TEXT_KEY] = bucket(text_key, 6, 30)
        row[IN_TITLE] = in_title
        row[LAST_KIND] = last_kind
        row[FIRST_KIND] = _first_kind(text, rows[block, BEGIN], stop)
    first[len(rows)] = word
    return word


@kernel
def _add_word(
    key: int, title: NDArray[np.uint32], hashes: NDArray[np.uint16] | NDArray[np.uint32], word: int, first: int
) -> bool:
    """Write a word's hash; whether it is among those that are looked up in the title, and stands there."""
    value = bucket(key, 0, 31)
    hashes[word] = value
    if word - first < MOST_COMPARED:
        for other in title:
            if other == value:
                return True
    return False


@kernel
def _first_kind(text: NDArray[np.uint8], at: int, stop: int) -> int:
    byte = text[at]
    if byte >= 0x80:
        return _wide_kind(_code_at(text, at, stop)[0]) + 16
    if 0x61 <= byte <= 0x7A:
        return 1
    if 0x41 <= byte <= 0x5A:
        return 2
    return 3 if 0x30 <= byte <= 0x39 else 0


@kernel
def count_words(blocks: Blocks, title: NDArray[np.uint32]) -> Words:
    """Words and counts of a page's blocks; `title` are the hashes of its title's words."""
    count = len(blocks.rows)
    buckets = np.empty(len(blocks.text) + 1, np.uint16)
    counts = np.empty((count, 15), np.int32)
    first = np.empty(count + 1, np.int64)
    words = read_words(blocks.text, blocks.rows, title, buckets, counts, first)
    return Words(buckets[:words], first, counts)


@kernel
def hash_words(text: NDArray[np.uint8], rows: NDArray[np.int32]) -> NDArray[np.uint32]:
    """Hashes of the words of blocks, in lower case as far as ASCII goes, below 2³¹, uint32[words]."""
    hashes = np.empty(len(text) + 1, np.uint32)
    counts = np.empty((len(rows), 15), np.int32)
    words = read_words(text, rows, np.empty(0, np.uint32), hashes, counts, np.empty(len(rows) + 1, np.int64))
    return hashes[:words]
