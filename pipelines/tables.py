"""Parquet in the store: written batch by batch with a running content digest, read back in batches or by key range."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from gristmill.core.digest import TableDigest
from gristmill.pipelines.store import Store

_COMPRESSION = "zstd"
_COMPRESSION_LEVEL = 1  # level 3 writes text 40 % slower and 4 % smaller
_SORTED_GROUP_ROWS = 65_536  # of tables sorted by a key: a reader of one range decodes at most two groups too many


class TableWriter:
    """Writes a table of one schema as it comes; rows, stored bytes and digest are known at the end."""

    def __init__(self, stream: Any, schema: pa.Schema) -> None:
        self.schema = schema
        self.rows = 0
        self._sink = pa.PythonFile(stream, mode="w")
        self._digest = TableDigest(schema)
        self._stream = stream
        self._parquet = pq.ParquetWriter(
            self._sink,
            schema,
            compression=_COMPRESSION,
            compression_level=_COMPRESSION_LEVEL,
            use_dictionary=[field.name for field in schema if not _is_large(field.type)],
        )

    def write(self, rows: pa.RecordBatch | pa.Table) -> None:
        """Write rows as one row group."""
        table = pa.Table.from_batches([rows]) if isinstance(rows, pa.RecordBatch) else rows
        table = table.select(self.schema.names).cast(self.schema)
        for batch in table.to_batches():
            self._digest.update(batch)
        self.rows += table.num_rows
        if table.num_rows:
            self._parquet.write_table(table)

    def write_sorted(self, table: pa.Table, by: list[str]) -> None:
        """Write a whole table sorted by its key columns, so that `read_range` need not read all of it."""
        order = [(name, "ascending") for name in by]
        table = table.sort_by(order).combine_chunks()
        for start in range(0, table.num_rows, _SORTED_GROUP_ROWS):
            self.write(table.slice(start, _SORTED_GROUP_ROWS))

    def close(self) -> None:
        """Finish the file."""
        self._parquet.close()
        self._sink.flush()

    def abandon(self) -> None:
        """Give the file up: nothing more is written, also not when the writer is collected."""
        self._parquet.is_open = False

    @property
    def bytes(self) -> int:
        """Stored bytes so far."""
        return int(self._stream.tell())

    @property
    def digest(self) -> str:
        """Digest of the content."""
        return self._digest.hexdigest()


def _is_large(kind: pa.DataType) -> bool:
    """Texts, tokens and shingles hardly repeat: a dictionary of them costs time and saves nothing."""
    return bool(pa.types.is_large_string(kind) or pa.types.is_large_list(kind))


@contextmanager
def table_writer(store: Store, path: str, schema: pa.Schema) -> Iterator[TableWriter]:
    """Stream a table to the store; nothing appears there if the block raises."""
    with store.writer(path) as stream:
        writer = TableWriter(stream, schema)
        try:
            yield writer
        except BaseException:
            writer.abandon()
            raise
        writer.close()


def open_parquet(store: Store, path: str) -> pq.ParquetFile:
    """Open a stored Parquet file."""
    return pq.ParquetFile(store.reader(path), pre_buffer=store.folder is None)


def read_batches(store: Store, path: str, columns: list[str] | None = None) -> Iterator[pa.RecordBatch]:
    """The row groups of a stored table as record batches, one after the other."""
    with open_parquet(store, path) as parquet:
        for group in range(parquet.num_row_groups):
            table = parquet.read_row_group(group, columns=columns, use_threads=False)
            batches = table.combine_chunks().to_batches()
            yield from batches


def read_table(store: Store, path: str, columns: list[str] | None = None) -> pa.Table:
    """A whole stored table."""
    with open_parquet(store, path) as parquet:
        return parquet.read(columns=columns, use_threads=False)


def read_range(store: Store, path: str, key: str, low: Any, high: Any | None) -> pa.Table:
    """Rows with low <= key < high (no upper bound if None) of a table that was written sorted by that key."""
    with open_parquet(store, path) as parquet:
        column = parquet.schema_arrow.get_field_index(key)
        tables = []
        for group in range(parquet.num_row_groups):
            statistics = parquet.metadata.row_group(group).column(column).statistics
            bounded = statistics is not None and statistics.has_min_max
            if bounded and (statistics.max < low or (high is not None and statistics.min >= high)):
                continue
            tables.append(_within(parquet.read_row_group(group, use_threads=False), key, low, high))
        return pa.concat_tables(tables) if tables else parquet.schema_arrow.empty_table()


def _within(table: pa.Table, key: str, low: Any, high: Any | None) -> pa.Table:
    kind = table.schema.field(key).type
    mask = pc.greater_equal(table[key], pa.scalar(low, kind))
    if high is not None:
        mask = pc.and_(mask, pc.less(table[key], pa.scalar(high, kind)))
    return table.filter(mask)


def hash_range(bucket: int, buckets: int) -> tuple[int, int | None]:
    """The half-open range of 64-bit hashes that a bucket holds; the last one has no upper bound."""
    width = 2**64 / buckets
    low = int(bucket * width)
    return low, None if bucket == buckets - 1 else int((bucket + 1) * width)


def column_of(table: pa.Table, name: str) -> np.ndarray[Any, Any]:
    """A numeric column as a NumPy array."""
    values: np.ndarray[Any, Any] = table[name].combine_chunks().to_numpy(zero_copy_only=False)
    return values
