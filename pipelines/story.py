"""Stories of single documents: what happened to one, and which one a token came from."""

from typing import Any

import duckdb

from gristmill.core.errors import UsageError
from gristmill.pipelines.ledger import query
from gristmill.pipelines.runs import Run

_HEX_ID_LENGTH = 32


def story(ledger: duckdb.DuckDBPyConnection, run: Run, identifier: str) -> dict[str, Any]:
    """What happened to a document, as `show --json` prints it.

    Args:
        identifier: an id of 32 hex digits, or a URL; the newest capture of a URL is told.

    Raises:
        UsageError: no record of this run has that id or URL.
    """
    records = find_records(ledger, identifier)
    record = records[0]
    key = record["id"]
    captures = query(
        ledger,
        "SELECT id FROM records WHERE uri = ? AND uri <> '' AND id <> ? AND type = 'response' ORDER BY date DESC, id",
        [record["uri"], key],
    )
    return {
        "id": key.hex(),
        "url": record["uri"],
        "warc": {"file": record["file"], "offset": record["offset"], "length": record["length"]},
        "date": record["date"],
        "stages": [_extracted(record), *_verdicts(ledger, run, key)],
        "duplicate_of": _survivor(ledger, key),
        "captures": [row["id"].hex() for row in captures],
        "tokens": query(ledger, "SELECT shard, start, length FROM shards WHERE id = ? ORDER BY shard, start", [key]),
    }


def find_records(ledger: duckdb.DuckDBPyConnection, identifier: str) -> list[dict[str, Any]]:
    """Rows of the records table by id or URL, the newest page first; UsageError if there is none."""
    if len(identifier) == _HEX_ID_LENGTH and all(digit in "0123456789abcdef" for digit in identifier.lower()):
        rows = query(ledger, "SELECT * FROM records WHERE id = ?", [bytes.fromhex(identifier)])
    else:
        rows = query(
            ledger,
            "SELECT * FROM records WHERE uri = ? AND uri <> '' ORDER BY (type = 'response') DESC, date DESC, id",
            [identifier],
        )
    if not rows:
        raise UsageError(
            f"no record of the run has the id or URL {identifier}. "
            "Look for it with: gristmill sql \"SELECT hex(id), uri FROM records WHERE uri LIKE '%…%'\""
        )
    return rows


def _extracted(record: dict[str, Any]) -> dict[str, Any]:
    told = {
        "name": "extract",
        "outcome": record["outcome"],
        "rules": record["rules"],
        "signals": record["signals"] or {},
    }
    if record.get("warnings"):  # a store of before has none
        told["warnings"] = record["warnings"]
    return told | ({"message": record["message"]} if record["message"] else {})


def _verdicts(ledger: duckdb.DuckDBPyConnection, run: Run, key: bytes) -> list[dict[str, Any]]:
    stages = []
    for stage in run.stages:
        if stage.name in ("fetch", "extract") or not any(receipt.output("verdicts") for receipt in stage.final):
            continue
        rows = query(
            ledger,
            f'SELECT alive, outcome, rules, signals FROM "verdicts_{stage.name}" WHERE id = ? AND outcome IS NOT NULL',
            [key],
        )
        for row in rows:
            signals = {name: _readable(value) for name, value in row["signals"].items()}
            told = {"name": stage.name, "outcome": row["outcome"], "rules": row["rules"], "signals": signals}
            stages.append(told if row["alive"] else {**told, "judged_beside": True})
    return stages


def _readable(signal: Any) -> Any:
    """Ids as people write them."""
    return signal.hex() if isinstance(signal, bytes) else signal


def _survivor(ledger: duckdb.DuckDBPyConnection, key: bytes) -> dict[str, Any] | None:
    rows = query(
        ledger,
        "SELECT d.survivor AS id, r.uri AS url, d.jaccard "
        "FROM duplicates d LEFT JOIN records r ON r.id = d.survivor WHERE d.id = ?",
        [key],
    )
    return {**rows[0], "id": rows[0]["id"].hex()} if rows else None


def story_text(value: dict[str, Any]) -> str:
    """A story for people."""
    warc = value["warc"]
    lines = [
        value["url"] or "(no URL)",
        f"  id       {value['id']}",
        f"  from     {warc['file']}, bytes {warc['offset']:,} + {warc['length']:,}, captured {value['date']}",
    ]
    for stage in value["stages"]:
        beside = "  (already rejected; judged beside)" if stage.get("judged_beside") else ""
        lines.append(f"  {stage['name']:<11}{stage['outcome']}  {', '.join(stage['rules'])}{beside}".rstrip())
        lines.extend(f"      odd: {warning}" for warning in stage.get("warnings", ()))
        lines.extend(
            f"      {name} = {_plain(signal)}" for name, signal in stage["signals"].items() if signal is not None
        )
    if value["duplicate_of"]:
        survivor = value["duplicate_of"]
        lines.append(f"  repeats  {survivor['url']} ({survivor['id']}), Jaccard {survivor['jaccard']:.3f}")
    if value["captures"]:
        lines.append(f"  captured also as {', '.join(value['captures'])}")
    for place in value["tokens"]:
        lines.append(f"  tokens   shard {place['shard']}, {place['start']:,} + {place['length']:,}")
    return "\n".join(lines)


def _plain(signal: Any) -> str:
    return f"{signal:.6g}" if isinstance(signal, float) else str(signal)
