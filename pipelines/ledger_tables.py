"""The small tables of the ledger, written into its file: runs, stages, funnel, removals, files, receipts."""

from typing import Any

import duckdb
import orjson
import pyarrow as pa

from gristmill.pipelines.funnel import funnel
from gristmill.pipelines.receipts import Receipt
from gristmill.pipelines.runs import Run, accounted
from gristmill.pipelines.store import Store


def make_tables(connection: duckdb.DuckDBPyConnection, store: Store, run: Run) -> None:
    """Write them all."""
    value = funnel(run)
    runs = [
        {
            "id": run.id,
            "store": store.place,
            "recipe": run.recipe,
            "description": run.description,
            "started": run.started,
            "root": run.root,
            "balanced": value["balanced"],
        }
    ]
    stages = [
        {
            "position": i,
            "name": stage.name,
            "key": stage.key,
            "digest": stage.digest,
            "params": orjson.dumps(stage.params).decode(),
        }
        for i, stage in enumerate(accounted(run.stages))
    ]
    told = [
        {"position": i, **{k: v for k, v in stage.items() if k not in ("reasons", "beside")}}
        for i, stage in enumerate(value["stages"])
    ]
    removals = [
        {"stage": stage["name"], "rule": rule, "alive": alive, "units": count}
        for stage in value["stages"]
        for alive, reasons in ((True, stage["reasons"]), (False, stage["beside"]["reasons"]))
        for rule, count in reasons.items()
    ]
    fetched = run.stage("fetch")
    files = [
        {
            "address": receipt.address,
            "location": receipt.extra.get("location", ""),
            "bytes": receipt.bytes_in,
            "reason": next(iter(receipt.reasons), ""),
        }
        for receipt in (fetched.final if fetched else ())
    ]
    receipts = [_receipt_row(receipt) for stage in run.stages for receipt in (*stage.final, *stage.steps)]
    tables = {
        "runs": runs,
        "stages": stages,
        "funnel": told,
        "removals": removals,
        "files": files,
        "receipts": receipts,
    }
    for name, rows in tables.items():
        _table(connection, name, rows)


def _table(connection: duckdb.DuckDBPyConnection, name: str, rows: list[dict[str, Any]]) -> None:
    schema = pa.schema([("stage", pa.string()), ("rule", pa.string()), ("alive", pa.bool_()), ("units", pa.int64())])
    arrow = pa.Table.from_pylist(rows) if rows else schema.empty_table()
    connection.register("incoming", arrow)
    connection.execute(f"CREATE TABLE {name} AS SELECT * FROM incoming")
    connection.unregister("incoming")


def _receipt_row(receipt: Receipt) -> dict[str, Any]:
    return {
        "stage": receipt.stage, "key": receipt.key, "step": receipt.step, "name": receipt.name, "address": receipt.address,
        "unit": receipt.unit, "in": receipt.counts.in_, "kept": receipt.counts.kept, "rejected": receipt.counts.rejected,
        "failed": receipt.counts.failed, "reasons": orjson.dumps(receipt.reasons).decode(), "digest": receipt.digest,
        "bytes_in": receipt.bytes_in, "bytes_out": receipt.bytes_out, "seconds": receipt.seconds,
        "cpu_seconds": receipt.cpu_seconds, "peak_memory_bytes": receipt.peak_memory_bytes,
    }  # fmt: skip
