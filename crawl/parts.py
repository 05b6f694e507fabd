"""Kernels that find the parts of a record whose WARC and HTTP headers are as nearly all are; heads.py and payload.py read
all others, and what these say of the usual ones must be the same.
"""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel
from gristmill.crawl.heads import RECORD_TYPES

BLANK = np.frombuffer(b"\r\n\r\n", np.uint8)
"""What ends a header, and a record."""

_NAMES = np.frombuffer("".join(name.ljust(16) for name in RECORD_TYPES).encode(), np.uint8).reshape(-1, 16)
_NAME_LENGTHS = np.array([len(name) for name in RECORD_TYPES])
_VERSION, _TYPE, _LENGTH, _HTTP, _TRANSFER, _CONTENT, _GZIP = (
    np.frombuffer(text, np.uint8)
    for text in (
        b"WARC/1.",
        b"WARC-Type: ",
        b"Content-Length: ",
        b"HTTP/1.",
        b"transfer-encoding",
        b"content-encoding",
        b"\x1f\x8b\x08",
    )
)
_NEWLINE, _RETURN, _SPACE, _TAB, _ZERO = 10, 13, 32, 9, 0x30
_MINOR, _BLANKS, _AFTER_STATUS = (0x30, 0x31), (_SPACE, _TAB), (_SPACE, _RETURN)
_ASCII_END = 0x80
_LOWER = np.uint8(0x20)  # or'ed to an ASCII letter makes it small
_LEAST_STATUS = 100
_MOST_DIGITS = 18


@kernel
def has(data: NDArray[np.uint8], at: int, wanted: NDArray[np.uint8]) -> bool:
    """Whether some bytes stand at a place."""
    index = 0
    while index < len(wanted) and data[at + index] == wanted[index]:
        index += 1
    return index == len(wanted)


@kernel
def _has_lower(data: NDArray[np.uint8], at: int, end: int, wanted: NDArray[np.uint8]) -> bool:
    """Whether some lower-case letters stand at a place before `end`, in any case."""
    index = 0
    while index < len(wanted) and at + index < end and data[at + index] | _LOWER == wanted[index]:
        index += 1
    return index == len(wanted)


@kernel
def _kind_of(data: NDArray[np.uint8], start: int, end: int) -> int:
    """Number of a record's type by its name; -1 if it is none of RECORD_TYPES."""
    for kind in range(len(_NAMES)):
        length = _NAME_LENGTHS[kind]
        if end - start == length and has(data, start, _NAMES[kind, :length]):
            return kind
    return -1


@kernel
def _number_of(data: NDArray[np.uint8], start: int, end: int) -> int:
    """The number that digits make; -1 if there is anything else, or too much of them for 64 bits."""
    if not 0 < end - start <= _MOST_DIGITS:
        return -1
    number = 0
    for position in range(start, end):
        digit = data[position] - np.int64(_ZERO)
        if not 0 <= digit <= 9:
            return -1
        number = 10 * number + digit
    return number


@kernel
def read_head(data: NDArray[np.uint8], start: int, end: int) -> tuple[int, int, int, bool]:
    """Number of the record's type, where its block begins, the block's length, and whether the header is ASCII.

    The number is -1 if the header is not as usual: another version, a folded line, a line that ends otherwise, no end.
    """
    unusual = (-1, 0, 0, False)
    line = start + len(_VERSION)
    if line + 2 > end or not has(data, start, _VERSION) or data[line] not in _MINOR or data[line + 1] != _RETURN:
        return unusual
    kind = length = -1
    bits = 0
    while True:
        stop = line
        while stop < end and data[stop] != _NEWLINE:
            bits |= data[stop]
            stop += 1
        if stop in (line, end) or data[stop - 1] != _RETURN or data[line] in _BLANKS:
            return unusual
        if stop == line + 1:
            break
        if stop - line > len(_VERSION) + 1 and has(data, stop - 2 - len(_VERSION), _VERSION):
            return unusual  # another record's first line, behind what damage left of this one
        if kind < 0 and stop - line > len(_TYPE) and has(data, line, _TYPE):
            kind = _kind_of(data, line + len(_TYPE), stop - 1)
            if kind < 0:
                return unusual
        elif length < 0 and stop - line > len(_LENGTH) and has(data, line, _LENGTH):
            length = _number_of(data, line + len(_LENGTH), stop - 1)
            if length < 0:
                return unusual
        line = stop + 1
    return (kind, stop + 1, length, bits < _ASCII_END) if length >= 0 else unusual


@kernel
def read_http(data: NDArray[np.uint8], start: int, end: int, limit: int) -> tuple[int, int]:
    """Status and beginning of the body of a response that needs no decoding; (-1, start) for what is not as usual.

    Args:
        data: its block is data[start:end].
        start, end: see `data`.
        limit: where the HTTP header must have ended.
    """
    unusual = (-1, start)
    line = start + len(_HTTP)
    if line + 5 > end or not has(data, start, _HTTP) or data[line] not in _MINOR or data[line + 1] != _SPACE:
        return unusual
    status = _number_of(data, line + 2, line + 5)
    if status < _LEAST_STATUS or data[line + 5] not in _AFTER_STATUS:
        return unusual
    for place in range(line + 5, limit):
        if data[place] == _RETURN:
            if place + 1 == limit or data[place + 1] != _NEWLINE:
                return unusual  # a return within the status line
            break
    while True:
        stop = line
        while stop < limit and data[stop] != _NEWLINE:
            stop += 1
        if stop in (line, limit) or data[stop - 1] != _RETURN:
            return unusual
        if stop == line + 1:
            break
        if (
            data[stop - 2] == _RETURN
            or _has_lower(data, line, stop, _TRANSFER)
            or _has_lower(data, line, stop, _CONTENT)
        ):
            return unusual
        line = stop + 1
    body = stop + 1
    if end - body >= len(_GZIP) and has(data, body, _GZIP):
        return unusual
    return status, body
