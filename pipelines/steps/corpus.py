"""What corpus stages share: map output sorted by hash for the shuffle, buckets read back, removals turned into verdicts."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gristmill.core.batch import Batch
from gristmill.core.documents import SCHEMA, file_prefix
from gristmill.pipelines import verdicts
from gristmill.pipelines.jobs import Draft, Job, Result
from gristmill.pipelines.steps.judge import Tally
from gristmill.pipelines.tables import hash_range, read_batches, read_range, read_table


def judge_part(job: Job, draft: Draft) -> Result:
    """Write the verdicts of a part: a removed document names its survivor.

    Signals: `<stage>.survivor` (id, null for those who stay), `<stage>.cluster_size`, and `minhash.jaccard`.
    """
    assert job.file is not None
    name = job.stage.name
    source = job.receipt("documents").output("documents")
    assert source is not None
    previous = job.receipts("previous")
    alive = verdicts.alive_after(draft.store, previous[0] if previous else None, source.rows)
    ids = read_table(draft.store, source.path, ["id"])["id"].combine_chunks()
    removed = read_removals(job, draft)
    place = pc.index_in(ids, removed["id"].combine_chunks())
    hit = pc.is_valid(place).to_numpy(zero_copy_only=False) & alive
    signals: dict[str, Any] = {}
    for column in removed.column_names:
        if column != "id":
            values = removed[column].combine_chunks()
            signals[f"{name}.{column}"] = values.take(place)
    (rule,) = job.stage.type.load().RULES
    rules = pa.ListArray.from_arrays(
        pa.array(np.concatenate([[0], np.cumsum(hit)]).astype(np.int32)), pa.array([rule] * int(hit.sum()), pa.string())
    )
    struct = pa.StructArray.from_arrays(list(signals.values()), names=list(signals))
    table = verdicts.table(ids, alive, alive, rules, struct)
    tally = Tally()
    with draft.table("verdicts", table.schema) as writer:
        writer.write(table)
        tally.add(table)
    return tally.result("document")


def write_mapped(job: Job, draft: Draft, rows_of: Any) -> Result:
    """Write what a map step makes of the alive documents of a part, sorted by `bucket` for the shuffle."""
    source = job.receipt("documents").output("documents")
    assert source is not None
    previous = job.receipts("previous")
    alive = verdicts.alive_after(draft.store, previous[0] if previous else None, source.rows)
    pieces: list[pa.RecordBatch] = []
    start = 0
    for rows in read_batches(draft.store, source.path):
        here = pa.array(alive[start : start + rows.num_rows])
        start += rows.num_rows
        pieces.append(rows_of(Batch(rows.filter(here))))
    if not pieces:
        pieces.append(rows_of(Batch(pa.RecordBatch.from_pylist([], schema=SCHEMA))))
    table = pa.Table.from_batches(pieces)
    with draft.table("rows", table.schema) as writer:
        writer.write_sorted(table, ["bucket", "id"])
    return Result(extra={"rows": table.num_rows, "row_bytes": table.nbytes})


def read_bucket(job: Job, draft: Draft, role: str) -> pa.Table:
    """All rows of the job's hash range, from every part in the order of their names."""
    low, high = hash_range(job.bucket, job.buckets)
    tables = []
    for receipt in job.receipts(role):
        output = receipt.output("rows")
        assert output is not None
        tables.append(read_range(draft.store, output.path, "bucket", low, high))
    return pa.concat_tables(tables)


def write_removals(draft: Draft, removals: pa.Table) -> Result:
    """Write removals sorted by id, which also sorts them by file: a part reads only its own."""
    with draft.table("rows", removals.schema) as writer:
        writer.write_sorted(removals, ["id"])
    return Result(extra={"removed": removals.num_rows})


def read_removals(job: Job, draft: Draft, role: str = "reduce") -> pa.Table:
    """The rows about a part's documents from all buckets; the first half of an id says which file it is from."""
    assert job.file is not None
    prefix = file_prefix(job.file.address)
    after = (int.from_bytes(prefix) + 1).to_bytes(9)[-8:] if prefix != b"\xff" * 8 else None
    tables = []
    for receipt in job.receipts(role):
        output = receipt.output("rows")
        assert output is not None
        high = after + bytes(8) if after is not None else None
        tables.append(read_range(draft.store, output.path, "id", prefix + bytes(8), high))
    return pa.concat_tables(tables)
