"""Finding documents in the ledger, a page at a time, and reading one of them.

The browser lists records of the input: all pages, and on demand also what became no page. A record's outcome is that of
the chosen stage, or without one the whole run's: kept (its tokens are in the shards), rejected, failed.
"""

from dataclasses import dataclass
from typing import Any

import duckdb

from gristmill.dashboard.histograms import view_of
from gristmill.pipelines.ledger import query

PAGE_ROWS = 50
MAX_PAGES = 200  # a deeper page would sort most of the ledger; a narrower search is what one wants
TEXT_CHARACTERS = 40_000
_HEX_ID = 32


@dataclass(frozen=True)
class Search:
    """What to list.

    Attributes:
        find: part of the URL, in any case, or a document's id of 32 hex digits.
        stage: outcomes and rules of this stage; "" for the whole run.
        rule: only records that fail this rule, or "".
        outcome: kept, rejected, failed, or "" for any.
        beside: also pages that an earlier stage had rejected; of no meaning without a stage.
    """

    find: str = ""
    stage: str = ""
    rule: str = ""
    outcome: str = ""
    beside: bool = False


def count_found(ledger: duckdb.DuckDBPyConnection, search: Search) -> int:
    """How many records a search finds."""
    sql, values = _found(search)
    return int(query(ledger, f"SELECT count(*) AS n FROM ({sql})", values)[0]["n"])


def find_page(ledger: duckdb.DuckDBPyConnection, search: Search, page: int) -> list[dict[str, Any]]:
    """A page of what a search finds, in the order of the input: id (hex), url, date, outcome, rules.

    Args:
        search: what to list.
        page: from 0; at most MAX_PAGES - 1.
    """
    sql, values = _found(search)
    start = min(max(page, 0), MAX_PAGES - 1) * PAGE_ROWS
    rows = query(ledger, f'{sql} ORDER BY file, "offset", id LIMIT {PAGE_ROWS} OFFSET {start}', values)
    reasons = {} if search.stage else _removing_rules(ledger, [row["id"] for row in rows])
    return [
        {
            "id": row["id"].hex(),
            "url": row["url"],
            "date": row["date"],
            "outcome": row["outcome"],
            "rules": list(row["rules"]) or reasons.get(bytes(row["id"]), []),
        }
        for row in rows
    ]


def _found(search: Search) -> tuple[str, list[Any]]:
    """The query of a search: id, url, date, file, offset, outcome, rules; and its values."""
    if search.stage and search.stage != "extract":
        sql = (
            'SELECT r.id, r.uri AS url, r.date, r.file, r."offset", v.outcome, v.rules '
            f"FROM {view_of(search.stage)} v JOIN records r USING (id) WHERE v.outcome IS NOT NULL"
        )
        sql += "" if search.beside else " AND v.alive"
    elif search.stage:
        sql = 'SELECT id, uri AS url, date, file, "offset", outcome, rules FROM records WHERE true'
    else:
        sql = (
            "SELECT id, uri AS url, date, file, \"offset\", rules, CASE WHEN outcome = 'failed' THEN 'failed' "
            "WHEN id IN (SELECT id FROM shards) THEN 'kept' ELSE 'rejected' END AS outcome "
            "FROM records WHERE outcome IN ('kept', 'failed')"
        )
    return _narrowed(sql, search)


def _narrowed(sql: str, search: Search) -> tuple[str, list[Any]]:
    conditions: list[str] = []
    values: list[Any] = []
    text = search.find.strip()
    if _is_id(text):
        conditions, values = ["id = ?"], [bytes.fromhex(text)]
    elif text:
        conditions, values = ["contains(lower(url), lower(?))"], [text]
    if search.outcome:
        conditions.append("outcome = ?")
        values.append(search.outcome)
    if search.rule:
        inside = "id IN (SELECT id FROM reasons WHERE rule = ?)"
        conditions.append("list_contains(rules, ?)" if search.stage else f"(list_contains(rules, ?) OR {inside})")
        values += [search.rule] * (1 if search.stage else 2)
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"SELECT * FROM ({sql}){where}", values


def _is_id(text: str) -> bool:
    return len(text) == _HEX_ID and all(digit in "0123456789abcdef" for digit in text.lower())


def _removing_rules(ledger: duckdb.DuckDBPyConnection, ids: list[bytes]) -> dict[bytes, list[str]]:
    """The rules of the stage that removed each document, of those that were."""
    if not ids:
        return {}
    marks = ", ".join("?" * len(ids))
    sql = f"SELECT id, rules FROM verdicts WHERE alive AND outcome <> 'kept' AND id IN ({marks})"
    return {bytes(row["id"]): list(row["rules"]) for row in query(ledger, sql, ids)}


def read_text(ledger: duckdb.DuckDBPyConnection, document: str, edited: bool) -> dict[str, Any] | None:
    """Title, first TEXT_CHARACTERS characters and full length of a document's text; None if there is none.

    Args:
        document: its id, hex.
        edited: the text that was encoded rather than the one that was extracted.
    """
    rows = query(
        ledger,
        f"SELECT title, substr(text, 1, {TEXT_CHARACTERS}) AS text, length(text) AS characters, html_lang, mime, charset "
        f"FROM {'kept' if edited else 'documents'} WHERE id = ? LIMIT 1",
        [bytes.fromhex(document)],
    )
    return rows[0] if rows else None
