"""Marks that rules count: hashes and ellipses in texts and words, bullets and ellipses at the ends of lines; and letters."""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.batch import Batch
from gristmill.core.characters import ALPHABETIC, LETTERS, TAILED, decode
from gristmill.core.jit import kernel

_DOT = 0x2E
_HASH = 0x23
_MARKS = np.zeros(256, np.uint8)
_MARKS[_HASH] = 1
_MARKS[[_DOT, 0xE2]] = 2  # E2 80 A6 is `…`


def symbols(batch: Batch) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How often `#`, and how often an ellipsis, stand in each of a batch's texts, int64[documents] each."""
    return batch.shared("symbols", lambda: count_symbols(batch.text.data, batch.text.offsets))


@kernel
def count_symbols(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How often `#`, and how often `...` (without overlap) or `…`, stand in each text, int64[texts] each."""
    hashes = np.zeros(len(offsets) - 1, np.int64)
    ellipses = np.zeros(len(offsets) - 1, np.int64)
    for row in range(len(hashes)):
        at = offsets[row]
        end = offsets[row + 1]
        count = three = 0
        while at < end:
            mark = _MARKS[data[at]]
            if mark == 0:  # all but one byte in fifty
                at += 1
            elif mark == 1:
                count += 1
                at += 1
            elif data[at] == _DOT:
                triple = at + 2 < end and data[at + 1] == _DOT and data[at + 2] == _DOT
                three += triple
                at += 3 if triple else 1
            else:
                three += at + 2 < end and data[at + 1] == 0x80 and data[at + 2] == 0xA6
                at += 1
        hashes[row] = count
        ellipses[row] = three
    return hashes, ellipses


@kernel
def line_marks(
    data: NDArray[np.uint8], starts: NDArray[np.int64], sizes: NDArray[np.int64], wanted: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which stripped lines start with one of the wanted code points, and which end with an ellipsis, bool[lines] each."""
    bullets = np.zeros(len(starts), np.bool_)
    ellipses = np.zeros(len(starts), np.bool_)
    for line in range(len(starts)):
        if sizes[line] == 0:
            continue
        first = starts[line]
        end = first + sizes[line]
        code = decode(data, first)[0]
        for bullet in wanted:
            bullets[line] |= code == bullet
        if sizes[line] >= 3:
            dots = data[end - 1] == _DOT and data[end - 2] == _DOT and data[end - 3] == _DOT
            ellipses[line] = dots or (data[end - 1] == 0xA6 and data[end - 2] == 0x80 and data[end - 3] == 0xE2)
    return bullets, ellipses


@kernel
def count_letters(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], wanted: NDArray[np.bool_], classes: NDArray[np.uint16]
) -> NDArray[np.int64]:
    """Alphabetic code points of the wanted texts, 0 for the others; int64[texts]."""
    counts = np.zeros(len(offsets) - 1, np.int64)
    for row in range(len(counts)):
        at = offsets[row]
        while wanted[row] and at < offsets[row + 1]:
            code, size = decode(data, at)
            counts[row] += classes[code] & ALPHABETIC != 0
            at += size
    return counts


@kernel
def ends_with_ellipsis(
    data: NDArray[np.uint8], starts: NDArray[np.int64], sizes: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Which lines end with `…` (bytes E2 80 A6), bool[lines]."""
    found = np.zeros(len(starts), np.bool_)
    for line in range(len(starts)):
        found[line] = sizes[line] >= 3 and _ends_ellipsis(data, starts[line] + sizes[line] - 1)
    return found


@kernel
def symbol_words(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    starts: NDArray[np.int64],
    sizes: NDArray[np.int32],
    kinds: NDArray[np.uint8],
) -> NDArray[np.int64]:
    """Words with `#` or `…` of each document, the arrays being those of `Words`; int64[documents]."""
    counts = np.zeros(len(offsets) - 1, np.int64)
    for row in range(len(counts)):
        for word in range(offsets[row], offsets[row + 1]):
            if kinds[word] & LETTERS:
                continue
            end = starts[word] + sizes[word]
            first = end - 1 if kinds[word] & TAILED else starts[word]
            for at in range(first, end):
                mark = _MARKS[data[at]]
                if mark and (mark == 1 or (at + 2 < end and data[at] != _DOT and _ends_ellipsis(data, at + 2))):
                    counts[row] += 1
                    break
    return counts


@kernel
def _ends_ellipsis(data: NDArray[np.uint8], at: int) -> bool:
    """Whether the byte at `at` is the last one of `…`; there are two before it."""
    return bool(data[at] == 0xA6 and data[at - 1] == 0x80 and data[at - 2] == 0xE2)
