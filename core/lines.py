"""Lines of a batch, found once and shared: cut at "\\n" as written, or where `str.splitlines` cuts and stripped."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from gristmill.core.batch import Batch
from gristmill.core.characters import END_MARK, LINE_BREAK, SPACE, classes, decode
from gristmill.core.jit import kernel
from gristmill.core.polynomial import polynomial_hash
from gristmill.core.ratios import sums
from gristmill.core.words import words

BLANK = 1  # in `kinds`: whitespace alone, or nothing
ENDS_SENTENCE = 2  # in `kinds`: the last character is one of the 159 end marks

_NEWLINE = 0x0A
_CARRIAGE_RETURN = 0x0D
_SPACE_BAR = 0x20


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
        words: pieces between whitespaces, int64[lines].
        longest: the longest of them in code points, int64[lines].
    """

    offsets: NDArray[np.int64]
    starts: NDArray[np.int64]
    sizes: NDArray[np.int64]
    words: NDArray[np.int64]
    longest: NDArray[np.int64]


def lines(batch: Batch) -> Lines:
    """The lines of a batch's texts between newlines."""
    return batch.shared("lines", lambda: _lines(batch))


def code_points(table: Lines) -> NDArray[np.int64]:
    """Length of each text in code points, newlines included, int64[documents]."""
    return sums(table.offsets, table.chars) + np.diff(table.offsets) - 1


def stripped_lines(batch: Batch) -> StrippedLines:
    """The lines of a batch's texts at all kinds of line ends, stripped."""
    return batch.shared("stripped_lines", lambda: _stripped_lines(batch))


def _lines(batch: Batch) -> Lines:
    return measured_lines(batch.text.data, *line_spans(batch.text.data, batch.text.offsets))


def _stripped_lines(batch: Batch) -> StrippedLines:
    table, text = words(batch, "spaces"), batch.text
    spans = stripped_spans(text.data, text.offsets, table.offsets, table.starts, table.sizes, table.chars, classes())
    return frozen(StrippedLines(*spans))


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


def line_spans(
    data: NDArray[np.uint8], offsets: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Where the lines of `text.split("\\n")` are: `Lines.offsets`, `starts` and `sizes`."""
    newlines = np.flatnonzero(data[offsets[0] : offsets[-1]] == _NEWLINE)
    newlines += offsets[0]
    newlines.flags.writeable = False
    return spans_between(newlines, offsets)


@kernel
def spans_between(
    newlines: NDArray[np.int64], offsets: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The lines of each text, given where all newlines are: `Lines.offsets`, `starts` and `sizes`."""
    rows = len(offsets) - 1
    line_offsets = np.zeros(rows + 1, np.int64)
    starts = np.empty(len(newlines) + rows, np.int64)
    sizes = np.empty(len(newlines) + rows, np.int64)
    count = 0
    for row in range(rows):
        start = offsets[row]
        while count - row < len(newlines) and newlines[count - row] < offsets[row + 1]:
            starts[count] = start
            sizes[count] = newlines[count - row] - start
            start = newlines[count - row] + 1
            count += 1
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
        for at in range(start, end):
            length += data[at] & 0xC0 != 0x80
        chars[line] = length
        hashes[line] = polynomial_hash(data, start, end)
        at = start
        while at < end:
            code, size = decode(data, at)
            if not classes[code] & SPACE:
                break
            at += size
        if at >= end:
            kinds[line] = BLANK
        else:
            last = end - 1
            while data[last] & 0xC0 == 0x80:
                last -= 1
            kinds[line] = ENDS_SENTENCE if classes[decode(data, last)[0]] & END_MARK else 0
    return chars, hashes, kinds


@kernel
def stripped_spans(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    word_offsets: NDArray[np.int64],
    word_starts: NDArray[np.int64],
    word_sizes: NDArray[np.int32],
    word_chars: NDArray[np.int32],
    classes: NDArray[np.uint16],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The lines of `text.splitlines()`, stripped: the arrays of `StrippedLines`, in its order.

    Found by looking for line ends between the words, which are those between spaces, given by the arrays of `Words`.
    """
    rows = len(offsets) - 1
    most = _most_lines(offsets, word_sizes)
    line_offsets = np.zeros(rows + 1, np.int64)
    starts = np.empty(most, np.int64)
    sizes = np.empty(most, np.int64)
    words = np.empty(most, np.int64)
    longest = np.empty(most, np.int64)
    count = 0
    for row in range(rows):
        at = offsets[row]  # behind the word before
        line_start = at
        first = end = at  # of the line at hand: where its words begin and end, how many there are, and the longest
        pieces = longest_piece = 0
        for word in range(word_offsets[row], word_offsets[row + 1] + 1):
            last = word == word_offsets[row + 1]
            start = offsets[row + 1] if last else word_starts[word]
            if start - at != 1 or data[at] != _SPACE_BAR:  # what stands between most words
                while at < start:
                    code, size = decode(data, at)
                    at += size
                    if classes[code] & LINE_BREAK:
                        at += code == _CARRIAGE_RETURN and at < start and data[at] == _NEWLINE
                        _set_line(starts, sizes, words, longest, count, first, end, pieces, longest_piece)
                        count += 1
                        line_start = at
                        pieces = longest_piece = 0
            if not last:
                if pieces == 0:
                    first = start
                pieces += 1
                longest_piece = max(longest_piece, word_chars[word])
                at = end = start + word_sizes[word]
        if line_start < offsets[row + 1]:  # no line behind the last line end
            _set_line(starts, sizes, words, longest, count, first, end, pieces, longest_piece)
            count += 1
        line_offsets[row + 1] = count
    return line_offsets, starts[:count], sizes[:count], words[:count], longest[:count]


@kernel
def _set_line(
    starts: NDArray[np.int64],
    sizes: NDArray[np.int64],
    words: NDArray[np.int64],
    longest: NDArray[np.int64],
    line: int,
    first: int,
    end: int,
    pieces: int,
    longest_piece: int,
) -> None:
    starts[line] = first if pieces else 0
    sizes[line] = end - first if pieces else 0
    words[line] = pieces
    longest[line] = longest_piece


@kernel
def _most_lines(offsets: NDArray[np.int64], word_sizes: NDArray[np.int32]) -> int:
    """An upper bound of the number of lines: each ends at a byte outside all words, or with its text."""
    outside = offsets[-1] - offsets[0]
    for size in word_sizes:
        outside -= size
    return int(outside + len(offsets))
