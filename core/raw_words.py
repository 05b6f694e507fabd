r"""Runs of word characters and runs of marks (`\w+|[^\w\s]+`, NLTK's WordPunctTokenizer): RedPajama-V2's raw words.

They are counted in the words between spaces, of which three in four are letters alone: one raw word, whose hash is known.
"""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.categories import ALPHANUMERIC, OTHER_CASE, UPPERCASE
from gristmill.core.characters import LETTERS as LETTERS_ALONE
from gristmill.core.characters import TAILED, decode
from gristmill.core.jit import inlined, kernel
from gristmill.core.polynomial import polynomial_hash, without_last
from gristmill.core.word_totals import is_wanted, upper_bits

COUNT, CAPITALS, LETTERS, WANTED = range(4)
"""Columns of `raw_word_totals`: all words; those without lower-case letters; with an ASCII letter; in the list."""

_UNDERSCORE = 0x5F
_ONE = np.uint64(1)


@kernel
def raw_word_totals(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    starts: NDArray[np.int64],
    sizes: NDArray[np.int32],
    hashes: NDArray[np.uint64],
    kinds: NDArray[np.uint8],
    categories: NDArray[np.uint16],
    wanted: NDArray[np.uint64],
) -> NDArray[np.int64]:
    """Raw words of each text, counted by kind: int64[texts, 4].

    Args:
        data: the texts' bytes.
        offsets, starts, sizes, hashes, kinds: of `Words` (core/words.py), those between spaces.
        categories: of core/categories.py.
        wanted: hashes of the words to count, sorted.
    """
    totals = np.zeros((len(offsets) - 1, 4), np.int64)
    among = upper_bits(wanted)
    for row in range(len(totals)):
        count = capitals = letters = found = 0
        for word in range(offsets[row], offsets[row + 1]):
            start = starts[word]
            last = start + sizes[word] - 1
            tailed = kinds[word] & TAILED != 0
            if kinds[word] & LETTERS_ALONE or (tailed and not _is_word(data[last], categories)):
                count += 1 + tailed
                capitals += _has_no_lower(data, start, last + 1 - tailed)
                letters += 1
                if tailed:
                    found += is_wanted(np.uint64(data[last]) + _ONE, wanted, among)
                    found += is_wanted(without_last(hashes[word], data[last]), wanted, among)
                else:
                    found += is_wanted(hashes[word], wanted, among)
            else:
                _add_raw_words(data, start, last + 1, categories, wanted, among, totals[row])
        totals[row, COUNT] += count
        totals[row, CAPITALS] += capitals
        totals[row, LETTERS] += letters
        totals[row, WANTED] += found
    return totals


@inlined
def _has_no_lower(data: NDArray[np.uint8], start: int, end: int) -> bool:
    """Whether ASCII letters are all capitals."""
    while start < end and not data[start] & 0x20:  # most have a small letter first
        start += 1
    return start == end


@kernel
def _add_raw_words(
    data: NDArray[np.uint8],
    at: int,
    end: int,
    categories: NDArray[np.uint16],
    wanted: NDArray[np.uint64],
    among: NDArray[np.bool_],
    totals: NDArray[np.int64],
) -> None:
    """Count the raw words of a word between spaces, data[at:end], into int64[4]."""
    while at < end:
        code, size = decode(data, at)
        inside = _is_word(code, categories)
        some = 0
        ascii_letter = False
        start = at
        while True:
            some |= categories[code]
            ascii_letter |= code < 0x80 and 0x61 <= code | 0x20 <= 0x7A
            at += size
            if at >= end:
                break
            code, size = decode(data, at)
            if _is_word(code, categories) != inside:
                break
        totals[COUNT] += 1
        totals[CAPITALS] += some & UPPERCASE != 0 and some & OTHER_CASE == 0
        totals[LETTERS] += ascii_letter
        totals[WANTED] += is_wanted(polynomial_hash(data, start, at), wanted, among)


@inlined
def _is_word(code: int, categories: NDArray[np.uint16]) -> bool:
    return bool(code == _UNDERSCORE or categories[code] & ALPHANUMERIC != 0)
