"""Queries over Common Crawl's columnar index (Parquet, one row a capture), answered by DuckDB out of core.

The index of one crawl is some 300 files of 250 GB together. Of these only the columns that the query names are read, and
of sorted columns (domains, top-level domains) only the row groups that may hold what is asked for.
"""

import contextlib
import io
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

import duckdb
import fsspec  # type: ignore[import-untyped]
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from gristmill.core.digest import json_digest
from gristmill.core.errors import InputError
from gristmill.crawl.access import Access
from gristmill.crawl.asking import Asker
from gristmill.crawl.crawls import Notes, crawl_paths
from gristmill.crawl.selection import IndexFilter
from gristmill.crawl.spans import pack

_MEMORY = "640MB"
_PROTOCOL = "asked"
_BLOCK_BYTES = 1 << 20
_LENGTH_BITS = 30  # a record is shorter than 1 GiB, a file than 8 GiB
_PLACE = ("warc_filename", "warc_record_offset", "warc_record_length")
_COLUMNS = {
    "domains": "url_host_registered_domain",
    "tlds": "url_host_tld",
    "languages": "content_languages",
    "mimes": "content_mime_detected",
    "statuses": "fetch_status",
    "since": "fetch_time",
    "until": "fetch_time",
}


def query_index(
    crawls: Sequence[str], wanted: IndexFilter, access: Access, asker: Asker, notes: Notes
) -> dict[str, bytes]:
    """Paths of WARC files, and of each the ranges of the captures that fit (crawl/spans.py packs them).

    Raises:
        InputError: a crawl is unknown, or its index cannot be read or lacks a column.
    """
    found: dict[str, bytes] = {}
    for crawl in crawls:
        name = f"index/{crawl}-{json_digest(wanted.model_dump(mode='json'))[:16]}.parquet"
        if name not in notes:
            paths = crawl_paths(crawl, "cc-index-table", access, asker, notes)
            notes[name] = _packed(query_files(_of_subsets(paths, wanted), wanted, access.data, asker))
        found |= _unpacked(notes[name])
    return found


def query_files(paths: Sequence[str], wanted: IndexFilter, root: str, asker: Asker) -> pa.Table:
    """Captures that fit: warc_filename, and lists of their places in it, in any order (offset << 30 | length).

    Sorting is left to NumPy: ordered lists took DuckDB three times as long as all the rest.

    Args:
        paths: of the index's files, below `root`.
        wanted: what must hold.
        root: URL or folder.
        asker: reads from servers and buckets.

    Raises:
        InputError: a file cannot be read, or lacks a column.
    """
    if not paths:
        return pa.table({"warc_filename": pa.array([], pa.string()), "places": pa.array([], pa.list_(pa.int64()))})
    names = [f"{root}/{path}" if "://" not in root else f"{_PROTOCOL}://{root}/{path}" for path in paths]
    asked = _AskedFiles(asker)
    with duckdb.connect() as connection:
        connection.execute(f"SET memory_limit='{_MEMORY}'; SET TimeZone='UTC'; SET preserve_insertion_order=false")
        if "://" in root:
            connection.register_filesystem(asked)
        try:
            _check_columns(connection, names[0], wanted)
            where, values = _condition(wanted)
            return connection.sql(
                f"SELECT warc_filename, list((warc_record_offset::BIGINT << {_LENGTH_BITS}) | warc_record_length) AS places "
                f"FROM read_parquet({_quoted(names)}, hive_partitioning=false) WHERE {where} "
                "GROUP BY warc_filename ORDER BY warc_filename",
                params=values,
            ).to_arrow_table()
        except duckdb.Error as error:
            if asked.failure is not None:  # DuckDB's text about it is a traceback
                raise asked.failure from error
            raise InputError(f"the index below {root} cannot be read: {str(error).splitlines()[0]}.") from error


def _of_subsets(paths: Sequence[str], wanted: IndexFilter) -> list[str]:
    """Files of the partitions that may hold the statuses: successes have one of their own."""
    chosen = []
    for path in paths:
        subset = path.partition("/subset=")[2].partition("/")[0]
        good = not wanted.statuses or 200 in wanted.statuses
        bad = not wanted.statuses or any(status != 200 for status in wanted.statuses)
        if (subset == "warc" and good) or (subset == "crawldiagnostics" and bad) or not subset:
            chosen.append(path)
    return chosen


def _check_columns(connection: duckdb.DuckDBPyConnection, name: str, wanted: IndexFilter) -> None:
    described = connection.execute(f"DESCRIBE SELECT * FROM read_parquet({_quoted([name])})").fetchall()
    known = {row[0] for row in described}
    for field, column in (*_COLUMNS.items(), *((column, column) for column in _PLACE)):
        if column not in known and (field in _PLACE or getattr(wanted, field)):
            asked = "" if field in _PLACE else f", which index.{field} asks for; leave it out, or take a newer crawl"
            raise InputError(f"the index {name.removeprefix(_PROTOCOL + '://')} has no column {column}{asked}.")


def _condition(wanted: IndexFilter) -> tuple[str, list[Any]]:
    terms: list[str] = ["true"]
    values: list[Any] = []
    for field in ("domains", "tlds", "mimes", "statuses", "languages"):
        if asked := getattr(wanted, field):
            column = _COLUMNS[field]
            value = f"split_part({column}, ',', 1)" if field == "languages" else column
            terms.append(f"{value} IN ({_marks(asked)})")
            values += asked
    if wanted.since is not None:
        terms.append("fetch_time >= ?")
        values.append(datetime.combine(wanted.since, time(), UTC))
    if wanted.until is not None:
        terms.append("fetch_time < ?")
        values.append(datetime.combine(wanted.until + timedelta(days=1), time(), UTC))
    return " AND ".join(terms), values


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def _quoted(names: Sequence[str]) -> str:
    return "[" + ", ".join("'" + name.replace("'", "''") + "'" for name in names) + "]"


def _packed(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def _unpacked(data: bytes) -> dict[str, bytes]:
    table = pq.read_table(io.BytesIO(data))
    places = table.column("places").combine_chunks()
    found = {}
    for row, path in enumerate(table.column("warc_filename").to_pylist()):
        place = np.sort(places[row].values.to_numpy())
        found[path] = pack(np.stack([place >> _LENGTH_BITS, place & (1 << _LENGTH_BITS) - 1], axis=1))
    return found


class _AskedFiles(fsspec.AbstractFileSystem):  # type: ignore[misc]  # fsspec has no types
    """Files on servers and in buckets for DuckDB, read by ranges within the budget."""

    protocol = _PROTOCOL

    def __init__(self, asker: Asker) -> None:
        super().__init__(skip_instance_cache=True)
        self._asker = asker
        self._sizes: dict[str, int] = {}
        self.failure: InputError | None = None

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        url = path.removeprefix(f"{_PROTOCOL}://")
        if url not in self._sizes:
            with self._noting():
                self._sizes[url] = self._asker.size(url)
        return {"name": path, "size": self._sizes[url], "type": "file"}

    def modified(self, _path: str) -> datetime:
        """A time that is always the same: what was published does not change."""
        return datetime(1970, 1, 1, tzinfo=UTC)

    def _open(self, path: str, mode: str = "rb", block_size: int | None = None, **_: Any) -> Any:
        return _AskedFile(self, path, mode, block_size or _BLOCK_BYTES, cache_type="readahead")

    def read_range(self, path: str, start: int, end: int) -> bytes:
        """Bytes [start, end) of a file."""
        with self._noting():
            return self._asker.read(path.removeprefix(f"{_PROTOCOL}://"), (start, end))

    @contextlib.contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except InputError as error:
            self.failure = self.failure or error  # DuckDB then tries the name in other ways
            raise


class _AskedFile(fsspec.spec.AbstractBufferedFile):  # type: ignore[misc]  # fsspec has no types
    def _fetch_range(self, start: int, end: int) -> bytes:
        data: bytes = self.fs.read_range(self.path, start, end)
        return data
