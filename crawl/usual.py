"""The usual case, straight: gzip members that hold, each with one whole record and nothing else.

A kernel inflates a chunk's members one behind the other and notes where their parts lie; what it finds strange it leaves
to records.py, which reads everything, but takes four times as long for what is around the inflating.
"""

from collections.abc import Generator, Iterator

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel
from gristmill.crawl.assemble import build
from gristmill.crawl.heads import RECORD_TYPES, Head
from gristmill.crawl.libdeflate import Decompressor, gzip_decompress, is_available
from gristmill.crawl.parts import BLANK, has, read_head, read_http
from gristmill.crawl.record import Limits, Record
from gristmill.crawl.window import Window

_ROWS = 4096  # of a chunk of 512 KiB: members have 60 bytes at least, most have 500
_ARENA_BYTES = 8 << 20  # what the members of a chunk become together
_COLUMNS = 7  # of a row: see `_take_apart`
_HTTP_KINDS = (RECORD_TYPES.index("response"), RECORD_TYPES.index("revisit"))


class UsualReader:
    """Reads the usual members of a file.

    Args:
        window: the file.
        limits: what one record may cost.
    """

    def __init__(self, window: Window, limits: Limits) -> None:
        self._window, self._limits = window, limits
        self._decompressor = Decompressor() if is_available() else None
        self._chunk, self._arena = np.frombuffer(window.buffer, np.uint8), np.empty(_ARENA_BYTES, np.uint8)
        self._rows = np.empty((_ROWS, _COLUMNS), np.int64)
        self._chunk.flags.writeable = self._arena.flags.writeable = False

    def records(self, start: int) -> Generator[Record, None, int]:
        """The records from `start` on, up to the first member that is not as usual; returns where that one begins."""
        while start < self._window.size:
            rows = self._next_rows(start)
            yield from self._of_rows(start, rows)
            if not rows:
                return start
            start += rows[-1][0]
        return start

    def _next_rows(self, start: int) -> list[list[int]]:
        """See `_take_apart`, of the chunk that begins at `start`."""
        if self._decompressor is None:
            return []
        filled = self._window.load(start)
        limits = self._limits
        count = _take_apart(
            self._decompressor.handle,
            self._chunk,
            filled,
            self._arena,
            self._rows,
            limits.header_bytes,
            limits.block_bytes,
            limits.http_header_bytes,
        )
        rows: list[list[int]] = self._rows[:count].tolist()
        return rows

    def _of_rows(self, start: int, rows: list[list[int]]) -> Iterator[Record]:
        view, limits = self._arena.data, self._limits
        offset = first = 0
        for stored, end, kind, block, block_end, status, body in rows:
            head = Head(block - first, block_end - block, RECORD_TYPES[kind], bytes(view[first:block]))
            place, length = start + offset, stored - offset
            if status < 0 or limits.check_digests:
                data, size = bytes(view[block:block_end]), head.block
                yield build(head, data, 0, size, offset=place, length=length, within=0, limits=limits)
            else:
                text = str(view[block : body - len(BLANK)], "latin-1") if body > block else ""
                yield Record(place, length, head, status, text, bytes(view[body:block_end]))
            offset, first = stored, end


@kernel
def _take_apart(
    decompressor: int,
    chunk: NDArray[np.uint8],
    filled: int,
    arena: NDArray[np.uint8],
    rows: NDArray[np.int64],
    header_bytes: int,
    block_bytes: int,
    http_header_bytes: int,
) -> int:
    """Inflate members and find the parts of their records, up to the first that is not as usual.

    Args:
        decompressor: see `Decompressor.handle`.
        chunk: gzip members in its first `filled` bytes, uint8[…].
        filled: how many bytes of the chunk to read.
        arena: where they are inflated to, one behind the other, uint8[…]. (An array that Python may not write to.)
        rows: what is found, int64[members, 7]: where the member ends in the chunk, where it ends in the arena; number of
            the record's type; where its block begins, and ends; HTTP status, 0 where there is none, -1 where the block is
            to be looked at more closely; where the body begins.
        header_bytes: longest WARC header.
        block_bytes: longest block.
        http_header_bytes: longest HTTP header.

    Returns:
        How many rows were written.
    """
    counts = np.zeros(2, np.int64)
    position = first = 0
    for row in range(len(rows)):
        failed = gzip_decompress(
            decompressor,
            chunk.ctypes.data + position,
            filled - position,
            arena.ctypes.data + first,
            len(arena) - first,
            counts.ctypes.data,
            counts.ctypes.data + counts.itemsize,
        )
        if failed:
            return row
        end = first + counts[1]
        kind, block, length, ascii = read_head(arena, first, min(end, first + header_bytes))
        block_end = end - len(BLANK)
        if kind < 0 or length > block_bytes or block + length != block_end or not has(arena, block_end, BLANK):
            return row
        status, body = 0, block
        if kind in _HTTP_KINDS:
            status, body = read_http(arena, block, block_end, min(block_end, block + http_header_bytes))
        if not ascii:
            status = -1
        position += counts[0]
        rows[row] = (position, end, kind, block, block_end, status, body)
        first = end
    return len(rows)
