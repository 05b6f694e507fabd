"""Single records of a file, chosen by an index: their byte ranges, neighbours joined into spans that are asked for at
once.

A file of which only some records are wanted is fetched as the concatenation of its spans. What lies between the wanted
records within a span is read and dropped.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from gristmill.crawl.heads import Head
from gristmill.crawl.record import Gap, Record

JOIN_BYTES = 256 << 10
"""Bytes between two wanted records that are rather read than skipped: one more request costs about as much."""

Span = tuple[int, int]
"""Bytes [start, end) of the whole file."""

Ranges = NDArray[np.int64]
"""Offset and length of each record, sorted by offset: shape (records, 2)."""


def pack(ranges: Ranges) -> bytes:
    """Ranges as bytes (little-endian int64), small enough to travel with a job."""
    return ranges.astype("<i8").tobytes()


def unpack(packed: bytes) -> Ranges:
    """The ranges that `pack` was given."""
    return np.frombuffer(packed, "<i8").reshape(-1, 2)


def joined(ranges: Ranges, join_bytes: int = JOIN_BYTES) -> list[Span]:
    """Spans that cover all ranges; what lies closer together than `join_bytes` becomes one."""
    if not len(ranges):
        return []
    starts = ranges[:, 0]
    ends = np.maximum.accumulate(starts + ranges[:, 1])
    first = np.concatenate([[True], starts[1:] - ends[:-1] > join_bytes])
    last = np.concatenate([first[1:], [True]])
    return list(zip(starts[first].tolist(), ends[last].tolist(), strict=True))


def span_bytes(spans: Sequence[Span]) -> int:
    """Bytes of all spans."""
    return sum(end - start for start, end in spans)


def chosen_records(items: Iterator[Record | Gap], ranges: Ranges) -> Iterator[Record]:
    """The wanted records of a concatenation of spans, at their places in the whole file.

    Each range gives exactly one record: where none is found in the bytes, a failed one says so.
    """
    spans = joined(ranges)
    starts = [0]  # where each span begins in the concatenation
    for start, end in spans:
        starts.append(starts[-1] + end - start)
    missing = dict(ranges.tolist())
    for item in items:
        if not isinstance(item, Record):
            continue
        index = bisect_right(starts, item.offset) - 1
        offset = spans[index][0] + item.offset - starts[index]
        if missing.pop(offset, None) is not None:
            item.offset = offset
            yield item
    for offset, length in missing.items():
        message = f"the index names a record at byte {offset:,}, and there is none"
        yield Record(offset, length, Head(0), outcome="failed", error="not_in_file", message=message)
