"""Paragraphs: what stands between runs of two and more newlines."""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.batch import Batch
from gristmill.core.characters import SPACE, classes, decode
from gristmill.core.jit import kernel
from gristmill.core.lines import BLANK, Lines, lines, measured_lines


def paragraphs(batch: Batch, fewest: int = 1) -> Lines:
    """The paragraphs of each stripped text, between runs of two and more newlines, measured like lines.

    A text with fewer than `fewest` is given none: where only repeated ones are asked for, the one paragraph that most
    texts have need not be measured.
    """
    table = lines(batch)
    data = batch.text.data
    spans = paragraph_spans(data, table.offsets, table.starts, table.sizes, table.kinds, classes(), fewest)
    return measured_lines(data, *spans)


@kernel
def paragraph_spans(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    starts: NDArray[np.int64],
    sizes: NDArray[np.int64],
    kinds: NDArray[np.uint8],
    classes: NDArray[np.uint16],
    fewest: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Join lines to paragraphs: offsets, starts and sizes as of `Lines`; none for a text with fewer than `fewest`."""
    rows = len(offsets) - 1
    paragraph_offsets = np.zeros(rows + 1, np.int64)
    paragraph_starts = np.empty(len(starts), np.int64)
    paragraph_sizes = np.empty(len(starts), np.int64)
    count = 0
    for row in range(rows):
        first = offsets[row]
        last = offsets[row + 1] - 1
        while first <= last and kinds[first] & BLANK:
            first += 1
        while last >= first and kinds[last] & BLANK:
            last -= 1
        inside = False
        for line in range(first, last + 1):
            if sizes[line] == 0:
                inside = False
                continue
            start = starts[line]
            end = start + sizes[line]
            if line == first:
                start = _lstrip(data, start, classes)
            if line == last:
                end = _rstrip(data, end, classes)
            if not inside:
                paragraph_starts[count] = start
                count += 1
                inside = True
            paragraph_sizes[count - 1] = end - paragraph_starts[count - 1]
        if count - paragraph_offsets[row] < fewest:
            count = paragraph_offsets[row]
        paragraph_offsets[row + 1] = count
    return paragraph_offsets, paragraph_starts[:count].copy(), paragraph_sizes[:count].copy()


@kernel
def _lstrip(data: NDArray[np.uint8], at: int, classes: NDArray[np.uint16]) -> int:
    """The first byte from `at` on that is no whitespace; there is one."""
    while True:
        code, size = decode(data, at)
        if not classes[code] & SPACE:
            return at
        at += size


@kernel
def _rstrip(data: NDArray[np.uint8], end: int, classes: NDArray[np.uint16]) -> int:
    """Where the whitespace before `end` begins; something stands before it."""
    while True:
        at = end - 1
        while data[at] & 0xC0 == 0x80:
            at -= 1
        if not classes[decode(data, at)[0]] & SPACE:
            return end
        end = at
