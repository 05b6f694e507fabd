"""Compressed files member by member: each verified against its own trailer, and found again after damage.

A member is a gzip member or a zstd frame. The walk never ends early: what cannot be inflated up to the next member that
begins a record is a `Damage`, with the means to look at what it still holds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from gristmill.crawl.heads import starts_record
from gristmill.crawl.window import Window

_SEARCH_BYTES = 1 << 16
PEEK_BYTES = 4096
"""Inflated bytes that must show a record's header for a member to be believed after damage."""


@dataclass(slots=True)
class Member:
    """Stored bytes [start, end) of a file.

    Attributes:
        data: the inflated bytes, or None if they are longer than asked for or not whole.
        why: "" for a member whose trailer holds; else what is wrong with the range.
        aside: it belongs to the container and holds no records (a zstd dictionary, an empty member).
    """

    start: int
    end: int
    data: bytes | None
    why: str = ""
    aside: bool = False


class Codec(Protocol):
    """A container format made of members."""

    def member(self, window: Window, start: int, cap: int) -> Member:
        """Inflate the member at `start`, keeping at most `cap` bytes; if it fails, `why` is set and `end` means
        nothing."""

    def inflate(self, window: Window, start: int, end: int) -> Iterator[bytes]:
        """What [start, end) gives until it fails, in pieces of at most 64 KiB, silent about the failure."""

    def find_magic(self, window: Window, start: int) -> int:
        """Where a member may begin, from `start` on, or -1."""


def read_members(window: Window, codec: Codec, start: int, cap: int) -> Iterator[Member]:
    """All of a file's bytes from `start` on, in order, as members that hold and ranges that do not."""
    while start < window.size:
        member = codec.member(window, start, cap)
        if member.why:
            end = next_member(window, codec, start + 1)
            if _only_zeros(window, start, end):
                member.why = "padding"
            member = Member(start, end, None, member.why)
        yield member
        start = member.end


def next_member(window: Window, codec: Codec, start: int) -> int:
    """Where the next member begins that inflates to a record's header; the file's end if there is none.

    Magic bytes alone are not believed: they occur by chance every 16 MiB of compressed data, and in garbage.
    """
    while True:
        start = codec.find_magic(window, start)
        if start < 0:
            return window.size
        if starts_record(peek(window, codec, start).lstrip(b"\r\n")):
            return start
        start += 1


def peek(window: Window, codec: Codec, start: int) -> bytes:
    """The first PEEK_BYTES that inflate from `start`, fewer if it fails before."""
    found = bytearray()
    for piece in codec.inflate(window, start, window.size):
        found += piece
        if len(found) >= PEEK_BYTES:
            break
    return bytes(found)


def find_bytes(window: Window, pattern: bytes, start: int) -> int:
    """Position of a pattern in a file, or -1."""
    while start < window.size:
        view = window.view(start, _SEARCH_BYTES)
        found = bytes(view).find(pattern)
        if found >= 0:
            return start + found
        if len(view) < _SEARCH_BYTES:
            return -1
        start += len(view) - len(pattern) + 1
    return -1


def _only_zeros(window: Window, start: int, end: int) -> bool:
    return all(not any(piece) for piece in window.chunks(start, end))
