"""Content digests that do not depend on how rows were cut into batches, chunks or files.

A table's digest covers, column by column, the values in row order: strings and binaries as lengths and bytes, floats
rounded to integers × 10⁶ (the last bits of a sum may differ between processors), nulls as such.
"""

import hashlib
import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

DIGEST_BYTES = 16
_FLOAT_SCALE = 1e6
_NOT_A_NUMBER = np.int64(-(2**63))


def bytes_digest(data: bytes | memoryview) -> str:
    """BLAKE2b-128 of some bytes, in hex."""
    return hashlib.blake2b(data, digest_size=DIGEST_BYTES).hexdigest()


def json_digest(value: Any) -> str:
    """BLAKE2b-128 of the canonical JSON of a value: sorted keys, no spaces, UTF-8."""
    return bytes_digest(json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())


UNDIGESTED = {b"digest": b"no"}
"""Metadata of a field that is for people only, such as an error's message: the digest passes over it."""


class TableDigest:
    """Digest of a table that arrives batch by batch."""

    def __init__(self, schema: pa.Schema) -> None:
        fields = [field for field in schema if UNDIGESTED.items() - (field.metadata or {}).items()]
        self._names = [f"{field.name}:{_type_name(field.type)}" for field in fields]
        self._columns = {field.name: _ColumnDigest(field.type) for field in fields}
        self._rows = 0

    def update(self, batch: pa.RecordBatch) -> None:
        """Add the next rows."""
        self._rows += batch.num_rows
        for name, digest in self._columns.items():
            digest.update(batch.column(name))

    def hexdigest(self) -> str:
        """BLAKE2b-128 over the number of rows and all columns, in hex."""
        return json_digest([self._rows, self._names, [column.hexdigest() for column in self._columns.values()]])


class _ColumnDigest:
    """Running digest of one column; nested types hold one digest for each child."""

    def __init__(self, kind: pa.DataType) -> None:
        self._kind = kind
        self._own = hashlib.blake2b(digest_size=DIGEST_BYTES)
        self._lengths = hashlib.blake2b(digest_size=DIGEST_BYTES)  # of strings and lists, apart from their values
        self._nulls = hashlib.blake2b(digest_size=DIGEST_BYTES)  # row numbers of the nulls
        self._rows = 0
        self._children: list[_ColumnDigest] = []
        if pa.types.is_struct(kind):
            self._children = [_ColumnDigest(kind.field(i).type) for i in range(kind.num_fields)]
        elif _is_list(kind):
            self._children = [_ColumnDigest(kind.value_type)]

    def update(self, column: pa.Array) -> None:
        kind = self._kind
        if column.null_count:
            null_rows = np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False)) + self._rows
            self._nulls.update(null_rows.astype(np.int64).tobytes())
        self._rows += len(column)
        if pa.types.is_struct(kind):
            for child, values in zip(self._children, column.flatten(), strict=True):
                child.update(values)
        elif _is_list(kind):
            self._lengths.update(_lengths(column))
            self._children[0].update(column.flatten())
        elif _is_bytes(kind):
            self._lengths.update(_lengths(column))
            self._own.update(_value_bytes(column))
        elif pa.types.is_floating(kind):
            values = column.fill_null(np.nan).to_numpy(zero_copy_only=False).astype(np.float64)
            self._own.update(_rounded(values).tobytes())
        elif pa.types.is_fixed_size_binary(kind):
            self._own.update(b"".join(value or b"" for value in column.to_pylist()))
        else:
            filled = column.fill_null(pa.scalar(0).cast(kind)) if column.null_count else column
            self._own.update(np.ascontiguousarray(filled.to_numpy(zero_copy_only=False)).tobytes())

    def hexdigest(self) -> str:
        own = [part.hexdigest() for part in (self._own, self._lengths, self._nulls)]
        return json_digest([own, [child.hexdigest() for child in self._children]])


def _type_name(kind: pa.DataType) -> str:
    """A type's name without the name of a list's element: Arrow calls it "item", and "element" once it was in Parquet."""
    if _is_list(kind):
        return f"{'large_' if pa.types.is_large_list(kind) else ''}list<{_type_name(kind.value_type)}>"
    if pa.types.is_struct(kind):
        fields = [kind.field(i) for i in range(kind.num_fields)]
        return f"struct<{', '.join(f'{field.name}: {_type_name(field.type)}' for field in fields)}>"
    return str(kind)


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
    )


def _rounded(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Floats as integers × 10⁶; those too large for that as their bits, "not a number" as the smallest integer."""
    fits = np.abs(values) < 2.0**63 / _FLOAT_SCALE
    rounded = np.rint(np.where(fits, values, 0.0) * _FLOAT_SCALE).astype(np.int64)
    return np.where(np.isnan(values), _NOT_A_NUMBER, np.where(fits, rounded, values.view(np.int64)))


def _lengths(column: pa.Array) -> bytes:
    """Length of each value (0 for a null), as int64 bytes."""
    lengths = pc.binary_length(column) if _is_bytes(column.type) else pc.list_value_length(column)
    filled = lengths.fill_null(0) if lengths.null_count else lengths
    return bytes(filled.to_numpy(zero_copy_only=False).astype(np.int64).tobytes())


def _value_bytes(column: pa.Array) -> memoryview | bytes:
    """The values' bytes one after the other, nulls left out; nothing is copied where there are no nulls."""
    if column.null_count:
        column = column.drop_null()
    if len(column) == 0:
        return b""
    wide = pa.types.is_large_string(column.type) or pa.types.is_large_binary(column.type)
    _, offset_buffer, data_buffer = column.buffers()
    if data_buffer is None:
        return b""
    offsets = np.frombuffer(offset_buffer, np.int64 if wide else np.int32)
    return memoryview(data_buffer)[offsets[column.offset] : offsets[column.offset + len(column)]]
