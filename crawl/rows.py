"""Rows of JSONL and Parquet text corpora as records: their text is the body, as of a WET's conversion record.

A column mapping says which column is what: {"text": "content", "url": "source"}. The roles are text, url, id and date; a
role that is not mapped is looked for under its usual names.

A row's place is its number (Parquet) or the byte at which its line begins once decompressed (JSONL); a row that cannot be
used is a failed record at its place: row.not_json, row.no_text, row.too_long.
"""

import gzip
import io
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from gristmill.core.errors import InputError
from gristmill.crawl.heads import Head
from gristmill.crawl.record import Gap, Limits, Record

USUAL_NAMES = {
    "text": ("text", "content", "raw_content", "body"),
    "url": ("url", "uri", "link", "source_url"),
    "id": ("id", "doc_id", "_id"),
    "date": ("date", "timestamp", "added", "created"),
}
"""Columns that are taken for a role where the mapping does not say another."""

_PLAIN_TEXT = "text/plain; charset=utf-8"
_BATCH_ROWS = 1024
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


def read_jsonl(path: Path, columns: Mapping[str, str], limits: Limits) -> Iterator[Record | Gap]:
    """A record for each line that is not blank; a damaged stream ends in a gap that names the whole file.

    Raises:
        OSError: the file cannot be opened or read.
    """
    offset = 0
    with open_lines(path) as lines:
        while True:
            try:
                line = lines.readline(limits.block_bytes + 1)
            except (EOFError, gzip.BadGzipFile, zlib.error, zstandard.ZstdError):
                size = path.stat().st_size  # where in the stored bytes the damage is, the inflater does not say
                yield Gap(0, size, "rows_end_here")
                return
            if not line:
                return
            length = len(line)
            while line and not line.endswith(b"\n") and len(line) > limits.block_bytes:
                rest = lines.readline(limits.block_bytes)
                length += len(rest)
                if not rest or rest.endswith(b"\n"):
                    break
            if line.strip():
                yield _line(line, offset, length, columns, limits)
            offset += length


@contextmanager
def open_lines(path: Path) -> Iterator[IO[bytes]]:
    """A JSONL file's content, decompressed by its first bytes."""
    with path.open("rb") as stored:
        magic = stored.read(4)
        stored.seek(0)
        if magic[:2] == _GZIP:
            yield cast("IO[bytes]", io.BufferedReader(gzip.GzipFile(fileobj=stored)))
        elif magic == _ZSTD:
            reader = zstandard.ZstdDecompressor(max_window_size=1 << 31).stream_reader(stored, read_across_frames=True)
            yield cast("IO[bytes]", io.BufferedReader(reader))
        else:
            yield stored


def _line(line: bytes, offset: int, length: int, columns: Mapping[str, str], limits: Limits) -> Record:
    if length > limits.block_bytes:
        message = f"the line has {length:,} bytes, the limit is {limits.block_bytes:,}"
        return _failed(offset, length, "row.too_long", message)
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return _failed(offset, length, "row.not_json", str(error))
    if not isinstance(row, dict):
        return _failed(offset, length, "row.not_json", f"the line is {type(row).__name__}, not an object")
    return _row(row, offset, length, columns, limits)


def read_parquet(path: Path, columns: Mapping[str, str], limits: Limits) -> Iterator[Record | Gap]:
    """A record for each row; behind damage, one failed record.

    Raises:
        InputError: the file has no column that could be the text.
        OSError: the file cannot be opened.
    """
    row = 0
    path.open("rb").close()  # a file that may not be read is no damaged one
    try:
        with pq.ParquetFile(path, memory_map=True) as file:
            known = file.schema_arrow.names
            wanted = [name for role in USUAL_NAMES if (name := _column(role, columns, known)) is not None]
            if _column("text", columns, known) is None:
                raise InputError(
                    f"{path} has no column {columns.get('text', 'text')!r}; it has {', '.join(known)}. "
                    'Say which one is the text: [input] columns = {text = "…"} in the recipe.'
                )
            for batch in file.iter_batches(_BATCH_ROWS, columns=wanted):
                for values in batch.to_pylist():
                    yield _row(values, row, len(str(values)), columns, limits)
                    row += 1
    except (pa.ArrowException, OSError) as error:
        yield _failed(row, 0, "row.damaged", f"the Parquet file cannot be read from row {row:,} on: {error}")


def _row(row: dict[str, Any], offset: int, length: int, columns: Mapping[str, str], limits: Limits) -> Record:
    found = {role: row.get(name) for role in USUAL_NAMES if (name := _column(role, columns, list(row))) is not None}
    text = found.get("text")
    if not isinstance(text, str):
        return _failed(offset, length, "row.no_text", f"the row has no text; its columns are {', '.join(row)[:200]}")
    body = text.encode("utf-8", "replace")
    if len(body) > limits.body_bytes:
        return _failed(offset, length, "row.too_long", f"the text has {len(body):,} bytes")
    url, identifier, date = (_plain(found.get(role)) for role in ("url", "id", "date"))
    given = {"WARC-Target-URI": url, "WARC-Record-ID": identifier, "WARC-Date": date, "Content-Type": _PLAIN_TEXT}
    return Record(offset, length, Head(0, type="conversion", given=given), body=body)


def _column(role: str, columns: Mapping[str, str], known: list[str]) -> str | None:
    """The column that has a role, or None."""
    if role in columns:
        return columns[role] if columns[role] in known else None
    return next((name for name in USUAL_NAMES[role] if name in known), None)


def _plain(value: Any) -> str:
    if value is None:
        return ""
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return text.encode("utf-8", "replace").decode()


def _failed(offset: int, length: int, error: str, message: str) -> Record:
    return Record(offset, length, Head(0, type="row"), outcome="failed", error=error, message=message)
