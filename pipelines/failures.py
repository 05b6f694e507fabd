"""What failed and what was odd in a run, grouped; and the bytes of a single record."""

import dataclasses
import tempfile
from pathlib import Path
from typing import Any

import duckdb

from gristmill.core.errors import UsageError
from gristmill.crawl.access import access_of
from gristmill.crawl.asking import Asker
from gristmill.crawl.input_file import InputFile
from gristmill.crawl.manners import PLANNING
from gristmill.crawl.raw import raw_record
from gristmill.pipelines.ledger import query
from gristmill.pipelines.story import find_records


def failures(ledger: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Groups by error class and by warning, the largest first.

    Returns:
        {"files": [...], "records": [{"error", "count", "files", "example": {...}}], "documents": [...], "warnings": [...]}
    """
    return {
        "files": query(
            ledger, "SELECT reason AS error, address AS file, location FROM files WHERE reason <> '' ORDER BY 1, 2"
        ),
        "records": _groups(ledger, "rules[1]", "outcome = 'failed'", "message"),
        "documents": query(
            ledger,
            "SELECT stage, rules[1] AS error, count(*) AS count, lower(hex(min(id))) AS example FROM verdicts "
            "WHERE outcome = 'failed' AND alive GROUP BY ALL ORDER BY count DESC, error",
        ),
        "warnings": _groups(ledger, "unnest(warnings)", "len(warnings) > 0", "''"),
    }


def _groups(ledger: duckdb.DuckDBPyConnection, error: str, condition: str, message: str) -> list[dict[str, Any]]:
    rows = query(
        ledger,
        f'WITH found AS (SELECT {error} AS error, id, file, "offset", uri, {message} AS message FROM records WHERE {condition}) '
        "SELECT error, count(*) AS count, count(DISTINCT file) AS files, "
        'min_by({id: lower(hex(id)), file: file, "offset": "offset", uri: uri, message: message}, (file, "offset")) AS example '
        "FROM found GROUP BY error ORDER BY count DESC, error",
    )
    return [dict(row) for row in rows]


def failures_text(value: dict[str, Any]) -> str:
    """Failures for people."""
    lines = [f"file    {one['error']}  {one['location']}" for one in value["files"]]
    for kind, groups in (("record", value["records"]), ("odd", value["warnings"])):
        for one in groups:
            example = one["example"]
            where = f"{example['file']} at byte {example['offset']:,}"
            lines.append(
                f"{kind:<8}{one['count']:>9,} × {one['error']:<28} in {one['files']:,} files, the first: {where}"
            )
            lines.append(f"{'':<20}{example['id']}  {example['message'] or example['uri']}")
    lines += [
        f"{one['stage']:<8}{one['count']:>9,} × {one['error']:<28} the first: {one['example']}"
        for one in value["documents"]
    ]
    return "\n".join(lines) or "nothing failed"


def raw_bytes(ledger: duckdb.DuckDBPyConnection, identifier: str) -> bytes:
    """The bytes that a record was read from: its headers and its block, or a row.

    Raises:
        UsageError: the run has no such record.
        InputError: its file cannot be read any more.
    """
    record = find_records(ledger, identifier)[0]
    rows = query(ledger, "SELECT location FROM files WHERE address = ?", [record["file"]])
    if not rows or not rows[0]["location"]:
        raise UsageError(f"the ledger does not know where {record['file']} lay.")
    access = access_of()
    file = InputFile(record["file"], rows[0]["location"], -1, "", False)
    with (
        Asker(manners=dataclasses.replace(PLANNING, contact=access.contact)) as asker,
        tempfile.TemporaryDirectory(prefix="gristmill-") as folder,
    ):
        return raw_record(file, record["offset"], record["length"], asker, Path(folder))
