"""gzip members (RFC 1952), whatever they hold: in pieces with ISA-L, and patiently with zlib after damage."""

import zlib
from collections.abc import Iterator
from typing import cast

from isal import isal_zlib

from gristmill.crawl.members import Member, find_bytes
from gristmill.crawl.window import Window

MAGIC = b"\x1f\x8b\x08"
_INFLATE_ERROR = cast("type[Exception]", isal_zlib.error)  # its stub calls the class an instance
_STEP_BYTES = 1 << 15  # a power of 8, so that the steps come down to 1
_GZIP = 31  # window bits: a gzip header and trailer, both checked
_SLICE_BYTES = 32 << 10


class GzipCodec:
    """Members of a .gz file."""

    def member(self, window: Window, start: int, cap: int) -> Member:
        """See `Codec.member`. CRC-32 and length are compared by the inflater."""
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
                return Member(start, end, b"".join(pieces), "", total == 0)
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
