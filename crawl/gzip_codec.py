"""gzip members: fast with ISA-L where they hold, patient with zlib where they do not (RFC 1952)."""

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
# What ISA-L does not use of a slice it copies: 32 KiB holds most members whole and costs 2 µs where one is small.
_SLICE_BYTES = 32 << 10


class GzipCodec:
    """Members of a .gz file."""

    def member(self, window: Window, start: int, cap: int) -> Member:
        """See `Codec.member`. CRC-32 and length are compared by the inflater."""
        if window.view(start, 3) != MAGIC:
            return Member(start, start, None, "garbage")
        inflater = isal_zlib.decompressobj(_GZIP)
        position = start
        pieces: list[bytes] = []
        total = 0
        while True:
            view = window.view(position, _SLICE_BYTES)
            if not view:
                return Member(start, start, None, "truncated_member")
            try:
                piece = inflater.decompress(view)
            except _INFLATE_ERROR as error:
                return Member(start, start, None, "gzip_crc" if "checksum" in str(error).lower() else "gzip_data")
            position += len(view)
            total += len(piece)
            if total <= cap:
                pieces.append(piece)
            if inflater.eof:
                break
        end = position - len(inflater.unused_data)
        if total > cap:
            return Member(start, end, None)
        return Member(start, end, pieces[0] if len(pieces) == 1 else b"".join(pieces), aside=total == 0)

    def inflate(self, window: Window, start: int, end: int) -> Iterator[bytes]:
        """See `Codec.inflate`. With zlib, whose state can be copied: after an error it is tried again in smaller steps."""
        inflater = zlib.decompressobj(_GZIP)
        step = _STEP_BYTES
        for view in window.chunks(start, end, _SLICE_BYTES):
            data = bytes(view)
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
