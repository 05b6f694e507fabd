"""Kept documents as one file for other programs, and shards under plain names."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from gristmill.core.documents import SCHEMA
from gristmill.core.errors import UsageError
from gristmill.pipelines import verdicts
from gristmill.pipelines.outfiles import appearing
from gristmill.pipelines.receipts import Receipt
from gristmill.pipelines.runs import Run
from gristmill.pipelines.store import Store
from gristmill.pipelines.tables import read_batches
from gristmill.pipelines.tracing import shard_receipts
from gristmill.tokenize.shard_writer import shard_name

_SHARD_KINDS = ("bin", "idx", "npy")
_COPY_BYTES = 8 * 1024 * 1024


def export_documents(store: Store, run: Run, out: Path) -> int:
    """Write the documents that were encoded, in the order of the parts, to .parquet or .jsonl; returns their number."""
    if out.suffix not in (".parquet", ".jsonl"):
        raise UsageError(f"cannot tell the format of {out}: end it in .parquet or .jsonl.")
    write = _write_parquet if out.suffix == ".parquet" else _write_jsonl
    with appearing(out) as partial:
        return write(partial, kept_documents(store, run))


def kept_documents(store: Store, run: Run) -> Iterator[pa.RecordBatch]:
    """The documents that were encoded, batch by batch, with their final text."""
    sources = _final_documents(run)
    encoded = run.stage("encode")
    assert encoded is not None
    for source, judged in zip(sources, encoded.final, strict=True):
        output = source.output("documents")
        assert output is not None
        alive = verdicts.alive_after(store, judged, output.rows)
        start = 0
        for rows in read_batches(store, output.path):
            yield rows.filter(pa.array(alive[start : start + rows.num_rows]))
            start += rows.num_rows


def export_shards(store: Store, run: Run, out: Path) -> int:
    """Copy the shards as shard-00000.bin, .idx, .npy; returns the number of files."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot write to {out}: {error.strerror}. Name another folder.") from error
    copied = 0
    for number, receipt in enumerate(shard_receipts(run)):
        for kind in _SHARD_KINDS:
            output = receipt.output(kind)
            if output is None:
                continue
            target = out / f"{shard_name(number)}.{kind}"
            with appearing(target) as partial, store.reader(output.path) as source, partial.open("wb") as copy:
                shutil.copyfileobj(source, copy, _COPY_BYTES)
            copied += 1
    return copied


def _final_documents(run: Run) -> tuple[Receipt, ...]:
    editing = [stage for stage in run.stages if any(receipt.output("documents") for receipt in stage.final)]
    return editing[-1].final


def _write_parquet(path: Path, batches: Iterator[pa.RecordBatch]) -> int:
    rows = 0
    with path.open("wb") as out, pq.ParquetWriter(out, SCHEMA, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch)
            rows += batch.num_rows
    return rows


def _write_jsonl(path: Path, batches: Iterator[pa.RecordBatch]) -> int:
    rows = 0
    with path.open("wb") as out:
        for batch in batches:
            for row in batch.to_pylist():
                out.write(orjson.dumps(row | {"id": row["id"].hex()}) + b"\n")
                rows += 1
    return rows
