"""An ordered stream of encoded documents, cut into shards.

How long every document is must be known beforehand, and the encode stage's verdicts tell: a NumPy header holds the
final length and comes first, and an object store cannot go back to it. Memory holds a batch, and 20 bytes a document.
"""

import functools
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from gristmill.core.errors import GristmillError
from gristmill.core.params import Params as BaseParams
from gristmill.tokenize.shard_writer import Format, Shard, ShardPlan, ShardWriter

NAME = "shards"
VERSION = 1

OpenOutput = Callable[[str], AbstractContextManager[BinaryIO]]
"""Opens a shard's file by name. Where the context is left with an error, nothing of that name may appear."""


class Params(BaseParams):
    """How shards are cut and written."""

    seed: int = 0
    """Of the order of documents (tokenize/shuffle.py)."""

    max_tokens: int = Field(default=100_000_000, ge=1)
    """Most tokens in a shard. A document is never cut: a longer one gets a shard of its own. llm.c: 10⁸."""

    formats: tuple[Format, ...] = Field(default=("megatron", "npy"), min_length=1)
    """What is written: Megatron's .bin and .idx, NumPy's .npy."""


def plan_shards(lengths: NDArray[np.int64], max_tokens: int) -> list[ShardPlan]:
    """Cut a stream of documents wherever the next one would exceed the limit.

    Args:
        lengths: tokens of each document in the order of the stream, int64[documents].
        max_tokens: most tokens in a shard.
    """
    ends = np.cumsum(lengths, dtype=np.int64)
    plans = []
    start = before = 0
    while start < len(lengths):
        stop = max(int(np.searchsorted(ends, before + max_tokens, "right")), start + 1)
        end = int(ends[stop - 1])
        plans.append(ShardPlan(stop - start, end - before))
        start, before = stop, end
    return plans


def write_shards(
    documents: Iterable[pa.RecordBatch],
    plans: Iterable[ShardPlan],
    dtype: np.dtype[Any],
    formats: Iterable[Format],
    open_output: OpenOutput,
    *,
    first_number: int = 0,
) -> Iterator[Shard]:
    """Write a stream of documents as planned; each shard is handed out once its files are closed.

    Args:
        documents: batches with columns `id` and `tokens` (others are ignored), in the order of the shards.
        plans: of the same stream (`plan_shards`).
        dtype: of a token, little-endian uint16 or uint32.
        formats: to write.
        open_output: opens a file by name (`local_outputs`, or one that writes to a store).
        first_number: number of the first shard.

    Raises:
        GristmillError: the stream is not the one that was planned; the files of the shard at hand are given up.
    """
    stream = _Stream(documents)
    names = tuple(formats)
    for number, plan in enumerate(plans, first_number):
        with ExitStack() as stack:
            writer = ShardWriter(number, plan, dtype, names, functools.partial(_open_within, stack, open_output))
            for batch in stream.take(plan.documents):
                writer.write(batch)
            shard = writer.finish()
        yield shard
    if stream.remains():
        raise GristmillError("there are more encoded documents than the shards were planned with; run encode again")


def local_outputs(folder: Path) -> OpenOutput:
    """Write shards into a folder; a file gets its name when it is whole, and an unfinished one is removed."""
    return lambda name: _local_output(folder / name)


@contextmanager
def _local_output(path: Path) -> Iterator[BinaryIO]:
    partial = path.with_name(path.name + ".partial")
    try:
        with partial.open("wb") as out:
            yield out
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _open_within(stack: ExitStack, open_output: OpenOutput, name: str) -> BinaryIO:
    return stack.enter_context(open_output(name))


class _Stream:
    """Batches of a stream, cut where a shard ends."""

    def __init__(self, batches: Iterable[pa.RecordBatch]) -> None:
        self._batches = iter(batches)
        self._rest: pa.RecordBatch | None = None

    def take(self, rows: int) -> Iterator[pa.RecordBatch]:
        """The next rows; fewer only where the stream ends."""
        while rows and self.remains():
            assert self._rest is not None
            taken = self._rest[:rows]
            self._rest = self._rest[rows:]
            rows -= taken.num_rows
            yield taken

    def remains(self) -> bool:
        """Whether there is another row."""
        while self._rest is None or not self._rest.num_rows:
            self._rest = next(self._batches, None)
            if self._rest is None:
                return False
        return True
