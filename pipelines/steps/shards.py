"""Steps of `shards`: encoded documents by part, sorted by their place in the shuffle → one shard for each hash range."""

import contextlib
import hashlib
from collections.abc import Iterator
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gristmill.pipelines.jobs import Draft, Job, Result
from gristmill.pipelines.receipts import Counts, Output
from gristmill.pipelines.steps.corpus import read_bucket
from gristmill.pipelines.store import Store
from gristmill.pipelines.tables import read_table
from gristmill.tokenize import shards
from gristmill.tokenize.shard_index import INDEX_SCHEMA
from gristmill.tokenize.shard_writer import ShardPlan, ShardWriter
from gristmill.tokenize.shuffle import shuffle_keys

_READ_BYTES = 8 * 1024 * 1024


def map_part(job: Job, draft: Draft) -> Result:
    """Sort the encoded documents of a part by their keys in the shuffle."""
    params = job.stage.params
    assert isinstance(params, shards.Params)
    source = job.receipt("documents").output("tokens")
    assert source is not None
    encoded = read_table(draft.store, source.path).combine_chunks()
    keys = pa.array(shuffle_keys(encoded["id"], params.seed), pa.uint64())
    table = encoded.add_column(0, "bucket", keys)
    with draft.table("rows", table.schema) as writer:
        writer.write_sorted(table, ["bucket", "id"])
    tokens = pc.sum(pc.list_value_length(table["tokens"])).as_py() or 0
    return Result(extra={"documents": table.num_rows, "tokens": tokens})


def write_bucket(job: Job, draft: Draft) -> Result:
    """Write the documents of a hash range, in the order of the shuffle, as one shard in every format."""
    params = job.stage.params
    assert isinstance(params, shards.Params)
    rows = read_bucket(job, draft, "map").sort_by([("bucket", "ascending"), ("id", "ascending")]).combine_chunks()
    lengths = pc.list_value_length(rows["tokens"]).to_numpy()
    dtype = np.dtype(rows.schema.field("tokens").type.value_type.to_pandas_dtype()).newbyteorder("<")
    plan = ShardPlan(rows.num_rows, int(lengths.sum()) if len(lengths) else 0)
    paths: dict[str, str] = {}
    with contextlib.ExitStack() as stack:

        def open_file(name: str) -> Any:
            ending = name[name.rindex(".") :]
            paths[name] = draft.path("shard", ending)
            return stack.enter_context(draft.store.writer(paths[name]))

        writer = ShardWriter(job.bucket, plan, dtype, params.formats, open_file)
        for batch in rows.to_batches():
            writer.write(batch)
        shard = writer.finish()
    for name, file in shard.files.items():
        draft.add(Output(name[name.rindex(".") + 1 :], paths[name], 0, file.bytes, file.sha256))
    with draft.table("index", INDEX_SCHEMA) as index:
        index.write(shard.index)
    counts = Counts(shard.documents, shard.documents, 0, 0)
    extra = {
        "shard": shard.number,
        "tokens": shard.tokens,
        "dtype": shard.dtype,
        "token_digest": shard.digest,
        "largest_id": shard.largest_id,
    }
    return Result("document", counts, extra=extra)


def file_digest(store: Store, path: str) -> str:
    """SHA-256 of a stored file, in hex."""
    digest = hashlib.sha256()
    for chunk in _chunks(store, path):
        digest.update(chunk)
    return digest.hexdigest()


def _chunks(store: Store, path: str) -> Iterator[bytes]:
    with store.reader(path) as source:
        while chunk := cast(bytes, source.read(_READ_BYTES)):
            yield chunk
