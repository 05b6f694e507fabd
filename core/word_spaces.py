"""Words as whitespace cuts them (`str.split`), marks attached. The other segmentations start from them."""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.characters import ALPHABETIC, HAS_LETTER, LETTERS, NOT_SYMBOL, SPACE, SYMBOL, TAILED, decode
from gristmill.core.jit import kernel
from gristmill.core.polynomial import HASH_BASE

_ONE = np.uint64(1)
_ASCII_SPACES = np.zeros(256, np.bool_)
_ASCII_SPACES[[*range(0x09, 0x0E), *range(0x1C, 0x21)]] = True


@kernel
def cut_at_spaces(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], classes: NDArray[np.uint16]
) -> tuple[
    NDArray[np.int64],
    NDArray[np.int64],
    NDArray[np.int32],
    NDArray[np.int32],
    NDArray[np.uint64],
    NDArray[np.uint8],
]:
    """Cut texts at whitespace: the arrays of `Words` (core/words.py), in its order."""
    rows = len(offsets) - 1
    word_offsets = np.zeros(rows + 1, np.int64)
    most = (offsets[-1] - offsets[0] + rows) // 2 + 1  # something stands between two words
    starts = np.empty(most, np.int64)
    sizes = np.empty(most, np.int32)
    chars = np.empty(most, np.int32)
    hashes = np.empty(most, np.uint64)
    kinds = np.empty(most, np.uint8)
    count = 0
    for row in range(rows):
        at = offsets[row]
        end = offsets[row + 1]
        while at < end:
            start = at
            value = np.uint64(0)
            while at < end and 0x61 <= data[at] | 0x20 <= 0x7A:  # letters alone are three words of four
                value = value * HASH_BASE + np.uint64(data[at]) + _ONE
                at += 1
            length = at - start
            kind = HAS_LETTER | NOT_SYMBOL | LETTERS
            if at < end and not _ASCII_SPACES[data[at]]:
                mark = data[at]
                if length and mark < 0x80 and (at + 1 == end or _ASCII_SPACES[data[at + 1]]):
                    value = value * HASH_BASE + np.uint64(mark) + _ONE
                    at += 1
                    length += 1
                    kind = HAS_LETTER | NOT_SYMBOL | TAILED
                else:
                    at, value, length, kind = _rest(data, start, at, end, value, classes)
            if length:
                starts[count] = start
                sizes[count] = at - start
                chars[count] = length
                hashes[count] = value
                kinds[count] = kind
                count += 1
            if at < end:
                at += 1 if data[at] < 0x80 else decode(data, at)[1]
        word_offsets[row + 1] = count
    # Not copied: what lies behind `count` was never touched and costs no memory, a copy would.
    return word_offsets, starts[:count], sizes[:count], chars[:count], hashes[:count], kinds[:count]


@kernel
def _rest(
    data: NDArray[np.uint8], start: int, at: int, end: int, value: np.uint64, classes: NDArray[np.uint16]
) -> tuple[int, np.uint64, int, int]:
    """Read on from `at`, where ASCII letters end, to whitespace: where it stands, hash, code points and kind of the word."""
    length = at - start
    some = ALPHABETIC if length else 0
    every = 0 if length else SYMBOL
    while at < end:
        code = int(data[at])
        size = 1
        if code >= 0x80:
            code, size = decode(data, at)
        kind = classes[code]
        if kind & SPACE:
            break
        some |= kind
        every &= kind
        length += 1
        for byte in range(at, at + size):
            value = value * HASH_BASE + np.uint64(data[byte]) + _ONE
        at += size
    return at, value, length, (HAS_LETTER if some & ALPHABETIC else 0) | (0 if every else NOT_SYMBOL)
