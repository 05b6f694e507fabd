"""C4's line rules as edits: which spans of a text go, so that what stays is the page as C4 published it.

Lines that stay lose the whitespace around them, their citation marks and spans of sentences that the document has had
before, and are joined by single newlines.
"""

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from gristmill.core.batch import Batch
from gristmill.core.characters import classes
from gristmill.core.jit import kernel
from gristmill.core.lines import StrippedLines, stripped_lines
from gristmill.filters.c4_lines import CAUSES, REMOVED, LineParams, citation_size, judge_lines
from gristmill.filters.c4_sentences import line_cuts, repeated_sentences
from gristmill.filters.spans import END, KIND, ROW, START

NAMES = tuple(f"c4.{name}" for name in (*CAUSES, "span_dedup", "line_citation", "line_strip", "line_join"))
"""What a span goes for, and at last the whitespace between two lines that becomes one newline."""
REPLACEMENTS = (*(b"" for _ in NAMES[:-1]), b"\n")

_REPEATED = 256  # a line all of whose sentences are repeated; smaller flags are those of `judge_lines`
_FLAGS = np.array([*CAUSES.values(), _REPEATED], np.uint16)
_GONE = REMOVED | _REPEATED
_SPAN, _CITATION, _STRIP, _JOIN = range(len(CAUSES), len(NAMES))
_NEWLINE = 0x0A


class Params(LineParams):
    """The line rules, and how often a document may say the same."""

    span_sentences: int = Field(default=3, ge=0)
    """Sentences of a span that a document keeps once only; 0: it may repeat them. C4's paper: 3, once in the whole data set."""


def find_edits(batch: Batch, params: Params) -> NDArray[np.int64]:
    """What goes from each text: row, place in NAMES, first and last byte (exclusive); in order, int64[spans, 4]."""
    table = stripped_lines(batch)
    found = judge_lines(batch.text.data, table, params)[0].astype(np.uint16)
    cuts = _repeated(batch, table, found, params.span_sentences)
    found.flags.writeable = cuts.flags.writeable = False
    return line_edits(batch.text.data, batch.text.offsets, table.offsets, table.starts, table.sizes, found, cuts)


def _repeated(batch: Batch, table: StrippedLines, found: NDArray[np.uint16], span: int) -> NDArray[np.int64]:
    """Parts of lines that repeat sentences: line, start, end; int64[cuts, 3]. Lines that do so whole are marked in `found`."""
    if not span:
        return np.zeros((0, 3), np.int64)
    kept = (found & REMOVED) == 0
    kept.flags.writeable = False
    data = batch.text.data
    sentences = repeated_sentences(data, table.offsets, table.starts, table.sizes, kept, classes(), span)
    sentences.flags.writeable = False
    cuts = line_cuts(sentences)
    whole = cuts[:, 2] - cuts[:, 1] == table.sizes[cuts[:, 0]]
    found[cuts[whole, 0]] |= _REPEATED
    left: NDArray[np.int64] = cuts[~whole]
    return left


@kernel
def line_edits(
    data: NDArray[np.uint8],
    texts: NDArray[np.int64],
    offsets: NDArray[np.int64],
    starts: NDArray[np.int64],
    sizes: NDArray[np.int64],
    found: NDArray[np.uint16],
    cuts: NDArray[np.int64],
) -> NDArray[np.int64]:
    """The spans to take out, given stripped lines, what was found of each, and parts of lines that go; int64[spans, 4].

    A line that goes takes the whitespace before it along, and that behind it if no line before it stays.
    """
    spans = np.empty((_most_spans(data, texts, len(starts)) + len(cuts), 4), np.int64)
    count = cut = 0
    for row in range(len(texts) - 1):
        end = texts[row]  # of the line before
        kept = False
        removed = False
        for line in range(offsets[row], offsets[row + 1]):
            if sizes[line] == 0:
                continue
            start = starts[line]
            if found[line] & _GONE:
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
                    if cut < len(cuts) and cuts[cut, 0] == line and cuts[cut, 1] <= at:
                        count = _add(spans, count, row, _SPAN, at, cuts[cut, 2])
                        at = cuts[cut, 2]
                        cut += 1
                        continue
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
