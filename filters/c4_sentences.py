"""Spans of sentences that a document holds more than once: C4 kept all but one of any three-sentence span.

Raffel et al. 2020 (arXiv:1910.10683), section 2.2, over the whole data set; here within a document. Sentences end as the rule
`c4.min_sentences` counts them (filters/c4_search.py), and with their line; they are compared byte by byte. From left to
right, a span that occurred before, without overlapping that first time, is left out, and the search goes on behind it.
"""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.characters import END_MARK, SPACE, decode
from gristmill.core.jit import kernel
from gristmill.core.polynomial import polynomial_hash
from gristmill.core.repeats import first_places
from gristmill.filters.c4_search import behind_closing

_BASE = np.uint64(0x9E3779B97F4A7C15)  # of the hash of a span, made of those of its sentences


def repeated_sentences(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    starts: NDArray[np.int64],
    sizes: NDArray[np.int64],
    kept: NDArray[np.bool_],
    classes: NDArray[np.uint16],
    span: int,
) -> NDArray[np.int64]:
    """Sentences of lines that stay, and whether each is of a span that occurred before: line, start, end, 0 or 1.

    Args:
        data: bytes of the texts.
        offsets: lines of document i are [offsets[i]:offsets[i + 1]], int64[documents + 1].
        starts: where each line starts, int64[lines].
        sizes: its length, int64[lines].
        kept: whether it stays, bool[lines].
        classes: of core/characters.py.
        span: sentences of a span.

    Returns:
        int64[sentences, 4], in order, ends exclusive.
    """
    table = cut_sentences(data, starts, sizes, kept, classes)
    table.flags.writeable = False
    bounds = np.searchsorted(table[:, 0], offsets)
    hashes, windows = hash_spans(data, table, bounds, span)
    hashes.flags.writeable = windows.flags.writeable = False
    firsts = first_places(windows, hashes)
    marked: NDArray[np.int64] = np.column_stack((table, mark_repeats(firsts, windows, bounds, span)))
    return marked


@kernel
def cut_sentences(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    sizes: NDArray[np.int64],
    kept: NDArray[np.bool_],
    classes: NDArray[np.uint16],
) -> NDArray[np.int64]:
    """The sentences of the lines that stay: line, start and end (exclusive); int64[sentences, 3]."""
    found = np.empty((_most_sentences(data, starts, sizes), 3), np.int64)
    count = 0
    for line in range(len(starts)):
        if not kept[line]:
            continue
        at = start = starts[line]
        end = at + sizes[line]
        while at < end:
            code, size = decode(data, at)
            at += size
            if not classes[code] & END_MARK:
                continue
            if code < 0x80:
                behind = behind_closing(data, at, end, classes)
            else:
                behind = at if at >= end or not classes[decode(data, at)[0]] & END_MARK else -1
            if behind < 0:
                continue
            found[count, 0], found[count, 1], found[count, 2] = line, start, behind
            count += 1
            at = behind
            while at < end and classes[decode(data, at)[0]] & SPACE:
                at += decode(data, at)[1]
            start = at
        if start < end:
            found[count, 0], found[count, 1], found[count, 2] = line, start, end
            count += 1
    return found[:count]


@kernel
def _most_sentences(data: NDArray[np.uint8], starts: NDArray[np.int64], sizes: NDArray[np.int64]) -> int:
    """An upper bound of the number of sentences: one for each line, and for each byte that may end one."""
    most = len(starts)
    for line in range(len(starts)):
        for byte in data[starts[line] : starts[line] + sizes[line]]:
            most += byte in (0x21, 0x2E, 0x3F) or byte >= 0xC0
    return most


@kernel
def hash_spans(
    data: NDArray[np.uint8], table: NDArray[np.int64], bounds: NDArray[np.int64], span: int
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """The hash of each span of sentences of a document, uint64[spans], and where each document's begin, int64[documents + 1]."""
    own = np.empty(len(table), np.uint64)
    for sentence in range(len(table)):
        own[sentence] = polynomial_hash(data, table[sentence, 1], table[sentence, 2])
    windows = np.zeros(len(bounds), np.int64)
    hashes = np.empty(len(table), np.uint64)
    count = 0
    for row in range(len(bounds) - 1):
        for first in range(bounds[row], bounds[row + 1] - span + 1):
            value = np.uint64(0)
            for sentence in range(first, first + span):
                value = value * _BASE + own[sentence]
            hashes[count] = value
            count += 1
        windows[row + 1] = count
    return hashes[:count], windows


@kernel
def mark_repeats(
    firsts: NDArray[np.int64], windows: NDArray[np.int64], bounds: NDArray[np.int64], span: int
) -> NDArray[np.int64]:
    """1 for each sentence of a span that occurred before without overlapping, else 0; int64[sentences]."""
    marks = np.zeros(bounds[-1], np.int64)
    for row in range(len(bounds) - 1):
        window = windows[row]
        while window < windows[row + 1]:
            if firsts[window] + span > window:
                window += 1
                continue
            first = bounds[row] + window - windows[row]
            marks[first : first + span] = 1
            window += span
    return marks


@kernel
def line_cuts(table: NDArray[np.int64]) -> NDArray[np.int64]:
    """What goes from each line of the marked sentences of `repeated_sentences`: line, start and end; int64[cuts, 3].

    With sentences goes the whitespace behind them, at the end of a line that before them.
    """
    cuts = np.empty((len(table), 3), np.int64)
    count = 0
    sentence = 0
    while sentence < len(table):
        if not table[sentence, 3]:
            sentence += 1
            continue
        line = table[sentence, 0]
        last = sentence
        while last + 1 < len(table) and table[last + 1, 0] == line and table[last + 1, 3]:
            last += 1
        start, end = table[sentence, 1], table[last, 2]
        if last + 1 < len(table) and table[last + 1, 0] == line:
            end = table[last + 1, 1]
        elif sentence and table[sentence - 1, 0] == line:
            start = table[sentence - 1, 2]
        cuts[count, 0], cuts[count, 1], cuts[count, 2] = line, start, end
        count += 1
        sentence = last + 1
    return cuts[:count]
