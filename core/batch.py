"""A batch of documents as the filters see it: Arrow columns, and what many filters need computed once.

A filter gets a `Batch` and returns a `Verdict` (core/verdict.py). It must not care how documents were cut into batches.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Shared = TypeVar("Shared")


@dataclass(frozen=True)
class TextBuffers:
    """A string column as kernels walk it.

    Attributes:
        data: UTF-8 bytes of all texts, uint8[bytes], read-only.
        offsets: text i is data[offsets[i]:offsets[i + 1]]; int64[texts + 1], read-only; does not start at 0 in a slice.
    """

    data: NDArray[np.uint8]
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1


def text_buffers(column: pa.Array) -> TextBuffers:
    """View a string or large_string column without nulls as arrays; a large_string's bytes are not copied.

    All arrays come out read-only: numba compiles a second copy of a kernel for writable ones (0.3 to 2 s each).
    """
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if column.type != pa.large_string():
        column = column.cast(pa.large_string())
    if column.null_count:
        raise ValueError(f"a text column must have no nulls, this one has {column.null_count}")
    _, offset_buffer, data_buffer = column.buffers()
    if len(column) == 0:
        offsets = np.zeros(1, np.int64)
    else:
        offsets = np.frombuffer(offset_buffer, np.int64)[column.offset : column.offset + len(column) + 1]
    data = (
        np.frombuffer(data_buffer, np.uint8) if data_buffer is not None and data_buffer.size else np.zeros(0, np.uint8)
    )
    offsets.flags.writeable = False
    data.flags.writeable = False
    return TextBuffers(data, offsets)


class Batch:
    """Documents (columns of core.documents.SCHEMA, at least `id`, `url` and `text`) and the upstream signals asked for.

    Attributes:
        documents: the rows to judge.
        upstream: signals of earlier stages by full name ("language.label"), one value a row; what is not there was not run.
    """

    def __init__(self, documents: pa.RecordBatch, upstream: dict[str, pa.Array] | None = None) -> None:
        self.documents = documents
        self.upstream = upstream or {}
        self._shared: dict[str, Any] = {}

    def __len__(self) -> int:
        return int(self.documents.num_rows)

    def column(self, name: str) -> pa.Array:
        """One column of the documents; KeyError if the input has none of that name."""
        return self.documents.column(name)

    @cached_property
    def text(self) -> TextBuffers:
        """The documents' texts."""
        return text_buffers(self.column("text"))

    def shared(self, key: str, make: Callable[[], Shared]) -> Shared:
        """What `make` returns, computed for the first filter that asks and handed to the others."""
        if key not in self._shared:
            self._shared[key] = make()
        value: Shared = self._shared[key]
        return value
