"""Token shards that the tests write for themselves."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from gristmill.tokenize.shard_writer import Format, Shard
from gristmill.tokenize.shards import local_outputs, plan_shards, write_shards

END = 9


def encoded(documents: list[list[int]], dtype: str = "<u2") -> pa.RecordBatch:
    """A batch of encoded documents, whose ids count up."""
    ids = pa.array([number.to_bytes(16, "big") for number in range(len(documents))], pa.binary(16))
    tokens = pa.array(documents, pa.large_list(pa.from_numpy_dtype(np.dtype(dtype))))
    return pa.RecordBatch.from_arrays([ids, tokens], ["id", "tokens"])


def write(
    folder: Path,
    documents: list[list[int]],
    *,
    dtype: str = "<u2",
    max_tokens: int = 1000,
    formats: tuple[Format, ...] = ("megatron", "npy"),
) -> list[Shard]:
    """Write documents as shards into a folder."""
    lengths = np.array([len(document) for document in documents], np.int64)
    plans = plan_shards(lengths, max_tokens)
    outputs = local_outputs(folder)
    return list(write_shards([encoded(documents, dtype)], plans, np.dtype(dtype), formats, outputs))
