"""The rows of `gristmill records --json`: one for each record and each damaged range, in the order of the file.

    {"offset", "length", "type", "uri", "status", "mime", "outcome": "usable" | "failed", "why", "body_bytes",
    "body_sha1",
     "warnings"}
    {"gap": [from, to], "why"}

`uri` is null where the record has none or where it is not UTF-8; the latter have `uri_escaped`. `body_bytes` and
`body_sha1` (as in WARC digests: "sha1:" and base32) describe the decoded body of usable response, resource and
conversion records.
"""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from gristmill.crawl.record import DEFAULT_LIMITS, Gap, Limits, Record
from gristmill.crawl.records import read_records

_BODY_TYPES = frozenset(("response", "resource", "conversion"))


def list_records(path: Path, limits: Limits = DEFAULT_LIMITS) -> Iterator[dict[str, Any]]:
    """Rows of JSON values for a file's records and damaged ranges; a zstd dictionary is neither."""
    for item in read_records(path, replace(limits, check_digests=True)):
        if isinstance(item, Record):
            yield _row(item)
        elif item.why != "dictionary":
            yield gap_row(item)


def gap_row(gap: Gap) -> dict[str, Any]:
    """The row of a damaged range."""
    return {"gap": [gap.start, gap.end], "why": gap.why}


def _row(record: Record) -> dict[str, Any]:
    escaped = "uri_not_utf8" in record.warnings
    row: dict[str, Any] = {
        "offset": record.offset,
        "length": record.length,
        "type": record.type or None,
        "uri": None if escaped else record.uri or None,
        "status": record.http_status or None,
        "mime": _mime(record) or None,
        "outcome": record.outcome,
        "why": f"{record.error}: {record.message}" if record.error else None,
        "body_bytes": None,
        "body_sha1": None,
        "warnings": list(record.warnings),
    }
    if escaped:
        row["uri_escaped"] = record.uri
    if record.within:
        row["within"] = record.within
    if record.outcome == "usable" and record.type in _BODY_TYPES:
        row["body_bytes"] = len(record.body)
        digest = hashlib.sha1(record.body, usedforsecurity=False).digest()
        row["body_sha1"] = "sha1:" + base64.b32encode(digest).decode()
    return row


def _mime(record: Record) -> str:
    """The media type that the sender gave, in lower case and without parameters."""
    sent = next((value for name, value in record.http_headers if name.lower() == "content-type"), None)
    value = record.content_type if sent is None and not record.http_status else sent or ""
    return value.partition(";")[0].strip().lower()
