"""The ledger: every verdict and receipt of a run as SQL, in one DuckDB file that any client opens.

    runs, stages      what was run
    receipts          one row per finished task
    funnel, removals  what each stage kept; documents by stage and failed rule
    files             the input files
    documents         view: every extracted document with its text
    records           view: every record and damaged range, also those that became no document
    verdicts          view: one row per document and stage; signals as JSON
    verdicts_<stage>  view: the same for one stage, signals as a typed struct
    reasons           view: one row per document, stage and failed rule
    duplicates        view: removed document, survivor, Jaccard
    kept              view: the documents that reached the shards, as they were encoded
    shards            view: shard, start, length in tokens, document id

Small tables are in the file, large ones are views over the Parquet files that the receipts name. The file is published by
replacing it: a writer would lock readers out.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from gristmill.core import documents
from gristmill.core.errors import StoreError, UsageError
from gristmill.pipelines.ledger_tables import make_tables
from gristmill.pipelines.plan import Plan
from gristmill.pipelines.receipts import Receipt
from gristmill.pipelines.runs import Run, read_run, stage_runs, write_finished
from gristmill.pipelines.store import Store, open_store
from gristmill.tokenize.shard_index import INDEX_SCHEMA

LEDGER = "ledger.duckdb"


def finish_run(plan: Plan, receipts: Sequence[Receipt]) -> Run:
    """Check the whole run, record its end and publish its ledger."""
    store = open_store(plan.store)
    run = write_finished(store, plan, stage_runs(plan, receipts))
    publish_ledger(store, run)
    return run


def publish_ledger(store: Store, run: Run) -> None:
    """Build the ledger of a run and put it in the place of the one before.

    Raises:
        StoreError: there is no room for it, or a file that it should show cannot be read.
    """
    with tempfile.TemporaryDirectory(prefix="gristmill-") as folder:
        path = Path(folder) / LEDGER
        try:
            with duckdb.connect(str(path)) as connection:
                _build(connection, store, run)
                connection.execute("CHECKPOINT")
        except duckdb.Error as error:
            raise StoreError(
                f"cannot build the ledger in {folder}: {str(error).splitlines()[0]}. The run itself is done: "
                f"make room there and run 'gristmill ledger --store {store.url}'."
            ) from error
        store.put(LEDGER, path.read_bytes())


def open_ledger(store: Store, run_id: str | None = None) -> duckdb.DuckDBPyConnection:
    """Open the ledger for reading; another run's than the published one is built in memory.

    Raises:
        UsageError: the store has no finished run.
    """
    run = read_run(store, run_id)
    if store.folder is not None and (store.folder / LEDGER).exists():
        connection = duckdb.connect(str(store.folder / LEDGER), read_only=True)
        if connection.execute("SELECT id, store FROM runs").fetchall() == [(run.id, store.place)]:
            return connection
        connection.close()  # of an older run, or the store has moved: its views point elsewhere
    connection = duckdb.connect()
    _build(connection, store, run)
    return connection


def query(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
    """Rows of a query as dictionaries.

    Raises:
        UsageError: DuckDB does not understand the query.
    """
    try:
        cursor = connection.execute(sql, list(parameters))
    except duckdb.IOException as error:
        raise StoreError(
            f"the ledger's files cannot be read: {str(error).splitlines()[0]}. Run 'gristmill ledger' to rebuild it."
        ) from error
    except duckdb.Error as error:
        raise UsageError(f"DuckDB: {str(error).splitlines()[0]} ('SHOW TABLES' lists what can be asked)") from error
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _build(connection: duckdb.DuckDBPyConnection, store: Store, run: Run) -> None:
    if store.folder is None:
        from obstore.fsspec import FsspecStore

        protocol: Any = store.url.partition("://")[0]
        connection.register_filesystem(FsspecStore(protocol))
    make_tables(connection, store, run)
    files = _Files(store, run)
    _view(connection, "documents", files.of("extract", "documents"), documents.SCHEMA)
    _view(connection, "records", files.of("extract", "verdicts"), pa.schema([]))
    parts: list[str] = []
    for stage in run.stages:
        paths = files.of(stage.name, "verdicts")
        if stage.name in ("fetch", "extract") or not paths:
            continue
        connection.execute(f'CREATE VIEW "verdicts_{stage.name}" AS SELECT * FROM {_parquet(paths)}')
        parts.append(
            f"SELECT id, '{stage.name}' AS stage, alive, outcome, rules, to_json(signals) AS signals "
            f'FROM "verdicts_{stage.name}" WHERE outcome IS NOT NULL'
        )
    connection.execute("CREATE VIEW verdicts AS " + " UNION ALL ".join(parts))
    connection.execute("CREATE VIEW reasons AS SELECT id, stage, alive, unnest(rules) AS rule FROM verdicts")
    _duplicates(connection, run)
    _view(connection, "shards", files.of("shards", "index"), INDEX_SCHEMA)
    connection.execute(
        f"CREATE VIEW kept AS SELECT * FROM {_parquet(files.of_last_edit())} SEMI JOIN shards USING (id)"
    )


class _Files:
    """Where the outputs of a run's stages lie."""

    def __init__(self, store: Store, run: Run) -> None:
        self._store, self._run = store, run

    def of(self, stage: str, kind: str) -> list[str]:
        """Paths of all outputs of a kind that have rows; all of them if none has."""
        found = self._run.stage(stage)
        outputs = [output for receipt in (found.final if found else ()) if (output := receipt.output(kind))]
        chosen = [output for output in outputs if output.rows] or outputs
        return [self._store.local_path(output.path) for output in chosen]

    def of_last_edit(self) -> list[str]:
        """Paths of the documents as the last text-editing stage left them."""
        names = [
            stage.name for stage in self._run.stages if any(receipt.output("documents") for receipt in stage.final)
        ]
        return self.of(names[-1], "documents")


def _duplicates(connection: duckdb.DuckDBPyConnection, run: Run) -> None:
    parts = []
    for stage in run.stages:
        kinds = {"exact": "1.0", "minhash": 'signals."minhash.jaccard"'}
        if stage.name in kinds and any(receipt.output("verdicts") for receipt in stage.final):
            parts.append(
                f"SELECT id, '{stage.name}' AS stage, signals.\"{stage.name}.survivor\" AS survivor, "
                f'{kinds[stage.name]}::DOUBLE AS jaccard, signals."{stage.name}.cluster_size" AS cluster_size '
                f'FROM "verdicts_{stage.name}" WHERE alive AND signals."{stage.name}.survivor" IS NOT NULL'
            )
    columns = {"id": "BLOB", "stage": "VARCHAR", "survivor": "BLOB", "jaccard": "DOUBLE", "cluster_size": "INTEGER"}
    nothing = "SELECT " + ", ".join(f"NULL::{kind} AS {name}" for name, kind in columns.items()) + " WHERE false"
    connection.execute("CREATE VIEW duplicates AS " + (" UNION ALL ".join(parts) or nothing))


def _view(connection: duckdb.DuckDBPyConnection, name: str, paths: list[str], schema: pa.Schema) -> None:
    if paths:
        connection.execute(f"CREATE VIEW {name} AS SELECT * FROM {_parquet(paths)}")
    else:
        connection.register("incoming", schema.empty_table())
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM incoming")


def _parquet(paths: Sequence[str]) -> str:
    quoted = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
    return f"read_parquet([{quoted}])"
