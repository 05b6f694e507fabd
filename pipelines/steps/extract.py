"""Step of `extract`: every record and damaged range of a part's file, and the documents among them.

Two tables. `documents` is core/documents.py's. `verdicts` has one row a record, also for those that are no page:

    id       binary(16)     as in `documents`
    file     string         address relative to the input's root
    offset   int64          in bytes of the stored file
    length   int64          stored bytes
    type     string         WARC-Type; "gap" for a damaged range that belongs to no record
    uri      string
    date     string         WARC-Date
    status   int16          HTTP status, 0 where there was none
    outcome  string         kept | rejected | failed
    rules    list<string>   why it was rejected, or the error class it failed with
    message  string         the error in words; for people, not digested
    warnings list<string>   what was odd and survived: payload_digest (its digest does not hold), chunks_broken …
    signals  struct         what was measured on kept pages, null on others
"""

import functools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from gristmill.core import documents
from gristmill.core.digest import UNDIGESTED
from gristmill.core.documents import document_id
from gristmill.core.errors import BalanceError
from gristmill.crawl.access import Access
from gristmill.crawl.reading import read_input
from gristmill.crawl.record import Gap, Limits, Record
from gristmill.extract.batch import page_columns
from gristmill.extract.captures import SIGNALS, Capture, Outcome, extract_captures
from gristmill.extract.params import Params
from gristmill.pipelines.jobs import Draft, Job, Result
from gristmill.pipelines.receipts import Counts
from gristmill.pipelines.steps.fetch import available, drop_copies

_BATCH_RECORDS = 256
_BATCH_BYTES = 32 * 1024 * 1024  # of bodies held at once
_LIMITS = Limits(check_digests=True)
_HARMLESS_GAPS = ("padding", "dictionary")  # bytes that were never meant to be a record

_TEXTS = [pa.field(name, pa.string(), nullable=False) for name in ("type", "uri", "date")]
RECORDS = pa.schema(
    [
        documents.SCHEMA.field("id"),
        documents.SCHEMA.field("file"),
        documents.SCHEMA.field("offset"),
        documents.SCHEMA.field("length"),
        *_TEXTS,
        documents.SCHEMA.field("status"),
        pa.field("outcome", pa.string(), nullable=False),
        pa.field("rules", pa.list_(pa.string()), nullable=False),
        pa.field("message", pa.string(), nullable=False, metadata=UNDIGESTED),
        pa.field("warnings", pa.list_(pa.string()), nullable=False),
        pa.field("signals", pa.struct(list(SIGNALS.items()))),
    ]
)


def extract_part(job: Job, draft: Draft) -> Result:
    """Read a part's file to its end and extract every page in it."""
    params = job.stage.params
    assert isinstance(params, Params)
    tally = _Tally()
    with draft.table("documents", documents.SCHEMA) as kept, draft.table("verdicts", RECORDS) as verdicts:
        for items in _batches(job):
            assert job.file is not None
            rows = [_Row.of(item, job.file.address) for item in items]
            outcomes = extract_captures([row.capture for row in rows], params)
            tally.add(rows, outcomes)
            verdicts.write(_record_rows(rows, outcomes))
            kept.write(_document_rows(rows, outcomes))
    result = tally.result()
    assert job.file is not None
    access = job.settings.get("access", Access())
    result.afterwards = functools.partial(drop_copies, draft.store, [job.file], access)
    return result


def _batches(job: Job) -> Iterator[list[Record | Gap]]:
    """The records and damaged ranges of the file, some at a time; nothing if `fetch` could not get the file."""
    if job.receipt("previous").counts.kept == 0:
        return
    batch: list[Record | Gap] = []
    size = 0
    path = available(job).path
    assert path is not None and job.file is not None
    for item in read_input(job.file, path, _LIMITS):
        if isinstance(item, Gap) and item.why in _HARMLESS_GAPS:
            continue
        batch.append(item)
        size += len(item.body) if isinstance(item, Record) else 0
        if len(batch) >= _BATCH_RECORDS or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


@dataclass(frozen=True)
class _Row:
    """A record or damaged range with what both tables say of it."""

    id: bytes
    file: str
    offset: int
    length: int
    record_id: str
    date: str
    capture: Capture
    warnings: tuple[str, ...] = ()

    @classmethod
    def of(cls, item: Record | Gap, address: str) -> "_Row":
        if isinstance(item, Gap):
            key = document_id(address, item.start, "gap")
            message = f"bytes {item.start:,} to {item.end:,} belong to no record: {item.why}"
            capture = Capture("gap", error_class=f"gap.{item.why}", error_message=message)
            return cls(key, address, item.start, item.end - item.start, "", "", capture)
        content_type = item.content_type or None
        if item.http_status or item.http_headers:
            content_type = next((value for name, value in item.http_headers if name.lower() == "content-type"), None)
        capture = Capture(
            type=item.type,
            uri=item.uri,
            status=item.http_status,
            content_type=content_type,
            http_headers=tuple(item.http_headers),
            body=item.body,
            truncated=item.truncated,
            date=item.date,
            error_class=f"read.{item.error}" if item.outcome == "failed" else "",
            error_message=item.message,
        )
        key = document_id(address, item.offset, item.place)
        return cls(key, address, item.offset, item.length, item.record_id, item.date, capture, item.warnings)


class _Tally:
    """Counts of records; also checks that no id comes twice."""

    def __init__(self) -> None:
        self._states: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()
        self._warnings: Counter[str] = Counter()
        self._ids: set[bytes] = set()
        self._bytes = self._text_bytes = 0

    def add(self, rows: list[_Row], outcomes: list[Outcome]) -> None:
        for row, outcome in zip(rows, outcomes, strict=True):
            if row.id in self._ids:
                raise BalanceError(
                    f"{row.file} has two records with the id {row.id.hex()}, the second at byte {row.offset:,}."
                )
            self._ids.add(row.id)
            self._states[outcome.state] += 1
            self._reasons.update(_reasons(outcome))
            self._warnings.update(row.warnings)
            self._bytes += len(row.capture.body)
            self._text_bytes += outcome.page.text_bytes if outcome.page else 0

    def result(self) -> Result:
        counts = Counts(
            sum(self._states.values()), self._states["kept"], self._states["rejected"], self._states["failed"]
        )
        extra: dict[str, Any] = {"body_bytes": self._bytes, "text_bytes": self._text_bytes}
        extra |= {"warnings": dict(sorted(self._warnings.items()))}
        return Result("record", counts, dict(self._reasons), extra=extra)


def _reasons(outcome: Outcome) -> list[str]:
    return [outcome.error_class] if outcome.state == "failed" else list(outcome.rules)


def _record_rows(rows: list[_Row], outcomes: list[Outcome]) -> pa.RecordBatch:
    columns: dict[str, Any] = {
        "id": [row.id for row in rows],
        "file": [row.file for row in rows],
        "offset": [row.offset for row in rows],
        "length": [row.length for row in rows],
        "type": [row.capture.type for row in rows],
        "uri": [row.capture.uri for row in rows],
        "date": [row.date for row in rows],
        "status": [_status(row) for row in rows],
        "outcome": [outcome.state for outcome in outcomes],
        "rules": [_reasons(outcome) for outcome in outcomes],
        "message": [outcome.message for outcome in outcomes],
        "warnings": [list(row.warnings) for row in rows],
        "signals": [
            {name: getattr(outcome.page, name.partition(".")[2]) for name in SIGNALS} if outcome.page else None
            for outcome in outcomes
        ],
    }
    return pa.RecordBatch.from_arrays([pa.array(columns[field.name], field.type) for field in RECORDS], schema=RECORDS)


def _document_rows(rows: list[_Row], outcomes: list[Outcome]) -> pa.RecordBatch:
    kept = [(row, outcome, outcome.page) for row, outcome in zip(rows, outcomes, strict=True) if outcome.page]
    pages = page_columns([page for _, _, page in kept])
    columns: dict[str, Any] = {
        "id": [row.id for row, _, _ in kept],
        "url": [row.capture.uri for row, _, _ in kept],
        "file": [row.file for row, _, _ in kept],
        "offset": [row.offset for row, _, _ in kept],
        "length": [row.length for row, _, _ in kept],
        "record_id": [row.record_id for row, _, _ in kept],
        "date": [row.date for row, _, _ in kept],
        "status": [_status(row) for row, _, _ in kept],
        "mime": [outcome.mime for _, outcome, _ in kept],
        "charset": pages["charset"],
        "charset_source": pages["charset_source"],
        "truncated": [row.capture.truncated for row, _, _ in kept],
        "html_bytes": pages["html_bytes"],
        "html_lang": pages["lang"],
        "title": pages["title"],
        "robots": pages["robots"],
        "licences": pages["licences"],
        "text": pages["text"],
    }
    arrays = [
        column.cast(field.type) if isinstance(column := columns[field.name], pa.Array) else pa.array(column, field.type)
        for field in documents.SCHEMA
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=documents.SCHEMA)


def _status(row: _Row) -> int:
    """The HTTP status as int16; servers send numbers that do not fit."""
    return min(row.capture.status, 32_767)
