"""One shard, written in several formats at once from batches of encoded documents."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Literal, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gristmill.core.digest import DIGEST_BYTES
from gristmill.core.documents import ID_BYTES
from gristmill.core.errors import GristmillError
from gristmill.tokenize.megatron import LARGEST_ID, MegatronIndex, write_index
from gristmill.tokenize.npy_shards import npy_header
from gristmill.tokenize.shard_index import index_rows

Format = Literal["megatron", "npy"]


@dataclass(frozen=True)
class ShardPlan:
    """Which documents of the stream a shard holds.

    Attributes:
        documents: how many, after those of the shards before.
        tokens: in all of them.
    """

    documents: int
    tokens: int


@dataclass(frozen=True)
class ShardFile:
    """A written file: its length in bytes, and its SHA-256 in hex."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class Shard:
    """What was written.

    Attributes:
        number: of the shard; its files are named after it.
        documents: in the shard.
        tokens: in the shard.
        dtype: of a token, "uint16" or "uint32".
        largest_id: of all tokens, 0 in an empty shard.
        token_sum: of all ids, modulo 2⁶⁴.
        digest: BLAKE2b-128 of the token values as little-endian bytes, in hex: the same in every format.
        files: by name.
        index: rows of the index table (tokenize/shard_index.py).
    """

    number: int
    documents: int
    tokens: int
    dtype: str
    largest_id: int
    token_sum: int
    digest: str
    files: dict[str, ShardFile]
    index: pa.RecordBatch = field(repr=False, compare=False)


def shard_name(number: int) -> str:
    """Name of a shard's files without their endings."""
    return f"shard-{number:05d}"


class ShardWriter:
    """Writes the documents of one shard.

    Args:
        number: of the shard.
        plan: how many documents and tokens will come.
        dtype: of a token, little-endian uint16 or uint32.
        formats: to write.
        open_file: opens a file by name; whoever gave it closes it.
    """

    def __init__(
        self,
        number: int,
        plan: ShardPlan,
        dtype: np.dtype[Any],
        formats: Iterable[Format],
        open_file: Callable[[str], BinaryIO],
    ) -> None:
        self._number, self._plan, self._dtype = number, plan, dtype
        self._ids: list[pa.Array] = [pa.array([], pa.binary(ID_BYTES))]
        self._lengths = [np.zeros(0, np.int32)]
        self._tokens = self._largest_id = self._sum = 0
        self._digest = hashlib.blake2b(digest_size=DIGEST_BYTES)
        self._files: dict[str, _Measured] = {}
        self._token_files: list[_Measured] = []
        self._index_file: _Measured | None = None
        self._megatron = "megatron" in formats
        name = shard_name(number)
        if self._megatron:
            self._token_files.append(self._open(name + ".bin", open_file))
            self._index_file = self._open(name + ".idx", open_file)
        if "npy" in formats:
            file = self._open(name + ".npy", open_file)
            file.write(npy_header(dtype, plan.tokens))
            self._token_files.append(file)

    def _open(self, name: str, open_file: Callable[[str], BinaryIO]) -> "_Measured":
        self._files[name] = _Measured(open_file(name))
        return self._files[name]

    def write(self, batch: pa.RecordBatch) -> None:
        """Add documents: a batch with columns `id` and `tokens`."""
        tokens = batch.column("tokens")
        if tokens.type.value_type != pa.from_numpy_dtype(self._dtype):
            raise GristmillError(
                f"shard {self._number} has {self._dtype} tokens, but was given {tokens.type.value_type}"
            )
        values: NDArray[Any] = tokens.flatten().to_numpy()
        self._ids.append(batch.column("id"))
        self._lengths.append(np.diff(tokens.offsets.to_numpy()).astype(np.int32))
        if not len(values):
            return
        self._tokens += len(values)
        self._largest_id = max(self._largest_id, int(values.max()))
        self._sum = (self._sum + int(values.sum(dtype=np.uint64))) % (1 << 64)
        data = np.ascontiguousarray(values, self._dtype).view(np.uint8).data
        self._digest.update(data)
        for file in self._token_files:
            file.write(data)

    def finish(self) -> Shard:
        """Write what comes last; GristmillError if the documents are not those that were planned."""
        lengths = np.concatenate(self._lengths)
        if (len(lengths), self._tokens) != (self._plan.documents, self._plan.tokens):
            raise GristmillError(
                f"shard {self._number} was planned with {self._plan.documents:,} documents of {self._plan.tokens:,} "
                f"tokens, but got {len(lengths):,} of {self._tokens:,}: the encoded documents changed; run encode again"
            )
        if self._index_file is not None:
            if self._largest_id > LARGEST_ID:
                raise GristmillError(f"id {self._largest_id} is too large for Megatron's int32; leave out that format")
            write_index(cast(BinaryIO, self._index_file), MegatronIndex(self._dtype, lengths))
        return Shard(
            number=self._number,
            documents=len(lengths),
            tokens=self._tokens,
            dtype=self._dtype.name,
            largest_id=self._largest_id,
            token_sum=self._sum,
            digest=self._digest.hexdigest(),
            files={name: file.measure() for name, file in self._files.items()},
            index=index_rows(self._number, lengths, pa.concat_arrays(self._ids)),
        )


class _Measured:
    """An output that knows what it was given."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._sha256 = hashlib.sha256()
        self._bytes = 0

    def write(self, data: bytes | memoryview) -> int:
        self._out.write(data)
        self._sha256.update(data)
        self._bytes += len(data)
        return len(data)

    def measure(self) -> ShardFile:
        return ShardFile(self._bytes, self._sha256.hexdigest())
