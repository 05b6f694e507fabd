"""Lines of a batch, found once and shared: cut at "\\n" as written, or where `str.splitlines` cuts and stripped."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from gristmill.core.batch import Batch
from gristmill.core.characters import END_MARK, LINE_BREAK, SPACE, classes, decode
from gristmill.core.jit import kernel
from gristmill.core.words import HASH_BASE

BLANK = 1  # in `kinds`: whitespace alone, or nothing
ENDS_SENTENCE = 2  # in `kinds`: the last character is one of the 159 end marks

_NEWLINE = 0x0A
_CARRIAGE_RETURN = 0x0D
_ONE = np.uint64(1)

Table = TypeVar("Table", "Lines", "StrippedLines")


@dataclass(frozen=True)
class Lines:
    """Lines between newlines, empty ones included; those of document i are [offsets[i]:offsets[i + 1]].

    Attributes:
        offsets: int64[documents + 1].
        starts: where each line starts in the batch's text bytes, int64[lines].
        sizes: its length in bytes without the newline, int64[lines].
        chars: its length in code points, int64[lines].
        hashes: polynomial hash of its bytes, uint64[lines].
        kinds: BLANK and ENDS_SENTENCE, uint8[lines].
    """

    offsets: NDArray[np.int64]
    starts: NDArray[np.int64]
    sizes: NDArray[np.int64]
    chars: NDArray[np.int64]
    hashes: NDArray[np.uint64]
    kinds: NDArray[np.uint8]


@dataclass(frozen=True)
class StrippedLines:
    """Lines as `str.splitlines` finds them, without the whitespace around them; empty ones have size 0.

    Attributes:
        offsets: int64[documents + 1].
        starts: int64[lines].
        sizes: bytes, int64[lines].
    """

    offsets: NDArray[np.int64]
    starts: NDArray[np.int64]
    sizes: NDArray[np.int64]


def lines(batch: Batch) -> Lines:
    """The lines of a batch's texts between newlines."""
    return batch.shared("lines", lambda: _lines(batch))


def stripped_lines(batch: Batch) -> StrippedLines:
    """The lines of a batch's texts at all kinds of line ends, stripped."""
    return batch.shared("stripped_lines", lambda: _stripped_lines(batch))


def _lines(batch: Batch) -> Lines:
    return measured_lines(batch.text.data, *line_spans(batch.text.data, batch.text.offsets))


def _stripped_lines(batch: Batch) -> StrippedLines:
    return frozen(StrippedLines(*stripped_spans(batch.text.data, batch.text.offsets, classes())))


def measured_lines(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], starts: NDArray[np.int64], sizes: NDArray[np.int64]
) -> Lines:
    """Measure lines or longer pieces of text, given as in `Lines`."""
    starts.flags.writeable = sizes.flags.writeable = False
    return frozen(Lines(offsets, starts, sizes, *measure_lines(data, starts, sizes, classes())))


def frozen(table: Table) -> Table:
    """The same table, its arrays read-only."""
    for array in vars(table).values():
        array.flags.writeable = False
    return table


@kernel
def line_spans(
    data: NDArray[np.uint8], offsets: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Where the lines of `text.split("\\n")` are: `Lines.offsets`, `starts` and `sizes`."""
    rows = len(offsets) - 1
    total = rows
    for at in range(offsets[0], offsets[rows]):
        total += data[at] == _NEWLINE
    line_offsets = np.zeros(rows + 1, np.int64)
    starts = np.empty(total, np.int64)
    sizes = np.empty(total, np.int64)
    count = 0
    for row in range(rows):
        start = offsets[row]
        for at in range(offsets[row], offsets[row + 1]):
            if data[at] == _NEWLINE:
                starts[count] = start
                sizes[count] = at - start
                count += 1
                start = at + 1
        starts[count] = start
        sizes[count] = offsets[row + 1] - start
        count += 1
        line_offsets[row + 1] = count
    return line_offsets, starts, sizes


@kernel
def measure_lines(
    data: NDArray[np.uint8], starts: NDArray[np.int64], sizes: NDArray[np.int64], classes: NDArray[np.uint16]
) -> tuple[NDArray[np.int64], NDArray[np.uint64], NDArray[np.uint8]]:
    """Length in code points, hash and kind of each line: `Lines.chars`, `hashes` and `kinds`."""
    chars = np.zeros(len(starts), np.int64)
    hashes = np.zeros(len(starts), np.uint64)
    kinds = np.zeros(len(starts), np.uint8)
    for line in range(len(starts)):
        start = starts[line]
        end = start + sizes[line]
        length = 0
        last = start  # of the last character
        value = np.uint64(0)
        for at in range(start, end):
            byte = data[at]
            value = value * HASH_BASE + np.uint64(byte) + _ONE
            if byte & 0xC0 != 0x80:
                length += 1
                last = at
        chars[line] = length
        hashes[line] = value
        at = start
        while at < end:
            code, size = decode(data, at)
            if not classes[code] & SPACE:
                break
            at += size
        kinds[line] = BLANK if at >= end else ENDS_SENTENCE if classes[decode(data, last)[0]] & END_MARK else 0
    return chars, hashes, kinds


@kernel
def stripped_spans(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], classes: NDArray[np.uint16]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Where the lines of `text.splitlines()` are once stripped: `StrippedLines.offsets`, `starts` and `sizes`."""
    rows = len(offsets) - 1
    line_offsets = np.zeros(rows + 1, np.int64)
    starts = np.empty(64 + (offsets[rows] - offsets[0]) // 32, np.int64)
    sizes = np.empty(len(starts), np.int64)
    count = 0
    for row in range(rows):
        at = offsets[row]
        end = offsets[row + 1]
        while at < end:
            first = -1  # byte after the leading whitespace
            last = at  # byte behind the last character that is no whitespace
            broken = False
            while at < end and not broken:
                code = int(data[at])
                if 0x20 < code < 0x7F:
                    if first < 0:
                        first = at
                    at += 1
                    last = at
                    continue
                code, size = decode(data, at)
                kind = classes[code]
                at += size
                if kind & LINE_BREAK:
                    broken = True
                    if code == _CARRIAGE_RETURN and at < end and data[at] == _NEWLINE:
                        at += 1
                elif not kind & SPACE:
                    if first < 0:
                        first = at - size
                    last = at
            if count == len(starts):
                starts = np.concatenate((starts, np.empty_like(starts)))
                sizes = np.concatenate((sizes, np.empty_like(sizes)))
            starts[count] = max(first, 0)
            sizes[count] = last - first if first >= 0 else 0
            count += 1
        line_offsets[row + 1] = count
    return line_offsets, starts[:count].copy(), sizes[:count].copy()
