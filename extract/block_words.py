"""Words and characters of a page's blocks, counted in one pass over their text.

A word is a run of letters, digits and underscores; Chinese and Japanese have no spaces, so each of their characters is
a word. Characters outside ASCII are letters unless they stand in a block of punctuation or symbols.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel
from gristmill.extract.blocks import Blocks
from gristmill.extract.character_kinds import (
    ASCII,
    COMMA,
    DIGIT,
    END,
    IDEOGRAPH,
    LETTER,
    MARK,
    SPACE,
    code_at,
    wide_kind,
)
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


class Words(NamedTuple):
    """The words of a page's blocks."""

    buckets: NDArray[np.uint16]
    """Place of each word in the linear model: the lowest bits of its hash (see `hash_words`), uint16[words]."""
    first: NDArray[np.int64]
    """Where each block's words begin and the last one's end, int64[blocks + 1]."""
    counts: NDArray[np.int32]
    """int32[blocks, 15]: see the columns CHARACTERS to IN_TITLE."""


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
        last_kind = SPACE
        text_key = 0
        at, stop = rows[block, BEGIN], rows[block, STOP]
        while at <= stop:
            byte = whole(text[at]) if at < stop else whole(0x20)
            size = 1
            if byte < 0x80:
                kind = whole(ASCII[byte])
                if kind == LETTER:
                    if byte <= 0x5A and byte >= 0x41:
                        upper += 1
                        titled += length == 0
                        byte |= 0x20
                elif kind == DIGIT:
                    digits += 1
            else:
                code, size = code_at(text, at, stop)
                kind = wide_kind(code)
                byte = code
            if kind <= DIGIT:
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
                if kind == IDEOGRAPH:
                    in_title += _add_word(mix(byte, 0), title, hashes, word, whole(first[block]))
                    word += 1
                    text_key = mix(text_key, byte)
                    cjk += 1
                elif kind == END:
                    ends += 1
                elif kind == COMMA:
                    commas += 1
                elif kind == MARK:
                    marks += 1
            if kind != SPACE:
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
        return wide_kind(code_at(text, at, stop)[0]) + 16
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
