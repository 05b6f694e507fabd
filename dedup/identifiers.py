"""Document ids as pairs of 64-bit numbers: sorting by (high, low) is sorting the ids' 16 bytes."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gristmill.core.documents import ID_BYTES
from gristmill.core.jit import kernel

TYPE = pa.binary(ID_BYTES)


class Ids(NamedTuple):
    """Ids as kernels take them: uint64[ids] each, read-only."""

    high: NDArray[np.uint64]
    low: NDArray[np.uint64]

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> "Ids":
        """The ids of some rows."""
        return _frozen(self.high[rows], self.low[rows])


def _frozen(high: NDArray[np.uint64], low: NDArray[np.uint64]) -> Ids:
    high.flags.writeable = False
    low.flags.writeable = False
    return Ids(high, low)


def to_ids(column: pa.Array | pa.ChunkedArray) -> Ids:
    """Read a column of type binary(16) without nulls."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if column.type != TYPE:
        raise ValueError(f"ids must be {TYPE}, these are {column.type}")
    if column.null_count:
        raise ValueError(f"a column of ids must have no nulls, this one has {column.null_count}")
    if len(column) == 0:
        return _frozen(np.zeros(0, np.uint64), np.zeros(0, np.uint64))
    words = np.frombuffer(column.buffers()[1], ">u8")[2 * column.offset : 2 * (column.offset + len(column))]
    return _frozen(words[0::2].astype(np.uint64), words[1::2].astype(np.uint64))


def to_column(ids: Ids) -> pa.Array:
    """Write ids as a column of type binary(16)."""
    words = np.empty((len(ids.high), 2), ">u8")
    words[:, 0] = ids.high
    words[:, 1] = ids.low
    return pa.FixedSizeBinaryArray.from_buffers(TYPE, len(words), [None, pa.py_buffer(words.tobytes())])


@kernel
def find(ids: Ids, wanted: Ids) -> NDArray[np.int64]:
    """Where each wanted id stands in ids sorted ascending, int64[wanted]; −1 if it is not there."""
    found = np.full(len(wanted.high), -1, np.int64)
    for place in range(len(found)):
        high, low = wanted.high[place], wanted.low[place]
        first, last = 0, len(ids.high)
        while first < last:
            middle = (first + last) // 2
            if ids.high[middle] < high or (ids.high[middle] == high and ids.low[middle] < low):
                first = middle + 1
            else:
                last = middle
        if first < len(ids.high) and ids.high[first] == high and ids.low[first] == low:
            found[place] = first
    return found
