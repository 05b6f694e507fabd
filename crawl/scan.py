"""Records one after the other in a stream of bytes, with lengths that are believed only if a record ends where they
say.

Pages quote WARC files, so a block is never searched while its length holds. Where it does not, the next header is
looked for from the start of the block: the length may have been too short or too long.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gristmill.crawl.assemble import block_digest_fails
from gristmill.crawl.heads import Head, parse_head, starts_record
from gristmill.crawl.record import Limits
from gristmill.crawl.window import Stream

_FIRST_BYTES = 4096
_TAIL_BYTES = 4200
_NEWLINES = re.compile(rb"[\r\n]*")
_BOUNDARY = re.compile(rb"(?:\r?\n){2}")
_MOST_NEWLINES = 64
_BETWEEN_BYTES = 4  # two CRLF, whatever they became


@dataclass(slots=True)
class Found:
    """Bytes [start, end) of a stream: a record, or junk if `head` is None.

    Attributes:
        block: the record's block; None if the record failed.
        error: class of the failure, "" if the block is whole.
        short: the stream ended before the record did, and no other record begins in what there is.
    """

    start: int
    end: int
    head: Head | None
    block: bytes | None = None
    error: str = ""
    message: str = ""
    short: bool = False


def scan(stream: Stream, limits: Limits) -> Iterator[Found]:
    """Every record and all junk of a stream, in order; together they cover it."""
    position = 0
    arc = False
    while stream.reaches(position + 1):
        head = _head_at(stream, position, limits)
        if head is None:
            blank = position + _newlines(stream, position)
            if blank > position and (_head_at(stream, blank, limits) is not None or not stream.reaches(blank + 1)):
                yield Found(position, blank, None, error="newlines")
                position = blank
                continue
            end = _next_head(stream, position + 1, arc or position == 0)
            yield Found(position, end, None, error="no_header")
            position = end
            continue
        arc = head.arc
        found = _record(stream, position, head, limits)
        yield found
        position = found.end


def _head_at(stream: Stream, position: int, limits: Limits) -> Head | None:
    buffer, start, ended = stream.at(position, _FIRST_BYTES)
    head = parse_head(buffer, start, min(_FIRST_BYTES, limits.header_bytes), ended)
    if head is not None and head.error == "header_limit":  # rare: a header of more than 4 KiB
        buffer, start, ended = stream.at(position, limits.header_bytes + 1)
        head = parse_head(buffer, start, limits.header_bytes, ended)
    return head


def _record(stream: Stream, start: int, head: Head, limits: Limits) -> Found:
    block_start = start + head.size
    if head.error and head.block < 0:
        end = _next_head(stream, block_start, head.arc)
        return Found(start, end, head, error=head.error, message=head.message, short=head.error == "truncated_header")
    block_end = block_start + head.block
    block = stream.read(block_start, head.block) if head.block <= limits.block_bytes else None
    whole = stream.reaches(block_end)
    tail, sure = _tail_bytes(stream, block_end) if whole else (-1, False)
    if tail < 0 or (not sure and block is not None and block_digest_fails(head, block)):
        return _mismatch(stream, start, block_start, block_end, head=head, whole=whole)
    end = block_end + tail
    if head.error:
        return Found(start, end, head, error=head.error, message=head.message)
    if block is None:
        message = f"the block has {head.block:,} bytes, the limit is {limits.block_bytes:,}"
        return Found(start, end, head, error="body_limit", message=message)
    return Found(start, end, head, block)


def _tail_bytes(stream: Stream, block_end: int) -> tuple[int, bool]:
    """How many bytes after a block still belong to its record (-1 if the block does not end there), and whether that is
    sure: what is no record behind them may be a damaged one, or this block's length may lead into the next record."""
    tail = stream.read(block_end, _TAIL_BYTES)
    newlines = _NEWLINES.match(tail, 0, _MOST_NEWLINES)
    assert newlines is not None  # the pattern matches nothing, too
    if newlines.end() == len(tail) or starts_record(tail[newlines.end() :]):
        return newlines.end(), True
    if _BOUNDARY.match(tail):
        return newlines.end(), False
    for between in range(1, _BETWEEN_BYTES + 1):  # the newlines themselves may be damaged
        if starts_record(tail[between:]):
            return between, True
    return -1, False


def _mismatch(stream: Stream, start: int, block_start: int, block_end: int, *, head: Head, whole: bool) -> Found:
    following = stream.find_head(block_start, head.arc)
    if following < 0:
        following = _end(stream, block_start)
        if not whole:
            message = f"the block has {following - block_start:,} of its {head.block:,} bytes"
            return Found(start, following, head, error="truncated_record", message=message, short=True)
        message = f"the length {head.block:,} is too short: no record ends there"
        return Found(start, following, head, error="length_too_short", message=message)
    error = "length_too_long" if following < block_end else "length_too_short"
    message = (
        f"the length {head.block:,} is wrong: the next record begins {following - block_start:,} bytes after the header"
    )
    return Found(start, following, head, error=error, message=message)


def _newlines(stream: Stream, position: int) -> int:
    match = _NEWLINES.match(stream.read(position, _MOST_NEWLINES))
    return match.end() if match else 0


def _next_head(stream: Stream, position: int, arc: bool) -> int:
    following = stream.find_head(position, arc)
    return following if following >= 0 else _end(stream, position)


def _end(stream: Stream, position: int) -> int:
    """The length of the stream, which is at least `position` long."""
    step = 1 << 20
    while stream.reaches(position + step):
        position += step
    buffer, start, _ = stream.at(position, step)
    return position + max(0, len(buffer) - start)
