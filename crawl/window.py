"""Bounded views of what may be large: a file, and the bytes that come out of a compressed member."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

from gristmill.crawl.heads import HEAD_REACH, find_head

_CHUNK_BYTES = 1 << 19
_SEARCH_BYTES = 1 << 18


class Window:
    """A file seen through one chunk: cheap for readers that go forward, right for those that jump.

    Views are valid until the next call: all chunks share one buffer, because fresh memory would cost more than the
    reading.

    Attributes:
        size: bytes of the file.
        buffer: the chunk; it stays where it is in memory.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        self.size = self._file.seek(0, 2)
        self.buffer = bytearray(_CHUNK_BYTES)
        self._view = memoryview(self.buffer)
        self._start = 0
        self._end = 0

    def __enter__(self) -> "Window":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def view(self, start: int, size: int) -> memoryview:
        """Bytes [start, start + size), fewer only where the file ends. At most one chunk (512 KiB)."""
        if start < self._start or start + size > self._end:
            self.load(start)
        return self._view[start - self._start : min(start + size, self._end) - self._start]

    def load(self, start: int) -> int:
        """Fill `buffer` with the bytes from `start` on, and say how many there are: a chunk, or up to the file's end."""
        self._file.seek(start)
        filled = 0
        while filled < _CHUNK_BYTES and start + filled < self.size:  # a raw read may be short
            read = self._file.readinto(self._view[filled:])
            if not read:
                break
            filled += read
        self._start, self._end = start, start + filled
        return filled

    def chunks(self, start: int, end: int, size: int = _SEARCH_BYTES) -> Iterator[bytes]:
        """Bytes [start, end) in pieces of at most `size`, copied."""
        while start < end:
            piece = bytes(self.view(start, min(size, end - start)))
            if not piece:
                return
            yield piece
            start += len(piece)


class Stream:
    """Bytes that come forward, a few of them kept; going back opens the source again.

    Args:
        open_at: gives the bytes from a position on, in pieces.
        seekable: whether `open_at` is cheap anywhere; if not, bytes are read and dropped to go forward.
    """

    def __init__(self, open_at: Callable[[int], Iterator[bytes]], seekable: bool) -> None:
        self._open_at = open_at
        self._seekable = seekable
        self._base = 0
        self._buffer = bytearray()
        self._source = open_at(0)
        self._ended = False

    def at(self, position: int, size: int) -> tuple[bytearray, int, bool]:
        """Make bytes [position, position + size) available, as far as the stream has them.

        Returns:
            The buffer, where `position` lies in it, and whether the stream ends within the buffer. What lies before
            `position` may be dropped.
        """
        if position < self._base or (self._seekable and position > self._base + len(self._buffer)):
            self._reopen(position)
        while not self._ended and self._base + len(self._buffer) < position + size:
            piece = next(self._source, None)
            if piece is None:
                self._ended = True
                break
            self._drop(position)
            self._buffer += piece
        return self._buffer, position - self._base, self._ended

    def reaches(self, position: int) -> bool:
        """Whether the stream has at least `position` bytes."""
        if position == 0:
            return True
        buffer, start, _ = self.at(position - 1, 1)
        return start < len(buffer)

    def read(self, position: int, size: int) -> bytes:
        """Bytes [position, position + size), fewer only where the stream ends."""
        buffer, start, _ = self.at(position, size)
        return bytes(memoryview(buffer)[start : start + size])

    def find_head(self, position: int, arc: bool) -> int:
        """Where the next record seems to begin, from `position` on, or -1."""
        while True:
            buffer, start, ended = self.at(position, _SEARCH_BYTES)
            if start >= len(buffer):
                return -1
            found = find_head(buffer, start, arc, ended)
            if found >= 0:
                return self._base + found
            if ended:
                return -1
            position = max(position + 1, self._base + len(buffer) - HEAD_REACH)

    def _drop(self, position: int) -> None:
        gone = min(position - self._base, len(self._buffer))
        if gone > 0:
            del self._buffer[:gone]
            self._base += gone

    def _reopen(self, position: int) -> None:
        self._buffer = bytearray()
        self._ended = False
        if self._seekable:
            self._base = position
            self._source = self._open_at(position)
        else:
            self._base = 0
            self._source = self._open_at(0)


def stream_of(data: bytes) -> Stream:
    """A stream of bytes that are at hand."""
    return Stream(lambda start: iter([data[start:]] if start < len(data) else []), seekable=True)
