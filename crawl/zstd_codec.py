"""zstd frames, with or without a dictionary (RFC 8878; the Internet Archive's note on .warc.zst).

A frame's extent and the most it can become are read from its block headers before anything is inflated, so that a frame
that lies costs nothing.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, cast

import zstandard

from gristmill.crawl.members import Member, find_bytes
from gristmill.crawl.window import Window

MAGIC = b"\x28\xb5\x2f\xfd"
_DICTIONARY_MAGIC = b"\x5d\x2a\x4d\x18"  # the skippable frame that the note reserves
_BLOCK_BYTES = 128 << 10
_WINDOW_BYTES = 1 << 27
_STEP_BYTES = 64
_STEP_FROM = 4096
_PIECE_BYTES = 1 << 16
_DICTIONARY_BYTES = 64 << 20


@dataclass(slots=True)
class _Extent:
    end: int
    bound: int  # the frame becomes no more bytes than this


class ZstdCodec:
    """Frames of a .zst file.

    Args:
        window: the file, whose first frame may be a dictionary for all others.
    """

    def __init__(self, window: Window) -> None:
        dictionary = _read_dictionary(window)
        self._inflater = zstandard.ZstdDecompressor(dict_data=dictionary, max_window_size=_WINDOW_BYTES)

    def member(self, window: Window, start: int, cap: int) -> Member:
        """See `Codec.member`. The checksum is compared where the frame has one."""
        if is_skippable(window.view(start, 4)):
            end = start + 8 + int.from_bytes(window.view(start + 4, 4), "little")
            return (
                Member(start, end, b"", aside=True)
                if end <= window.size
                else Member(start, start, None, "truncated_member")
            )
        if window.view(start, 4) != MAGIC:
            return Member(start, start, None, "garbage")
        try:
            extent = _walk(window, start)
        except EOFError:
            return Member(start, start, None, "truncated_member")
        except ValueError:
            return Member(start, start, None, "zstd_data")
        try:
            if extent.bound > cap + _BLOCK_BYTES:
                total = sum(len(piece) for piece in self._pieces(window, start, extent.end))
                return Member(start, extent.end, None if total > cap else self._whole(window, start, extent))
            return Member(start, extent.end, self._whole(window, start, extent), aside=extent.bound == 0)
        except zstandard.ZstdError:
            return Member(start, start, None, "zstd_data")

    def inflate(self, window: Window, start: int, end: int) -> Iterator[bytes]:
        """See `Codec.inflate`. What the reader had begun to fill is lost with an error, so the first pieces are
        small."""
        try:
            yield from self._pieces(window, start, end, _STEP_BYTES, _STEP_FROM)
        except zstandard.ZstdError:
            return

    def find_magic(self, window: Window, start: int) -> int:
        """See `Codec.find_magic`."""
        return find_bytes(window, MAGIC, start)

    def _whole(self, window: Window, start: int, extent: _Extent) -> bytes:
        stored = b"".join(window.chunks(start, extent.end))
        return self._inflater.decompress(stored, max_output_size=max(extent.bound, 1))

    def _pieces(self, window: Window, start: int, end: int, step: int = 0, steps_until: int = 0) -> Iterator[bytes]:
        source = cast("IO[bytes]", _Range(window, start, end))
        total = 0
        with self._inflater.stream_reader(source, read_size=4096, read_across_frames=False) as reader:
            while piece := reader.read(step if total < steps_until else _PIECE_BYTES):
                total += len(piece)
                yield piece


class _Range(io.RawIOBase):
    """Bytes [start, end) of a window as a file."""

    def __init__(self, window: Window, start: int, end: int) -> None:
        self._window, self._position, self._end = window, start, end

    def read(self, size: int = -1) -> bytes:
        wanted = self._end - self._position if size < 0 else min(size, self._end - self._position)
        data = bytes(self._window.view(self._position, wanted))
        self._position += len(data)
        return data


def is_skippable(magic: bytes | memoryview) -> bool:
    """Whether four bytes begin a skippable frame."""
    return len(magic) == 4 and magic[1:] == b"\x2a\x4d\x18" and 0x50 <= magic[0] <= 0x5F


def _walk(window: Window, start: int) -> _Extent:
    """Where the frame at `start` ends and the most it can become; EOFError if the file ends before it does."""
    descriptor = _exactly(window, start + 4, 1)[0]
    single_segment = bool(descriptor & 0x20)
    content_bytes = (int(single_segment), 2, 4, 8)[descriptor >> 6]
    position = start + 5 + (not single_segment) + (0, 1, 2, 4)[descriptor & 3]
    content = int.from_bytes(_exactly(window, position, content_bytes), "little") + (256 if content_bytes == 2 else 0)
    position += content_bytes
    bound = 0
    while True:
        header = int.from_bytes(_exactly(window, position, 3), "little")
        last, kind, size = header & 1, header >> 1 & 3, header >> 3
        if kind == 3 or (kind == 2 and size > _BLOCK_BYTES):
            raise ValueError(f"no zstd block at {position:,}")
        bound += _BLOCK_BYTES if kind == 2 else size
        position += 3 + (1 if kind == 1 else size)
        if last:
            break
    position += 4 if descriptor & 4 else 0
    if position > window.size:
        raise EOFError
    if content_bytes and content > bound:
        raise ValueError(f"the zstd frame at {start:,} claims more content than its blocks can hold")
    return _Extent(position, content if content_bytes else bound)


def _exactly(window: Window, start: int, size: int) -> memoryview:
    view = window.view(start, size)
    if len(view) < size:
        raise EOFError
    return view


def _read_dictionary(window: Window) -> zstandard.ZstdCompressionDict | None:
    if window.view(0, 4) != _DICTIONARY_MAGIC:
        return None
    size = min(int.from_bytes(window.view(4, 4), "little"), _DICTIONARY_BYTES)
    data = b"".join(window.chunks(8, 8 + size))
    if data[:4] == MAGIC:  # the note allows the dictionary itself to be compressed
        try:
            data = zstandard.ZstdDecompressor().decompress(data, max_output_size=_DICTIONARY_BYTES)
        except zstandard.ZstdError:
            return None
    return zstandard.ZstdCompressionDict(data)
