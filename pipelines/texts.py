"""Tables of texts from elsewhere, read in batches: Parquet, or JSON Lines, also compressed with gzip.

id        anything that can be written as text; binary ones become hex
text      a null is a document that failed
url       optional
language  optional: what the owner of the texts knows, in the labels of lid.176 ("en", "de", …)

Of Parquet also the other columns of a documents table (core/documents.py), where they have its types: of an export.
"""

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import xxhash

from gristmill.core import documents
from gristmill.core.errors import InputError

BATCH_ROWS = 1000
_BATCH_BYTES = 32 * 1024 * 1024  # about: of lines of JSON, of a row group's mean rows in Parquet
_REQUIRED = ("id", "text")
_KNOWN = pa.schema([(name, pa.large_string()) for name in (*_REQUIRED, "url", "language")])


@dataclass(frozen=True)
class Texts:
    """A batch of texts.

    Attributes:
        ids: as the input has them, string[rows].
        documents: rows of core.documents.SCHEMA, with hashes of ids that are not 16 bytes; what the input does not say is empty.
        missing: which rows have no text, bool[rows].
        language: the given labels, string[rows], null where none is given; None if the input has no such column.
    """

    ids: pa.Array
    documents: pa.RecordBatch
    missing: pa.Array
    language: pa.Array | None


def read_texts(path: Path, rows: int = BATCH_ROWS) -> Iterator[Texts]:
    """The texts of a file in its order; InputError if it is missing, of another kind, or lacks a column."""
    if not path.is_file():
        raise InputError(
            f"{path} is not a file. Name a .parquet, .jsonl or .jsonl.gz file with the columns id and text."
        )
    if path.suffix == ".parquet":
        tables = _parquet(path, rows)
    elif path.name.endswith((".jsonl", ".jsonl.gz")):
        tables = _json_lines(path, rows)
    else:
        raise InputError(f"cannot tell the format of {path}: end it in .parquet, .jsonl or .jsonl.gz.")
    return (_texts(table, path) for table in tables)


def read_column(path: Path) -> pa.Array:
    """All texts of a file, those that are there: large_string[rows]."""
    columns = [texts.documents["text"].filter(pc.invert(texts.missing)) for texts in read_texts(path)]
    return pa.concat_arrays(columns) if columns else pa.array([], pa.large_string())


def _parquet(path: Path, rows: int) -> Iterator[pa.RecordBatch]:
    try:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
            absent = [name for name in _REQUIRED if name not in names]
            if absent:
                raise InputError(f"{path} has no column {absent[0]!r}; it has {', '.join(names)}.")
            own = [field.name for field in file.schema_arrow if field.name in _KNOWN.names or _is_ours(field)]
            yield from file.iter_batches(min(rows, _fitting_rows(file.metadata)), columns=own)
    except (pa.ArrowException, OSError) as error:
        first = str(error).splitlines()[0].rstrip(".")
        raise InputError(f"{path} cannot be read as Parquet: {first}. Write it again, or give JSON Lines.") from error


def _fitting_rows(metadata: pq.FileMetaData) -> int:
    """How many rows of the largest row group make a batch, as they are on average."""
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    mean = max((group.total_byte_size / max(group.num_rows, 1) for group in groups), default=0)
    return max(1, int(_BATCH_BYTES / max(mean, 1)))


def _json_lines(path: Path, rows: int) -> Iterator[pa.RecordBatch]:
    found: list[dict[str, Any]] = []
    size = 0
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                found.append(_row(line, f"{path}, line {number}"))
                size += len(line)
                if len(found) == rows or size >= _BATCH_BYTES:
                    yield _record_batch(found)
                    found, size = [], 0
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path} cannot be read: {error}.") from error
    if found:
        yield _record_batch(found)


def _row(line: bytes, place: str) -> dict[str, Any]:
    """The known columns of one line, as text."""
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        row = _lenient(line, place)
    if not isinstance(row, dict):
        raise InputError(f"{place} is no JSON object. Each line must be one, with id and text.")
    for name in _REQUIRED:
        if name not in row:
            raise InputError(f"{place} has no {name!r}; it has {', '.join(row) or 'nothing'}.")
    if row["id"] is None:
        raise InputError(f"{place}: the id is null. Give the row one.")
    for name in ("text", "url", "language"):
        if not isinstance(row.get(name), str | None):
            raise InputError(f"{place}: {name} = {str(row[name])[:40]!r} is no text.")
    return {name: row.get(name) for name in _KNOWN.names} | {"id": str(row["id"])}


def _lenient(line: bytes, place: str) -> Any:
    r"""A line that orjson refuses: halves of surrogate pairs (\ud800) become U+FFFD, as in a browser."""
    try:
        row = json.loads(line)
    except ValueError as error:
        raise InputError(f"{place} is no JSON: {error}. Mend the line or leave it out.") from error
    if not isinstance(row, dict):
        return row
    return {
        name: value.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if isinstance(value, str) else value
        for name, value in row.items()
    }


def _record_batch(rows: list[dict[str, Any]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(rows, _KNOWN)


def _is_ours(field: pa.Field) -> bool:
    """Whether a column is that of a documents table: of an export, say, with the page's wishes and its date."""
    place = documents.SCHEMA.get_field_index(field.name)
    return place >= 0 and bool(documents.SCHEMA.field(place).type == field.type)


def _texts(table: pa.RecordBatch, path: Path) -> Texts:
    known = {field.name: table.column(field.name) for field in table.schema if _is_ours(field)}
    columns = {name: _as_text(table.column(name), name, path) for name in _KNOWN.names if name in table.schema.names}
    text, ids = columns["text"], columns["id"].cast(pa.string())
    if "id" not in known or known["id"].null_count:
        hashes = [xxhash.xxh3_128_digest((one or "").encode()) for one in ids.to_pylist()]
        known["id"] = pa.array(hashes, pa.binary(documents.ID_BYTES))
    known |= {name: columns[name].fill_null("") for name in ("text", "url") if name in columns}
    language = columns.get("language")
    arrays = [_column(known.get(field.name), field.type, len(table)) for field in documents.SCHEMA]
    return Texts(
        ids,
        pa.RecordBatch.from_arrays(arrays, schema=documents.SCHEMA),
        text.is_null(),
        None if language is None else language.cast(pa.string()),
    )


def _as_text(column: pa.Array, name: str, path: Path) -> pa.Array:
    """A column as large_string; ids may be of any plain type, the others must be text."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    binary = pa.types.is_binary(kind) or pa.types.is_fixed_size_binary(kind) or pa.types.is_large_binary(kind)
    if name == "id" and binary:
        return pa.array([None if value is None else value.hex() for value in column.to_pylist()], pa.large_string())
    textual = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    try:
        if name != "id" and not (textual or pa.types.is_null(kind)):
            raise pa.ArrowInvalid("no text")
        return pc.cast(column, kind).cast(pa.large_string())
    except pa.ArrowException as error:
        raise InputError(f"{path}: the column {name!r} is {column.type}, not text. Cast it first.") from error


def _column(values: pa.Array | None, kind: pa.DataType, rows: int) -> pa.Array:
    """A column of documents: the given values, or that kind's empty value in each row."""
    if values is not None:
        return values.cast(kind)
    if pa.types.is_list(kind):
        empty: object = []
    else:
        empty = "" if pa.types.is_string(kind) else 0
    return pa.repeat(pa.scalar(empty, kind), rows)
