"""What of a text a language model is given: a sample of the whole, or a few of its lines, each as one line of its own."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gristmill.core.batch import TextBuffers
from gristmill.core.jit import kernel

_CONTINUATION = 0x80  # UTF-8: every byte but a character's first is 0b10xxxxxx
_SPACE = 0x20
_NEWLINE = 0x0A
_LABEL = np.frombuffer(b"__label__", np.uint8)


def sample_texts(texts: TextBuffers, characters: int) -> pa.Array:
    """A sample of each text with white space and controls made spaces, in one line: large_string[texts].

    Texts of at most `characters` code points come whole; of longer ones three pieces, joined by a space.
    """
    data, offsets = _samples(texts.data, texts.offsets, characters)
    return _strings(data, offsets)


def sample_lines(texts: TextBuffers, lines: int, least: int, most: int) -> tuple[pa.Array, NDArray[np.int64]]:
    """Some lines of each text, spread evenly over those of at least `least` bytes; texts with one such line give none.

    A line of more than `most` code points counts as several.

    Returns:
        The lines as samples, large_string[lines], and of each text where its own begin, int64[texts + 1].
    """
    data, offsets, bounds = _some_lines(texts.data, texts.offsets, lines, least, most)
    return _strings(data, offsets), bounds


def _strings(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> pa.Array:
    return pa.LargeStringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(data))


@kernel
def _forward(data: NDArray[np.uint8], position: int, end: int, characters: int) -> int:
    """The position `characters` code points after one, at most `end`."""
    while position < end and characters > 0:
        position += 1
        while position < end and data[position] & 0xC0 == _CONTINUATION:
            position += 1
        characters -= 1
    return position


@kernel
def _backward(data: NDArray[np.uint8], position: int, start: int, characters: int) -> int:
    """The position `characters` code points before one, at least `start`."""
    while position > start and characters > 0:
        position -= 1
        while position > start and data[position] & 0xC0 == _CONTINUATION:
            position -= 1
        characters -= 1
    return position


@kernel
def _copy_line(data: NDArray[np.uint8], start: int, end: int, out: NDArray[np.uint8], at: int) -> int:
    """Copy bytes to out[at:], ASCII controls made spaces and fastText's label mark broken; where the copy ends."""
    for position in range(start, end):
        byte = data[position]
        if byte < _SPACE or byte == 0x7F:
            byte = np.uint8(_SPACE)
        elif byte == _LABEL[0] and position + len(_LABEL) <= end:
            mark = True
            for i in range(len(_LABEL)):
                mark = mark and data[position + i] == _LABEL[i]
            if mark:
                byte = np.uint8(_SPACE)
        out[at] = byte
        at += 1
    return at


@kernel
def _samples(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], characters: int
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Samples of all texts: their bytes, uint8[bytes], and offsets, int64[texts + 1]."""
    rows = len(offsets) - 1
    bounds = np.zeros((rows, 6), np.int64)  # start and end of head, middle, tail
    size = 0
    for row in range(rows):
        start, end = offsets[row], offsets[row + 1]
        head = _forward(data, start, end, characters)
        bounds[row, 0], bounds[row, 1] = start, head
        if head < end:
            quarter = characters // 4
            head = _forward(data, start, end, characters - 2 * quarter)
            centre = (start + end) // 2
            while centre > head and data[centre] & 0xC0 == _CONTINUATION:
                centre -= 1
            middle = max(head, _backward(data, centre, start, quarter // 2))
            middle_end = _forward(data, middle, end, quarter)
            tail = max(middle_end, _backward(data, end, start, quarter))
            bounds[row] = np.array([start, head, middle, middle_end, tail, end])
        for piece in range(0, 6, 2):
            size += bounds[row, piece + 1] - bounds[row, piece] + 1
    out = np.empty(size, np.uint8)
    starts = np.zeros(rows + 1, np.int64)
    at = 0
    for row in range(rows):
        for piece in range(0, 6, 2):
            if bounds[row, piece] < bounds[row, piece + 1]:
                if piece:
                    out[at] = _SPACE
                    at += 1
                at = _copy_line(data, bounds[row, piece], bounds[row, piece + 1], out, at)
        starts[row + 1] = at
    return out[:at], starts


@kernel
def _some_lines(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], lines: int, least: int, most: int
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    """Bytes of the chosen lines, uint8[bytes], their offsets, int64[lines + 1], and those of the texts, int64[texts + 1]."""
    rows = len(offsets) - 1
    bounds = np.zeros(rows + 1, np.int64)
    starts = np.zeros(rows * lines, np.int64)
    ends = np.zeros(rows * lines, np.int64)
    size = count = 0
    for row in range(rows):
        total = _count_lines(data, offsets[row], offsets[row + 1], least, most)
        taken = min(lines, total) if total > 1 else 0
        seen = chosen = 0
        position = offsets[row]
        while chosen < taken:
            start = position
            position = _line_end(data, start, offsets[row + 1], most)
            if position - start >= least:
                if seen == chosen * total // taken:
                    starts[count], ends[count] = start, position
                    size += position - start
                    chosen += 1
                    count += 1
                seen += 1
            if position < offsets[row + 1] and data[position] == _NEWLINE:
                position += 1
        bounds[row + 1] = count
    out = np.empty(size, np.uint8)
    places = np.zeros(count + 1, np.int64)
    at = 0
    for line in range(count):
        at = _copy_line(data, starts[line], ends[line], out, at)
        places[line + 1] = at
    return out, places, bounds


@kernel
def _line_end(data: NDArray[np.uint8], start: int, end: int, most: int) -> int:
    """Where the line that starts at a position ends, or its first `most` code points."""
    limit = _forward(data, start, end, most)
    for position in range(start, limit):
        if data[position] == _NEWLINE:
            return position
    return limit


@kernel
def _count_lines(data: NDArray[np.uint8], start: int, end: int, least: int, most: int) -> int:
    count = 0
    while start < end:
        stop = _line_end(data, start, end, most)
        count += stop - start >= least
        start = stop + 1 if stop < end and data[stop] == _NEWLINE else stop
    return count
