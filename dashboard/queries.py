"""What the dashboard asks the ledger. Every answer is bounded: sums made in DuckDB, or a LIMIT.

All functions take a connection to a ledger (pipelines/ledger.py lists its tables) and give rows as dictionaries.
"Kept" here means that the document reached the shards.
"""

from typing import Any, Literal

import duckdb

from gristmill.pipelines.ledger import query

Rows = list[dict[str, Any]]
Order = Literal["total", "kept", "removed"]

_TALLIED = "count(*) AS total, count(*) FILTER (kept) AS kept, count(*) FILTER (NOT kept) AS removed"
_KEPT = "id IN (SELECT id FROM shards) AS kept"
_HOST = r"regexp_extract(lower(url), '^[a-z]+://(?:[^/?#@]*@)?([^/?#:]+)', 1)"


def run_facts(ledger: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """One row: the run's recipe, id, root and balance; its files, records, documents, kept documents and tokens."""
    return query(
        ledger,
        """
        SELECT id, recipe, description, started, root, balanced,
            (SELECT count(*) FROM files) AS files,
            (SELECT coalesce(sum("in"), 0)::BIGINT FROM funnel WHERE name = 'extract') AS records,
            (SELECT coalesce(sum(kept), 0)::BIGINT FROM funnel WHERE name = 'extract') AS documents,
            (SELECT count(DISTINCT id) FROM shards) AS kept,
            (SELECT coalesce(sum(length), 0)::BIGINT FROM shards) AS tokens
        FROM runs LIMIT 1
        """,
    )[0]


def funnel(ledger: duckdb.DuckDBPyConnection) -> Rows:
    """One row for each stage in the order of the flow: position, name, unit, in, kept, rejected, failed, seconds."""
    return query(
        ledger,
        'SELECT position, name, unit, "in", kept, rejected, failed, seconds, bytes_in, bytes_out FROM funnel ORDER BY position',
    )


def removals(ledger: duckdb.DuckDBPyConnection) -> Rows:
    """One row for each stage and rule: stage, rule, unit, alive and beside (documents that were rejected before)."""
    return query(
        ledger,
        """
        SELECT f.position, r.stage, r.rule, f.unit,
            coalesce(sum(r.units) FILTER (r.alive), 0)::BIGINT AS alive,
            coalesce(sum(r.units) FILTER (NOT r.alive), 0)::BIGINT AS beside
        FROM removals r JOIN funnel f ON f.name = r.stage
        GROUP BY ALL ORDER BY f.position, alive DESC, beside DESC, r.rule
        """,
    )


def stage_params(ledger: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The parameters of each stage as JSON, in the order of the flow."""
    return {row["name"]: row["params"] for row in query(ledger, "SELECT name, params FROM stages ORDER BY position")}


def judged_stages(ledger: duckdb.DuckDBPyConnection) -> list[str]:
    """Stages with verdicts on documents, in the order of the flow; `extract` has its own in `records`."""
    rows = query(
        ledger,
        "SELECT s.name FROM stages s JOIN information_schema.tables t ON t.table_name = 'verdicts_' || s.name "
        "ORDER BY s.position",
    )
    return [row["name"] for row in rows]


def languages(ledger: duckdb.DuckDBPyConnection, limit: int = 40) -> Rows:
    """Documents by language label, most frequent first: name, total, kept, removed; empty without a language stage."""
    if "language" not in judged_stages(ledger):
        return []
    label = 'SELECT signals."language.label" AS name, id FROM verdicts_language WHERE outcome IS NOT NULL'
    return _by_name(ledger, label, "total", limit)


def domains(ledger: duckdb.DuckDBPyConnection, order: Order = "total", limit: int = 40) -> Rows:
    """Documents by registered domain (by host without a stage `urls`): name, total, kept, removed; the first in `order`."""
    if "urls" in judged_stages(ledger):
        source = 'SELECT signals."urls.domain" AS name, id FROM verdicts_urls WHERE outcome IS NOT NULL'
    else:
        source = f"SELECT {_HOST} AS name, id FROM documents"
    return _by_name(ledger, source, order, limit)


def _by_name(ledger: duckdb.DuckDBPyConnection, source: str, order: Order, limit: int) -> Rows:
    return query(
        ledger,
        f"SELECT coalesce(nullif(name, ''), '(none)') AS name, {_TALLIED} FROM (SELECT name, {_KEPT} FROM ({source})) "
        f"GROUP BY 1 ORDER BY {order} DESC, name LIMIT ?",
        [limit],
    )


def cluster_sizes(ledger: duckdb.DuckDBPyConnection, limit: int = 60) -> Rows:
    """How many clusters have how many documents (the survivor among them): stage, cluster_size, clusters, removed."""
    return query(
        ledger,
        "SELECT stage, cluster_size, count(DISTINCT survivor) AS clusters, count(*) AS removed FROM duplicates "
        "GROUP BY ALL ORDER BY stage, cluster_size LIMIT ?",
        [limit],
    )


def largest_clusters(ledger: duckdb.DuckDBPyConnection, limit: int = 20) -> Rows:
    """The clusters that removed most: stage, id (hex) and url of the survivor, removed, least Jaccard."""
    return query(
        ledger,
        """
        SELECT c.stage, lower(hex(c.survivor)) AS id, d.url, c.removed, c.least_jaccard
        FROM (SELECT stage, survivor, count(*) AS removed, min(jaccard) AS least_jaccard
              FROM duplicates GROUP BY ALL ORDER BY removed DESC, survivor LIMIT ?) c
        LEFT JOIN documents d ON d.id = c.survivor ORDER BY c.removed DESC, c.survivor
        """,
        [limit],
    )


def near_duplicates(ledger: duckdb.DuckDBPyConnection, bins: int = 40) -> Rows:
    """Removed near duplicates by true Jaccard to their survivor: start, end, documents; `bins` bins up to 1."""
    return query(
        ledger,
        """
        WITH near AS (SELECT jaccard FROM duplicates WHERE stage <> 'exact'),
            bounds AS (SELECT floor(min(jaccard) * 20) / 20 AS low FROM near),
            placed AS (SELECT low, (1.0001 - low) / $bins AS width, floor((jaccard - low) / width) AS bin FROM near, bounds)
        SELECT low + bin * width AS start, least(low + (bin + 1) * width, 1) AS "end", count(*) AS documents
        FROM placed GROUP BY ALL ORDER BY start
        """.replace("$bins", str(int(bins))),
    )
