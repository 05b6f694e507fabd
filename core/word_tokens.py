"""Words as spaCy's blank English tokenizer cuts them, which datatrove gives English text: marks are words of their own.

Text is cut at whitespace; from each chunk marks are taken off both ends; what is left stays whole if it is an
abbreviation or an address, else it is cut at infixes such as the hyphen of `well-known`. Left out are spaCy's emoticons
and most of its 1,347 special cases. Scripts without spaces stay in pieces as long as their clauses.
"""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.affixes import KIND, cut_chunk
from gristmill.core.characters import (
    ALPHABETIC,
    BEFORE_DOT,
    HAS_LETTER,
    LETTERS,
    NOT_SYMBOL,
    SUFFIX,
    SYMBOL,
    TAILED,
    decode,
)
from gristmill.core.jit import kernel
from gristmill.core.polynomial import polynomial_hash, without_last
from gristmill.core.special_words import is_abbreviation

_ONE = np.uint64(1)
_USUAL_CHUNK = 256  # characters
_DOT = 0x2E
_LONGEST_ABBREVIATION = 8  # with its full stop


@kernel
def cut_tokens(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    chunk_starts: NDArray[np.int64],
    chunk_sizes: NDArray[np.int32],
    chunk_chars: NDArray[np.int32],
    chunk_hashes: NDArray[np.uint64],
    chunk_kinds: NDArray[np.uint8],
    classes: NDArray[np.uint16],
) -> tuple[
    NDArray[np.int64],
    NDArray[np.int64],
    NDArray[np.int32],
    NDArray[np.int32],
    NDArray[np.uint64],
    NDArray[np.uint8],
]:
    """Cut what stands between spaces into words and marks: the arrays of `Words` (core/words.py), in its order.

    Args:
        data: the texts' bytes.
        offsets, chunk_…: the arrays of `Words` of the words between spaces, in its order.
        classes: of core/characters.py.
    """
    rows = len(offsets) - 1
    word_offsets = np.zeros(rows + 1, np.int64)
    most = _most_words(chunk_chars, chunk_kinds)
    starts = np.empty(most, np.int64)
    sizes = np.empty(most, np.int32)
    chars = np.empty(most, np.int32)
    hashes = np.empty(most, np.uint64)
    kinds = np.empty(most, np.uint8)
    chunk = np.empty(_USUAL_CHUNK, np.int64)  # the chunk at hand, as in core/affixes.py
    places = np.empty(_USUAL_CHUNK + 1, np.int64)  # where its characters start
    begins = np.zeros(_USUAL_CHUNK + 1, np.bool_)  # and whether a word begins there
    count = 0
    for row in range(rows):
        for at in range(offsets[row], offsets[row + 1]):
            start = chunk_starts[at]
            size = chunk_sizes[at]
            # Letters alone are three chunks of four, letters and one mark most of the others: a short way for them.
            tailed = chunk_kinds[at] & TAILED != 0
            short = chunk_kinds[at] & LETTERS != 0
            if tailed:  # core/affixes.py's rules, but a call with arrays would cost five times as much
                last = start + size - 1
                short = classes[data[last]] & SUFFIX != 0
                if data[last] == _DOT and size > 2 and classes[data[last - 1]] & BEFORE_DOT:
                    packed = np.uint64(0)
                    for i in range(min(size, _LONGEST_ABBREVIATION)):
                        packed |= np.uint64(data[start + i]) << np.uint64(8 * i)
                    short = size > _LONGEST_ABBREVIATION or not is_abbreviation(packed)
            if short:
                starts[count] = start
                sizes[count] = chars[count] = size - tailed
                hashes[count] = chunk_hashes[at]
                kinds[count] = HAS_LETTER | NOT_SYMBOL
                count += 1
                if tailed:
                    mark = data[start + size - 1]
                    hashes[count - 1] = without_last(chunk_hashes[at], mark)
                    starts[count] = start + size - 1
                    sizes[count] = chars[count] = 1
                    hashes[count] = np.uint64(mark) + _ONE
                    kinds[count] = 0  # what comes off is a symbol
                    count += 1
                continue
            length = chunk_chars[at]
            if length <= _USUAL_CHUNK:
                some = _read_chunk(data, start, length, classes, chunk, places)
                cut_chunk(chunk, length, some, begins)
                count = _add_words(data, chunk, length, places, begins, starts, sizes, chars, hashes, kinds, count)
            else:
                count = _add_long_chunk(data, start, length, classes, starts, sizes, chars, hashes, kinds, count)
        word_offsets[row + 1] = count
    # Not copied: what lies behind `count` was never touched and costs no memory, a copy would.
    return word_offsets, starts[:count], sizes[:count], chars[:count], hashes[:count], kinds[:count]


@kernel
def _add_words(
    data: NDArray[np.uint8],
    chunk: NDArray[np.int64],
    length: int,
    places: NDArray[np.int64],
    begins: NDArray[np.bool_],
    starts: NDArray[np.int64],
    sizes: NDArray[np.int32],
    chars: NDArray[np.int32],
    hashes: NDArray[np.uint64],
    kinds: NDArray[np.uint8],
    count: int,
) -> int:
    """Add the words of a chunk, which begin where `begins` says, and clear it; the new number of words."""
    begins[length] = True
    first = 0
    for i in range(1, length + 1):
        if begins[i]:
            begins[i] = False
            starts[count] = places[first]
            sizes[count] = places[i] - places[first]
            chars[count] = i - first
            hashes[count] = polynomial_hash(data, places[first], places[i])
            kinds[count] = _kind(chunk, first, i)
            count += 1
            first = i
    begins[0] = False
    return count


@kernel
def _add_long_chunk(
    data: NDArray[np.uint8],
    start: int,
    length: int,
    classes: NDArray[np.uint16],
    starts: NDArray[np.int64],
    sizes: NDArray[np.int32],
    chars: NDArray[np.int32],
    hashes: NDArray[np.uint64],
    kinds: NDArray[np.uint8],
    count: int,
) -> int:
    """Cut a chunk that the usual scratch arrays are too short for. By itself: to replace those would slow all chunks."""
    chunk = np.empty(length, np.int64)
    places = np.empty(length + 1, np.int64)
    begins = np.zeros(length + 1, np.bool_)
    some = _read_chunk(data, start, length, classes, chunk, places)
    cut_chunk(chunk, length, some, begins)
    return _add_words(data, chunk, length, places, begins, starts, sizes, chars, hashes, kinds, count)


@kernel
def _kind(chunk: NDArray[np.int64], first: int, end: int) -> int:
    """HAS_LETTER and NOT_SYMBOL of a word, by the classes of its characters."""
    some = 0
    every = SYMBOL
    for i in range(first, end):
        some |= chunk[i] >> KIND
        every &= chunk[i] >> KIND
    return (HAS_LETTER if some & ALPHABETIC else 0) | (0 if every else NOT_SYMBOL)


@kernel
def _most_words(chars: NDArray[np.int32], kinds: NDArray[np.uint8]) -> int:
    """An upper bound of the number of words: as many as characters, but letters alone are one."""
    bound = 0
    for chunk in range(len(chars)):
        bound += 1 if kinds[chunk] & LETTERS else chars[chunk]
    return bound


@kernel
def _read_chunk(
    data: NDArray[np.uint8],
    at: int,
    length: int,
    classes: NDArray[np.uint16],
    chunk: NDArray[np.int64],
    places: NDArray[np.int64],
) -> int:
    """Decode a chunk of `length` characters into `chunk` and `places`: the classes of any of them."""
    some = 0
    for i in range(length):
        code, size = decode(data, at)
        kind = int(classes[code])
        chunk[i] = kind << KIND | code
        places[i] = at
        some |= kind
        at += size
    places[length] = at
    return some
