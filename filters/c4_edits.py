"""C4's line rules as edits: which spans of a text go, so that what stays is the page as C4 published it.

Lines that stay lose the whitespace around them and their citation marks, and are joined by single newlines.
"""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.batch import Batch
from gristmill.core.jit import kernel
from gristmill.core.lines import stripped_lines
from gristmill.filters.c4_lines import CAUSES, REMOVED, LineParams, citation_size, judge_lines
from gristmill.filters.spans import END, KIND, ROW, START

NAMES = tuple(f"c4.{name}" for name in (*CAUSES, "line_citation", "line_strip", "line_join"))
"""What a span goes for, and at last the whitespace between two lines that becomes one newline."""
REPLACEMENTS = (*(b"" for _ in NAMES[:-1]), b"\n")

_FLAGS = np.array(list(CAUSES.values()), np.uint8)
_CITATION, _STRIP, _JOIN = len(CAUSES), len(CAUSES) + 1, len(CAUSES) + 2
_NEWLINE = 0x0A


def find_edits(batch: Batch, params: LineParams) -> NDArray[np.int64]:
    """What goes from each text: row, place in NAMES, first and last byte (exclusive); in order, int64[spans, 4]."""
    table = stripped_lines(batch)
    found, _ = judge_lines(batch.text.data, table, params)
    found.flags.writeable = False
    return line_edits(batch.text.data, batch.text.offsets, table.offsets, table.starts, table.sizes, found)


@kernel
def line_edits(
    data: NDArray[np.uint8],
    texts: NDArray[np.int64],
    offsets: NDArray[np.int64],
    starts: NDArray[np.int64],
    sizes: NDArray[np.int64],
    found: NDArray[np.uint8],
) -> NDArray[np.int64]:
    """The spans to take out, given stripped lines and what was found of each; int64[spans, 4].

    A line that goes takes the whitespace before it along, and that behind it if no line before it stays.
    """
    spans = np.empty((_most_spans(data, texts, len(starts)), 4), np.int64)
    count = 0
    for row in range(len(texts) - 1):
        end = texts[row]  # of the line before
        kept = False
        removed = False
        for line in range(offsets[row], offsets[row + 1]):
            if sizes[line] == 0:
                continue
            start = starts[line]
            if found[line] & REMOVED:
                cause = 0
                while not found[line] & _FLAGS[cause]:
                    cause += 1
                if removed and not kept:
                    spans[count - 1, END] = start
                    end = start
                count = _add(spans, count, row, cause, end, start + sizes[line])
                removed = True
            else:
                if not kept and removed:
                    spans[count - 1, END] = start
                elif kept and not (start == end + 1 and data[end] == _NEWLINE):
                    count = _add(spans, count, row, _JOIN, end, start)
                elif not kept and start > end:
                    count = _add(spans, count, row, _STRIP, end, start)
                at = start
                while at < start + sizes[line]:
                    size = citation_size(data, at, start + sizes[line])
                    if size:
                        count = _add(spans, count, row, _CITATION, at, at + size)
                    at += max(size, 1)
                kept = True
                removed = False
            end = starts[line] + sizes[line]
        if end < texts[row + 1]:
            if removed:
                spans[count - 1, END] = texts[row + 1]
            else:
                count = _add(spans, count, row, _STRIP, end, texts[row + 1])
    return spans[:count]


@kernel
def _add(spans: NDArray[np.int64], count: int, row: int, kind: int, start: int, end: int) -> int:
    spans[count, ROW] = row
    spans[count, KIND] = kind
    spans[count, START] = start
    spans[count, END] = end
    return count + 1


@kernel
def _most_spans(data: NDArray[np.uint8], texts: NDArray[np.int64], n_lines: int) -> int:
    """An upper bound of the number of spans: two for each line, one for each bracket, one for each end of a text."""
    brackets = 0
    for at in range(texts[0], texts[-1]):
        brackets += data[at] == 0x5B
    return 2 * n_lines + brackets + len(texts)
