"""Texts to shingles: runs of n words, each a 64-bit hash.

Words are runs of letters, marks and digits after folding (folding.py): case, accents, compatibility forms and
punctuation do not count. In scripts that are written without spaces each character is a word; as five such characters
are far more common than five words, texts made mostly of them get longer shingles (spec: 8 to 10).

A shingle's hash is made from its words' hashes in order. No set is made here: the same shingle may come twice.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gristmill.core.batch import TextBuffers
from gristmill.core.jit import kernel
from gristmill.dedup.folding import (
    DIGIT,
    EXPANSION,
    IGNORED,
    KIND_SHIFT,
    LETTER,
    MARK,
    PAYLOAD,
    SEPARATOR,
    UNSPACED,
    WORDS_PER_BYTE,
    Folding,
    entry_of,
    folding,
)
from gristmill.dedup.hashing import ascending, chain, mix

TOO_LONG = -1  # the number of shingles of a text that has more of them than the rule allows

_KIND = 7
_ZERO = 0x30
_CHARACTER_FACTOR = np.uint64(0x9FB21C651E98DF25)  # odd, bits well mixed; any such number would do
_WORD_FACTOR = np.uint64(0xD6E8FEB86659FD93)
_START = np.uint64(0x243F6A8885A308D3)  # π's fraction


class ShingleRule(NamedTuple):
    """What a shingle is.

    Attributes:
        words: words in a shingle.
        unspaced_words: the same where more than half of a text's words are characters of unspaced scripts.
        max_shingles: texts with more are not cut into shingles (TOO_LONG).
        fold_numbers: a run of digits, whatever its length, counts as "0".
    """

    words: int
    unspaced_words: int
    max_shingles: int
    fold_numbers: bool


@kernel
def decode(data: NDArray[np.uint8], at: int) -> tuple[np.int64, int]:
    """Code point that starts at a lead byte of valid UTF-8 above ASCII, and its bytes."""
    lead = np.int64(data[at])
    if lead < 0xE0:
        return (lead & 0x1F) << 6 | data[at + 1] & 0x3F, 2
    if lead < 0xF0:
        return (lead & 0x0F) << 12 | (data[at + 1] & 0x3F) << 6 | data[at + 2] & 0x3F, 3
    high = (lead & 0x07) << 18 | (data[at + 1] & 0x3F) << 12
    return high | (data[at + 2] & 0x3F) << 6 | data[at + 3] & 0x3F, 4


@kernel
def word_hashes(
    text: NDArray[np.uint8], table: Folding, fold_numbers: bool, words: NDArray[np.uint64]
) -> tuple[int, int]:
    """Fill in the hashes of a text's words; stops when `words` is full.

    Returns:
        How many words there are, and how many of them are single characters of unspaced scripts.
    """
    count = unspaced_count = 0
    inside = unspaced = digits = False
    hashed = _START
    at = 0
    while at < len(text) and count < len(words):
        code, width = np.int64(text[at]), 1
        if code < 0x80:
            entry = table.entries[code]
            at += 1
            if (
                inside and not unspaced and entry >> KIND_SHIFT == LETTER
            ):  # most bytes; the rest of the loop says it all
                hashed = chain(hashed, np.uint64(entry + code & PAYLOAD), _CHARACTER_FACTOR)
                digits = False
                continue
        else:
            code, width = decode(text, at)
            entry = entry_of(table, code)
            at += width
        kind = entry >> KIND_SHIFT & _KIND
        point = (entry + code) & PAYLOAD
        items = 1
        place = np.int64(0)
        if kind == EXPANSION:
            place = np.int64(entry & PAYLOAD)
            items = table.expansions[place]
        for item in range(items):
            if items > 1:
                entry = table.expansions[place + 1 + item]
                kind = entry >> KIND_SHIFT
                point = entry & PAYLOAD
            if kind == IGNORED:
                continue
            if inside and (kind in (SEPARATOR, UNSPACED) or (unspaced and kind != MARK)):
                if count == len(words):
                    break
                words[count] = mix(hashed)
                count += 1
                unspaced_count += unspaced
                inside = False
            if kind == SEPARATOR:
                continue
            if not inside:
                hashed = _START
                unspaced = kind == UNSPACED
                digits = False
                inside = True
            if fold_numbers and kind == DIGIT:
                if digits:
                    continue
                point = _ZERO
            digits = kind == DIGIT
            hashed = chain(hashed, np.uint64(point), _CHARACTER_FACTOR)
    if inside and count < len(words):
        words[count] = mix(hashed)
        count += 1
        unspaced_count += unspaced
    return count, unspaced_count


@kernel
def text_shingles(text: NDArray[np.uint8], table: Folding, rule: ShingleRule, words: NDArray[np.uint64]) -> int:
    """Overwrite the first items of `words` with a text's shingles, in the order of the text.

    Args:
        text: UTF-8 bytes.
        table: of folding().
        rule: what a shingle is.
        words: work space of word_space() items.

    Returns:
        How many shingles; 0 for a text with fewer words than a shingle, TOO_LONG for one with too many.
    """
    count, unspaced_count = word_hashes(text, table, rule.fold_numbers, words)
    size = rule.unspaced_words if 2 * unspaced_count > count else rule.words
    shingles = count - size + 1
    if shingles > rule.max_shingles:
        return TOO_LONG
    for first in range(shingles):
        hashed = _START
        for word in range(first, first + size):
            hashed = chain(hashed, words[word], _WORD_FACTOR)
        words[first] = mix(hashed)
    return max(shingles, 0)


@kernel
def word_space(offsets: NDArray[np.int64], rule: ShingleRule) -> int:
    """Length of the work space that text_shingles needs for any of these texts."""
    longest = 0
    for row in range(len(offsets) - 1):
        longest = max(longest, offsets[row + 1] - offsets[row])
    return min(longest * WORDS_PER_BYTE, rule.max_shingles + max(rule.words, rule.unspaced_words)) + 1


@kernel
def _distinct(values: NDArray[np.uint64]) -> int:
    """Move the distinct values of a sorted array to its front; returns how many there are."""
    kept = min(len(values), 1)
    for at in range(1, len(values)):
        if values[at] != values[kept - 1]:
            values[kept] = values[at]
            kept += 1
    return kept


@kernel
def _sets(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], rows: NDArray[np.int64], table: Folding, rule: ShingleRule
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    words = np.empty(word_space(offsets, rule), np.uint64)
    values = np.empty(1024, np.uint64)
    bounds = np.zeros(len(rows) + 1, np.int64)
    for place, row in enumerate(rows):
        count = max(text_shingles(data[offsets[row] : offsets[row + 1]], table, rule, words), 0)
        shingles = ascending(words[:count])
        count = _distinct(shingles)
        used = bounds[place]
        if used + count > len(values):
            larger = np.empty(2 * len(values) + count, np.uint64)
            larger[:used] = values[:used]
            values = larger
        values[used : used + count] = shingles[:count]
        bounds[place + 1] = used + count
    return values[: bounds[-1]], bounds


def shingle_sets(
    text: TextBuffers, rows: NDArray[np.int64], rule: ShingleRule
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """The set of shingles of some texts.

    Args:
        text: all texts.
        rows: which of them.
        rule: what a shingle is.

    Returns:
        Sorted distinct hashes of all sets one after the other, uint64[…], and where each set starts and the last one
        ends, int64[rows + 1]. A text without shingles, or with too many, has the empty set.
    """
    rows = rows.astype(np.int64)
    rows.flags.writeable = False
    return _sets(text.data, text.offsets, rows, folding(), rule)
