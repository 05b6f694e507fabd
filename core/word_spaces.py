"""Words as whitespace cuts them (`str.split`), marks attached."""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.characters import ALPHABETIC, HAS_LETTER, NOT_SYMBOL, SPACE, SYMBOL, decode
from gristmill.core.jit import kernel
from gristmill.core.polynomial import HASH_BASE

_ONE = np.uint64(1)


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
    most = _most_words(data, offsets)
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
            some = ALPHABETIC if length else 0
            every = 0 if length else SYMBOL
            size = 1
            while at < end:
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
            if length:
                starts[count] = start
                sizes[count] = at - start
                chars[count] = length
                hashes[count] = value
                kinds[count] = (HAS_LETTER if some & ALPHABETIC else 0) | (0 if every else NOT_SYMBOL)
                count += 1
            at += size
        word_offsets[row + 1] = count
    return word_offsets, starts[:count], sizes[:count], chars[:count], hashes[:count], kinds[:count]


@kernel
def _most_words(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> int:
    """An upper bound of the number of words: one behind each byte that may end whitespace."""
    bound = len(offsets)
    for at in range(offsets[0], offsets[-1]):
        byte = data[at]
        bound += byte <= 0x20 or 0x80 <= byte < 0xC0
    return bound
