"""Every record of a WARC or ARC file, whatever happened to it: the one way in for `extract` and `gristmill records`.

gzip member by member, gzip around the whole file, zstd with and without dictionary, or uncompressed. A record is usable
only if the trailer of its member held, its block has the length its header says, and its body could be decoded within
the limits. Everything else is a failed record, where a header can still be recognised, or a gap. Together they cover
the file.

In a damaged member that holds several records, those before the damage are usable if a WARC digest vouches for them.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

from gristmill.crawl.assemble import build, digest_holds, fail
from gristmill.crawl.gzip_codec import MAGIC as GZIP_MAGIC
from gristmill.crawl.gzip_codec import GzipCodec
from gristmill.crawl.heads import parse_head, starts_record
from gristmill.crawl.members import Codec, Member, next_member, read_members
from gristmill.crawl.record import DEFAULT_LIMITS, Gap, Limits, Record
from gristmill.crawl.scan import Found, scan
from gristmill.crawl.window import Stream, Window, stream_of
from gristmill.crawl.zstd_codec import MAGIC as ZSTD_MAGIC
from gristmill.crawl.zstd_codec import ZstdCodec, is_skippable

_RECORD_ENDS = frozenset((b"\r\n\r\n", b"\n\n", b"", b"\n", b"\r\n"))
LARGE_BYTES = 1 << 20  # of a file: loading the kernel takes as long as reading 100 MB without it
_DAMAGE = {
    "gzip_crc": "the checksum of the gzip member does not hold",
    "gzip_data": "the gzip member is damaged",
    "zstd_data": "the zstd frame is damaged",
    "truncated_member": "the file ends within the member",
}


def read_records(path: Path, limits: Limits = DEFAULT_LIMITS) -> Iterator[Record | Gap]:
    """Read a file to its end, in order, in bounded memory (a few times `limits.block_bytes`).

    Args:
        path: a local file; an empty one gives nothing.
        limits: what one record may cost.

    Raises:
        OSError: the file cannot be opened or read.
    """
    with Window(path) as window:
        codec = _codec(window)
        items = _plain(window, limits) if codec is None else _compressed(window, codec, limits)
        yield from _joined_gaps(items)


def _codec(window: Window) -> Codec | None:
    """The container format by its first bytes; by the first thing that can be read if those are damaged."""
    magic = bytes(window.view(0, 8))
    if magic[:3] == GZIP_MAGIC:
        return GzipCodec()
    if magic[:4] == ZSTD_MAGIC or is_skippable(magic[:4]):
        return ZstdCodec(window)
    if starts_record(window.view(0, 1 << 12)):
        return None
    plain = _file_stream(window).find_head(0, arc=True)
    found: list[tuple[int, Codec | None]] = [(plain if plain >= 0 else window.size, None)]
    found += [(next_member(window, codec, 0), codec) for codec in (GzipCodec(), ZstdCodec(window))]
    return min(found, key=lambda item: item[0])[1]


def _file_stream(window: Window) -> Stream:
    return Stream(lambda start: window.chunks(start, window.size), seekable=True)


def _plain(window: Window, limits: Limits) -> Iterator[Record | Gap]:
    for found in scan(_file_stream(window), limits):
        if found.head is None:
            zeros = all(not any(piece) for piece in window.chunks(found.start, found.end))
            yield Gap(found.start, found.end, "padding" if zeros or found.error == "newlines" else "garbage")
        else:
            yield _emit(found, found.start, found.end - found.start, 0, limits)


def _emit(found: Found, offset: int, length: int, within: int, limits: Limits) -> Record:
    assert found.head is not None
    if found.block is None:
        return fail(found.head, found.error, found.message, offset=offset, length=length, within=within)
    size = len(found.block)
    return build(found.head, found.block, 0, size, offset=offset, length=length, within=within, limits=limits)


def _joined_gaps(items: Iterator[Record | Gap]) -> Iterator[Record | Gap]:
    """Make one gap of neighbours; a zstd dictionary stays by itself, it is no damage."""
    pending: Gap | None = None
    for item in items:
        if isinstance(item, Gap):
            if pending is not None and "dictionary" in (pending.why, item.why):
                yield pending
                pending = None
            pending = item if pending is None else Gap(pending.start, item.end, pending.why)
            continue
        if pending is not None:
            yield pending
            pending = None
        yield item
    if pending is not None:
        yield pending


@dataclass(slots=True)
class _Carry:
    """A record that wants more bytes than its member had: against the WARC annex, but block-gzip tools do it."""

    found: Found
    data: bytearray
    needed: int
    start: int
    end: int
    within: int

    def failed(self, more: bool) -> Record:
        """The record as it stands when no more bytes come; `more`: another record follows, so its length was wrong."""
        assert self.found.head is not None
        error = "length_too_long" if more and self.found.error == "truncated_record" else self.found.error
        return fail(
            self.found.head,
            error,
            self.found.message,
            offset=self.start,
            length=self.end - self.start,
            within=self.within,
        )


def _compressed(window: Window, codec: Codec, limits: Limits) -> Iterator[Record | Gap]:
    # The first record comes without the kernel: who wants but one, or has a small file, need not wait for its loading.
    start = yield from _unusual(window, codec, 0, limits)
    if not isinstance(codec, GzipCodec) or window.size < LARGE_BYTES:
        while start < window.size:
            start = yield from _unusual(window, codec, start, limits)
        return
    from gristmill.crawl.usual import UsualReader

    usual = UsualReader(window, limits)
    while start < window.size:
        start = yield from usual.records(start)
        start = yield from _unusual(window, codec, start, limits)


def _unusual(window: Window, codec: Codec, start: int, limits: Limits) -> Generator[Record | Gap, None, int]:
    """What members hold from `start` on, up to the next usual one, with it; returns where that one ends."""
    carry: _Carry | None = None
    cap = limits.block_bytes + limits.header_bytes
    for member in read_members(window, codec, start, cap):
        data = member.data
        if carry is not None:
            if data is None or starts_record(data[:4096].lstrip(b"\r\n")) or len(carry.data) + len(data) > 2 * cap:
                yield carry.failed(more=True)
                carry = None
            else:
                carry.data += data
                carry.end = member.end
                if len(carry.data) >= carry.needed:
                    carry = yield from _several(member, carry.data, carry, limits)
                continue
        if data is None:
            yield from _unseen(window, codec, member, limits)
        elif member.aside:
            yield Gap(
                member.start, member.end, "dictionary" if window.view(member.start, 1)[0] == 0x5D else "empty_member"
            )
        elif (record := _single(member, data, limits)) is not None:
            yield record
            return member.end
        else:
            carry = yield from _several(member, data, None, limits)
    if carry is not None:
        yield carry.failed(more=False)
    return window.size


def _single(member: Member, data: bytes, limits: Limits) -> Record | None:
    """The usual record: whole, and all that the member holds."""
    head = parse_head(data, 0, limits.header_bytes, True)
    if head is None or head.error or head.block > limits.block_bytes:
        return None
    end = head.size + head.block
    if end > len(data) or data[end:] not in _RECORD_ENDS:
        return None
    length = member.end - member.start
    return build(head, data, head.size, end, offset=member.start, length=length, within=0, limits=limits)


def _several(
    member: Member, data: bytes | bytearray, carry: _Carry | None, limits: Limits
) -> Generator[Record | Gap, None, _Carry | None]:
    """The records of a whole member, after what was carried into it; returns what it leaves unfinished."""
    carried = len(data) - len(member.data or b"")  # only the first record can begin there: it is the unfinished one
    records = 0
    for found in scan(stream_of(bytes(data)), limits):
        if found.head is None:
            continue
        records += 1
        inherited = carry is not None and found.start < carried
        start = carry.start if carry is not None and inherited else member.start
        within = found.start + carry.within if carry is not None and inherited else found.start - carried
        needed = found.head.size + found.head.block if found.head.block >= 0 else found.end - found.start + 1
        if found.short and needed <= limits.block_bytes + limits.header_bytes:
            return _Carry(found, bytearray(data[found.start :]), needed, start, member.end, within)
        yield _emit(found, start, member.end - start, within, limits)
    if not records:
        yield Gap(member.start, member.end, "no_header")
    return None


def _unseen(window: Window, codec: Codec, member: Member, limits: Limits) -> Iterator[Record | Gap]:
    """The records of a range that is too long to hold in memory or did not verify."""
    length = member.end - member.start
    records = 0
    pending: Found | None = None
    for found in scan(_member_stream(window, codec, member), limits):
        if found.head is None:
            continue
        records += 1
        if not member.why:
            yield _emit(found, member.start, length, found.start, limits)
            continue
        if pending is not None:
            yield _unverified(pending, member, limits, last=False)
        pending = found
    if pending is not None:
        yield _unverified(pending, member, limits, last=True)
    if not records:
        yield Gap(member.start, member.end, member.why or "no_header")


def _member_stream(window: Window, codec: Codec, member: Member) -> Stream:
    def open_at(start: int) -> Iterator[bytes]:
        assert start == 0  # a stream that is not seekable is opened at its beginning
        return codec.inflate(window, member.start, member.end)

    return Stream(open_at, seekable=False)


def _unverified(found: Found, member: Member, limits: Limits, last: bool) -> Record:
    assert found.head is not None
    length = member.end - member.start
    if not last and found.block is not None and digest_holds(found.head, found.block):
        return _emit(found, member.start, length, found.start, limits)
    message = _DAMAGE.get(member.why, f"the member is damaged ({member.why})")
    return fail(found.head, member.why, message, offset=member.start, length=length, within=found.start)
