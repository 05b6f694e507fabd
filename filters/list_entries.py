"""Kernels over the text of a list: its entries as hashes, and what kind of line each is."""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel
from gristmill.filters.hash_table import backward_hash
from gristmill.filters.url_scan import host_range, url_hash

MAX_HOST_BYTES = 253
PLAIN, CATEGORY, FOREIGN, BAD = 0, 1, 2, 3
NEWLINE, _HASH, _DOT, _STAR, _BRACKET, _SLASH = 0x0A, 0x23, 0x2E, 0x2A, 0x5B, 0x2F


@kernel
def list_entries(data: NDArray[np.uint8], urls: bool) -> tuple[NDArray[np.uint64], NDArray[np.int8]]:
    """The entries of a list: their hashes, and what kind of line each is; [entries]."""
    capacity = 1
    for byte in data:
        capacity += byte == NEWLINE
    hashes, kinds = np.zeros(capacity, np.uint64), np.zeros(capacity, np.int8)
    count = following = 0
    while following < len(data):
        start, end, following = _next_line(data, following, urls)
        if start < end:
            kinds[count] = _url_kind(data, start, end) if urls else _host_kind(data, start, end)
            hashes[count] = url_hash(data, start, end) if urls else backward_hash(data, start, end)
            count += 1
    return hashes[:count], kinds[:count]


@kernel
def entry_starts(data: NDArray[np.uint8], urls: bool, wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where some entries of a list start, by their numbers in rising order; [wanted]."""
    starts = np.zeros(len(wanted), np.int64)
    count = found = following = 0
    while found < len(wanted):
        start, end, following = _next_line(data, following, urls)
        if start < end:
            if count == wanted[found]:
                starts[found] = start
                found += 1
            count += 1
    return starts


@kernel
def _next_line(data: NDArray[np.uint8], position: int, urls: bool) -> tuple[int, int, int]:
    """The line from a position on, without its comment and what stands around the entry; and where the next begins."""
    start = position
    while position < len(data) and data[position] != NEWLINE:
        position += 1
    end = start
    while end < position and data[end] != _HASH:
        end += 1
    while end > start and (data[end - 1] <= 0x20 or (data[end - 1] == _DOT and not urls)):
        end -= 1
    while start < end and (data[start] <= 0x20 or (not urls and (data[start] == _STAR or data[start] == _DOT))):
        start += 1
    return start, end, position + 1


@kernel
def _host_kind(data: NDArray[np.uint8], start: int, end: int) -> int:
    if data[start] == _BRACKET:
        return CATEGORY
    kind = PLAIN if end - start <= MAX_HOST_BYTES else BAD
    for place in range(start, end):
        byte = data[place]
        letter = 0x61 <= byte | 0x20 <= 0x7A
        if byte >= 0x80:
            kind = max(kind, FOREIGN)
        elif not (letter or 0x30 <= byte <= 0x3A or byte in (0x2D, _DOT, 0x5F)):  # 0-9 : - . _
            kind = BAD
    return kind


@kernel
def _url_kind(data: NDArray[np.uint8], start: int, end: int) -> int:
    host = host_range(data, start, end)
    rooted = data[start] == _SLASH and not (end - start > 1 and data[start + 1] == _SLASH)  # a path without a host
    kind = PLAIN if host[0] < host[1] and not rooted else BAD
    for place in range(start, end):
        if data[place] <= 0x20 or data[place] == 0x7F:
            kind = BAD
    return kind
