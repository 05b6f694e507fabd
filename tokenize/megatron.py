"""Megatron-LM's indexed dataset: `PREFIX.bin` holds token values and nothing else, `PREFIX.idx` where documents lie.

    offset        size  .idx, little-endian, without padding
    0             9     "MMIDIDX\\0\\0"
    9             8     u64: version, 1
    17            1     u8: type of a token; 8 is uint16, 4 is int32
    18            8     u64: S, sequences
    26            8     u64: D, entries of the document index: documents + 1
    34            4·S   i32: tokens of each sequence
    34 + 4·S      8·S   i64: byte offset of each sequence in .bin
    34 + 12·S     8·D   i64: first sequence of each document; the last entry is S

Here each document is one sequence, so D = S + 1 and the file has 42 + 20·S bytes.
"""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from gristmill.core.errors import InputError

LARGEST_ID = (1 << 31) - 1  # four-byte tokens are signed there
_MAGIC = b"MMIDIDX\x00\x00"
_HEAD = struct.Struct("<9sQBQQ")
_CODES: dict[np.dtype[Any], int] = {np.dtype("<u2"): 8, np.dtype("<u4"): 4}
_TYPES: dict[int, np.dtype[Any]] = {code: dtype for dtype, code in _CODES.items()}


@dataclass(frozen=True)
class MegatronIndex:
    """The content of an `.idx` file of which each document is one sequence.

    Attributes:
        dtype: of the tokens in `.bin`; what Megatron calls int32 is read as uint32, the same bytes for every id.
        lengths: tokens of each document, int32[documents].
    """

    dtype: np.dtype[Any]
    lengths: NDArray[np.int32]

    @property
    def tokens(self) -> int:
        """Tokens in `.bin`."""
        return int(self.lengths.sum(dtype=np.int64))


def write_index(out: BinaryIO, index: MegatronIndex) -> None:
    """Write an `.idx` file."""
    documents = len(index.lengths)
    out.write(_HEAD.pack(_MAGIC, 1, _CODES[index.dtype], documents, documents + 1))
    out.write(index.lengths.astype("<i4").tobytes())
    out.write(_pointers(index.lengths, index.dtype).tobytes())
    out.write(np.arange(documents + 1, dtype="<i8").tobytes())


def read_index(path: Path) -> MegatronIndex:
    """Read an `.idx` file; InputError, with the byte offset, where it is not one with one sequence per document."""
    content = path.read_bytes()
    if len(content) < _HEAD.size:
        raise InputError(f"{path}: cut off at byte {len(content)}, before the end of the {_HEAD.size}-byte header")
    magic, version, code, documents, entries = _HEAD.unpack_from(content)
    if magic != _MAGIC:
        raise InputError(f"{path}, byte 0: no Megatron index, which begins with MMIDIDX")
    if version != 1:
        raise InputError(f"{path}, byte 9: version {version} of the format; only version 1 can be read")
    if code not in _TYPES:
        raise InputError(f"{path}, byte 17: token type {code}; only 4 (int32) and 8 (uint16) can be read")
    if entries != documents + 1:
        raise InputError(f"{path}, byte 26: {entries} document entries for {documents} sequences; one more is expected")
    size = 42 + 20 * documents
    if len(content) != size:
        raise InputError(
            f"{path}: {len(content)} bytes, but {documents} documents need {size}; it is cut off or damaged"
        )
    dtype = _TYPES[code]
    lengths = np.frombuffer(content, "<i4", documents, _HEAD.size)
    pointers = np.frombuffer(content, "<i8", documents, _HEAD.size + 4 * documents)
    firsts = np.frombuffer(content, "<i8", documents + 1, _HEAD.size + 12 * documents)
    wrong = np.flatnonzero(lengths < 0)
    if len(wrong):
        raise InputError(f"{path}, byte {_HEAD.size + 4 * wrong[0]}: document {wrong[0]} has a negative length")
    wrong = np.flatnonzero(pointers != _pointers(lengths, dtype))
    if len(wrong):
        place = _HEAD.size + 4 * documents + 8 * wrong[0]
        raise InputError(f"{path}, byte {place}: document {wrong[0]} is not where the last ends")
    if not np.array_equal(firsts, np.arange(documents + 1)):
        raise InputError(f"{path}, byte {_HEAD.size + 12 * documents}: a document is not one sequence")
    return MegatronIndex(dtype, lengths)


def _pointers(lengths: NDArray[np.int32], dtype: np.dtype[Any]) -> NDArray[np.int64]:
    """Byte offset of each document: int64[documents]."""
    ends: NDArray[np.int64] = np.cumsum(lengths, dtype="<i8")
    return (ends - lengths) * dtype.itemsize


def map_tokens(path: Path) -> NDArray[Any]:
    """Map the tokens of a `.bin` file, uint16[tokens] or uint32[tokens]; InputError where its `.idx` does not fit."""
    index_path = path.with_suffix(".idx")
    if not index_path.is_file():
        raise InputError(f"{path} has no index: {index_path.name} must lie beside it")
    index = read_index(index_path)
    size = path.stat().st_size
    if size != index.tokens * index.dtype.itemsize:
        raise InputError(
            f"{path} has {size} bytes, but {index_path.name} speaks of {index.tokens * index.dtype.itemsize}; "
            f"write the shard again"
        )
    if not index.tokens:
        return np.zeros(0, index.dtype)
    return np.memmap(path, index.dtype, "r")
