"""From a token's place to its document: one row per document of a shard, in order.

shard   int32       number of the shard
start   int64       position of the document's first token in the shard
length  int32       its tokens, separator included
id      binary(16)  the document
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gristmill.core.documents import ID_BYTES
from gristmill.core.errors import UsageError

INDEX_SCHEMA = pa.schema(
    [
        pa.field("shard", pa.int32(), nullable=False),
        pa.field("start", pa.int64(), nullable=False),
        pa.field("length", pa.int32(), nullable=False),
        pa.field("id", pa.binary(ID_BYTES), nullable=False),
    ]
)


@dataclass(frozen=True)
class Location:
    """The document that a token belongs to.

    Attributes:
        id: of the document.
        start: position of its first token in the shard.
        length: its tokens, separator included.
        offset: which of its tokens it is, from 0.
    """

    id: bytes
    start: int
    length: int
    offset: int


def index_rows(shard: int, lengths: NDArray[np.int32], ids: pa.Array) -> pa.RecordBatch:
    """The index of one shard, from the lengths and ids of its documents."""
    starts = np.zeros(len(lengths), np.int64)
    np.cumsum(lengths[:-1], out=starts[1:])
    columns = [pa.array(np.full(len(lengths), shard, np.int32)), pa.array(starts), pa.array(lengths, pa.int32()), ids]
    return pa.RecordBatch.from_arrays(columns, schema=INDEX_SCHEMA)


def locate(index: pa.Table | pa.RecordBatch, shard: int, position: int) -> Location:
    """Find the document of a token; the index may hold other shards too, each one's rows in order.

    Raises:
        UsageError: there is no such shard, or it has fewer tokens.
    """
    table = pa.Table.from_batches([index]) if isinstance(index, pa.RecordBatch) else index
    rows = table.filter(pc.equal(table["shard"], shard))
    if not len(rows):
        raise UsageError(f"no shard {shard} in the index; there are {', '.join(map(str, _shards(table))) or 'none'}")
    starts = rows["start"].to_numpy()
    tokens = int(starts[-1]) + rows["length"][-1].as_py()
    if not 0 <= position < tokens:
        raise UsageError(f"shard {shard} has {tokens:,} tokens: a position is 0 to {tokens - 1}, not {position}")
    row = int(np.searchsorted(starts, position, "right")) - 1
    start = int(starts[row])
    return Location(rows["id"][row].as_py(), start, rows["length"][row].as_py(), position - start)


def _shards(table: pa.Table) -> list[int]:
    return sorted(pc.unique(table["shard"]).to_pylist())
