"""gzip members (RFC 1952): whole with libdeflate where they hold, in pieces with ISA-L where that fails, and patiently
with zlib after damage."""

import struct
import zlib
from collections.abc import Iterator
from typing import cast

from deflate import DeflateError, crc32, deflate_decompress
from isal import isal_zlib

from gristmill.crawl.members import Member, find_bytes
from gristmill.crawl.window import Window

MAGIC = b"\x1f\x8b\x08"
_INFLATE_ERROR = cast("type[Exception]", isal_zlib.error)  # its stub calls the class an instance
_STEP_BYTES = 1 << 15  # a power of 8, so that the steps come down to 1
_GZIP = 31  # window bits: a gzip header and trailer, both checked
_SLICE_BYTES = 32 << 10
_PLAIN_MAGIC = MAGIC + b"\0"  # no flags: the header has neither a name nor extra fields nor a checksum
_HEADER_BYTES = 10
_TRAILER = struct.Struct("<II")
_LEAST_BYTES = _HEADER_BYTES + 2 + _TRAILER.size  # an empty block has 2


class GzipCodec:
    """Members of a .gz file."""

    def member(self, window: Window, start: int, cap: int) -> Member:
        """See `Codec.member`. CRC-32 and length are compared by the inflater."""
        # libdeflate takes whole members only, and is told how long they become: most end where the next magic begins.
        view = window.until(MAGIC, start)
        data = _whole(view, cap)
        return self._sliced(window, start, cap) if data is None else Member(start, start + len(view), data)

    def _sliced(self, window: Window, start: int, cap: int) -> Member:
        """The same in pieces: of a member that is long, damaged, or has a magic within it."""
        view = window.view(start, _SLICE_BYTES)
        if view[:3] != MAGIC:
            return Member(start, start, None, "garbage")
        inflater = isal_zlib.decompressobj(_GZIP)
        position = start
        pieces: list[bytes] = []
        total = 0
        while view:
            position += len(view)
            try:
                piece = inflater.decompress(view)
            except _INFLATE_ERROR as error:
                return Member(start, start, None, "gzip_crc" if "checksum" in str(error).lower() else "gzip_data")
            total += len(piece)
            if total <= cap:
                pieces.append(piece)
            if inflater.eof:
                end = position - len(inflater.unused_data)
                if total > cap:
                    return Member(start, end, None)
                return Member(start, end, pieces[0] if len(pieces) == 1 else b"".join(pieces), "", total == 0)
            view = window.view(position, _SLICE_BYTES)
        return Member(start, start, None, "truncated_member")

    def inflate(self, window: Window, start: int, end: int) -> Iterator[bytes]:
        """See `Codec.inflate`. With zlib, whose state can be copied: after an error it is tried again in smaller
        steps."""
        inflater = zlib.decompressobj(_GZIP)
        step = _STEP_BYTES
        for data in window.chunks(start, end, _SLICE_BYTES):
            while data and not inflater.eof:
                before = inflater.copy()
                try:
                    piece = inflater.decompress(data, step)
                except zlib.error:
                    if step == 1:
                        return
                    inflater, step = before, step // 8
                    continue
                if piece:
                    yield piece
                data = inflater.unconsumed_tail
            if inflater.eof:
                return

    def find_magic(self, window: Window, start: int) -> int:
        """See `Codec.find_magic`."""
        return find_bytes(window, MAGIC, start)


def _whole(view: memoryview, cap: int) -> bytearray | None:
    """What a member becomes if it is all of `view`, its trailer holds, and it is not longer than `cap`.

    libdeflate does not tell where it stopped: that checksum and length are the last bytes of `view` says it.
    """
    if view[:4] != _PLAIN_MAGIC or len(view) < _LEAST_BYTES:
        return None
    checksum, size = _TRAILER.unpack_from(view, len(view) - _TRAILER.size)
    if not 0 < size <= cap:
        return None
    try:
        data = deflate_decompress(view[_HEADER_BYTES : -_TRAILER.size], size)
    except DeflateError:
        return None
    return data if len(data) == size and crc32(data) == checksum else None
