"""Exact duplicates: documents whose texts are the same but for runs of white space.

The text is brought to NFC, each run of white space becomes one space, and the ends are trimmed; what is left is hashed
to 128 bits (xxh3), for which 10¹¹ documents expect 10⁻¹⁷ collisions. White space is what str.split() takes for it.

The map is spread by `bucket`, uniform over the 64-bit numbers; a range of it is one reduce task.

    signatures   SIGNATURE_SCHEMA   one row for each document
    removals     REMOVAL_SCHEMA     one row for each removed document; sorted by id
"""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash
from numpy.typing import NDArray

from gristmill.core import params as base
from gristmill.core.batch import Batch, TextBuffers, text_buffers
from gristmill.core.jit import kernel
from gristmill.dedup import folding, survivors
from gristmill.dedup.identifiers import TYPE, to_column, to_ids
from gristmill.dedup.shingles import decode

NAME = "exact"
VERSION = 1
RULES = ("exact.duplicate",)

SIGNATURE_SCHEMA = pa.schema(
    [
        pa.field("bucket", pa.uint64(), nullable=False),  # the digest's first 8 bytes, big-endian
        pa.field("digest", TYPE, nullable=False),  # xxh3-128 of the normalised text, canonical byte order
        pa.field("id", TYPE, nullable=False),
        pa.field("date", pa.string(), nullable=False),  # capture time, ISO 8601 UTC; "" if unknown
        pa.field("text_bytes", pa.int64(), nullable=False),
    ]
)
REMOVAL_SCHEMA = pa.schema(
    [
        pa.field("id", TYPE, nullable=False),
        pa.field("survivor", TYPE, nullable=False),
        pa.field("cluster_size", pa.int32(), nullable=False),  # documents with this text, the survivor among them
    ]
)

_SPACE = 0x20


class Params(base.Params):
    """Which copy stays."""

    keep: survivors.Keep = "newest"
    """Which of the same documents stays: the newest capture (as OLMo 3), the oldest, or the longest in bytes.

    Among equals, the one with the smallest id.
    """


def files(params: Params) -> tuple[Path, ...]:  # noqa: ARG001 (every stage has these parameters)
    """The table that tells which texts cannot be sure to be in NFC."""
    return (folding.PATH,)


@kernel
def _is_space(code: np.int64) -> np.bool_ | bool:
    """Whether str.split() splits at a code point."""
    if code <= 0x20:
        return code == 0x20 or 0x09 <= code <= 0x0D or 0x1C <= code <= 0x1F
    if code < 0x2000:
        return code in (0x85, 0xA0, 0x1680)
    return code <= 0x200A or code in (0x2028, 0x2029, 0x202F, 0x205F, 0x3000)


@kernel
def collapse(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], table: folding.Folding
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.bool_]]:
    """Texts with each run of white space as one space and none at the ends, as bytes and offsets.

    Returns:
        The bytes, the offsets, and for each text whether it may not be in NFC.
    """
    collapsed = np.empty(offsets[-1] - offsets[0], np.uint8)
    bounds = np.zeros(len(offsets), np.int64)
    doubtful = np.zeros(len(offsets) - 1, np.bool_)
    used = 0
    for row in range(len(doubtful)):
        at, stop = offsets[row], offsets[row + 1]
        pending = False
        while at < stop:
            code, width = np.int64(data[at]), 1
            if code >= 0x80:
                code, width = decode(data, at)
                doubtful[row] |= folding.entry_of(table, code) & folding.NFC_CHANGE != 0
            if _is_space(code):
                pending = used > bounds[row]
            else:
                if pending:
                    collapsed[used] = _SPACE
                    used += 1
                    pending = False
                for byte in range(at, at + width):
                    collapsed[used] = data[byte]
                    used += 1
            at += width
        bounds[row + 1] = used
    return collapsed[:used], bounds, doubtful


def _digests(text: TextBuffers) -> tuple[list[bytes], NDArray[np.bool_]]:
    collapsed, bounds, doubtful = collapse(text.data, text.offsets, folding.folding())
    view, ends = memoryview(collapsed.data), bounds.tolist()
    digests = [xxhash.xxh3_128_digest(view[start:stop]) for start, stop in pairwise(ends)]
    return digests, doubtful


def signatures(batch: Batch, params: Params) -> pa.RecordBatch:  # noqa: ARG001 (every stage has these parameters)
    """Map: the digest of each document's normalised text, SIGNATURE_SCHEMA."""
    digests, doubtful = _digests(batch.text)
    if doubtful.any():
        rows = np.flatnonzero(doubtful)
        normal = pc.utf8_normalize(batch.column("text").take(pa.array(rows)), form="NFC")
        for row, digest in zip(rows.tolist(), _digests(text_buffers(normal))[0], strict=True):
            digests[row] = digest
    digest = pa.array(digests, TYPE)
    columns = [
        pa.array(to_ids(digest).high),
        digest,
        batch.column("id"),
        batch.column("date"),
        pa.array(np.diff(batch.text.offsets)),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=SIGNATURE_SCHEMA)


def removals(table: pa.Table, params: Params) -> pa.Table:
    """Reduce: all but the survivor of each digest.

    Args:
        table: all rows of SIGNATURE_SCHEMA in some range of `bucket`.
        params: the survivor policy.

    Returns:
        REMOVAL_SCHEMA, sorted by id.
    """
    ids, digest = to_ids(table["id"]), to_ids(table["digest"])
    order = survivors.survivor_order(table, digest, ids, params.keep)
    bounds = survivors.group_bounds(digest.take(order))
    sizes = np.diff(bounds)
    survivor = order[np.repeat(bounds[:-1], sizes)]
    places = np.flatnonzero(survivor != order)
    places = places[np.lexsort((ids.low[order[places]], ids.high[order[places]]))]
    columns = [
        to_column(ids.take(order[places])),
        to_column(ids.take(survivor[places])),
        pa.array(np.repeat(sizes, sizes)[places].astype(np.int32)),
    ]
    return pa.Table.from_arrays(columns, schema=REMOVAL_SCHEMA)
