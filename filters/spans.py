"""Spans of a text that are to be replaced: which of two that overlap stays, and the edited texts."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gristmill.core.batch import TextBuffers
from gristmill.core.jit import kernel

ROW, KIND, START, END = 0, 1, 2, 3
"""Columns of an array of spans, int64[spans, 4]; start and end are bytes of the buffer that holds all texts."""


def without_overlaps(spans: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of spans that overlap the one of the smallest kind stays, then the longest, then the first; in order of start."""
    kept: list[tuple[int, int, int, int]] = []
    rivals: list[tuple[int, int, int, int]] = []
    ordered = sorted((int(row), int(start), int(end), int(kind)) for row, kind, start, end in spans)
    reach = -1
    for span in ordered:  # groups of spans that touch one another, each settled by itself
        if rivals and (span[0] != rivals[-1][0] or span[1] >= reach):
            kept += _settled(rivals)
            rivals, reach = [], -1
        rivals.append(span)
        reach = max(reach, span[2])
    kept += _settled(rivals)
    return np.array([(row, kind, start, end) for row, start, end, kind in kept], np.int64).reshape(-1, 4)


def _settled(rivals: list[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
    """The spans of one group that stay."""
    if len(rivals) < 2:
        return rivals
    kept: list[tuple[int, int, int, int]] = []
    for span in sorted(rivals, key=lambda span: (span[3], span[1] - span[2], span[1])):
        if all(span[2] <= other[1] or span[1] >= other[2] for other in kept):
            kept.append(span)
    return sorted(kept)


def spans_type(label: str) -> pa.ListType:
    """The type of a document's spans as a signal: what each was found as under `label`, its place in bytes and code points.

    Places are those of the text as it came in, ends exclusive.
    """
    sides = (pa.field(f"{side}_{unit}", pa.int64()) for unit in ("byte", "char") for side in ("start", "end"))
    return pa.list_(pa.struct([pa.field(label, pa.string()), *sides]))


def span_lists(texts: TextBuffers, spans: NDArray[np.int64], names: Sequence[str], label: str) -> pa.Array:
    """Spans (in order) by document, as `spans_type(label)` says; `names` are those of the kinds."""
    kind = spans_type(label)
    offsets = np.zeros(len(texts) + 1, np.int32)
    np.cumsum(np.bincount(spans[:, ROW], minlength=len(texts)), out=offsets[1:])
    base = texts.offsets[spans[:, ROW]]
    characters = code_points(texts.data, texts.offsets, spans)
    found = pa.array(names, pa.string()).take(pa.array(spans[:, KIND]))
    columns = [found, spans[:, START] - base, spans[:, END] - base, characters[:, 0], characters[:, 1]]
    structs = pa.StructArray.from_arrays([pa.array(column) for column in columns], fields=list(kind.value_type))
    return pa.ListArray.from_arrays(pa.array(offsets), structs, type=kind)


def edited(texts: TextBuffers, spans: NDArray[np.int64], replacements: Sequence[bytes]) -> pa.Array:
    """The texts with each span replaced by its kind's replacement: large_string[texts]."""
    pieces = np.frombuffer(b"".join(replacements) + b" ", np.uint8)
    ends = np.cumsum([0, *map(len, replacements)], dtype=np.int64)
    data, offsets = _edit(texts.data, texts.offsets, spans, pieces, ends)
    return pa.LargeStringArray.from_buffers(len(texts), pa.py_buffer(offsets), pa.py_buffer(data))


@kernel
def _copy(source: NDArray[np.uint8], start: int, end: int, target: NDArray[np.uint8], at: int) -> int:
    target[at : at + end - start] = source[start:end]
    return at + end - start


@kernel
def _edit(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    spans: NDArray[np.int64],
    pieces: NDArray[np.uint8],
    ends: NDArray[np.int64],
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Bytes and offsets of all texts once spans (in order) are replaced by pieces[ends[kind]:ends[kind + 1]]."""
    size = offsets[-1] - offsets[0]
    for span in range(len(spans)):
        kind = spans[span, KIND]
        size += ends[kind + 1] - ends[kind] - spans[span, END] + spans[span, START]
    out = np.empty(size, np.uint8)
    starts = np.zeros(len(offsets), np.int64)
    at = span = 0
    for row in range(len(offsets) - 1):
        position = offsets[row]
        while span < len(spans) and spans[span, ROW] == row:
            kind = spans[span, KIND]
            at = _copy(data, position, spans[span, START], out, at)
            at = _copy(pieces, ends[kind], ends[kind + 1], out, at)
            position = spans[span, END]
            span += 1
        at = _copy(data, position, offsets[row + 1], out, at)
        starts[row + 1] = at
    return out, starts


@kernel
def code_points(data: NDArray[np.uint8], offsets: NDArray[np.int64], spans: NDArray[np.int64]) -> NDArray[np.int64]:
    """Start and end of each span (in order) in code points of its text: int64[spans, 2]."""
    places = np.zeros((len(spans), 2), np.int64)
    row = position = count = 0
    for span in range(len(spans)):
        if span == 0 or spans[span, ROW] != row:
            row = spans[span, ROW]
            position = offsets[row]
            count = 0
        for side in range(2):
            while position < spans[span, START + side]:
                count += data[position] & 0xC0 != 0x80
                position += 1
            places[span, side] = count
    return places
