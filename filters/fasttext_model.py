"""Loading fastText classifiers. A file that is cut off is refused before fastText sees it: its reader would never end.

The format, little-endian (fastText 0.9, `fasttext.cc`, `dictionary.cc`, `quantmatrix.cc`, `productquantizer.cc`):

    int32 magic, version; int32[12] settings, of which [7] is the kind of model; float64
    int32 entries, words, labels; int64 tokens, pruned; for each entry: its bytes, 0, int64 count, int8 type; int32[2 · pruned]
    uint8 quantised; the input matrix; uint8 quantised output; the output matrix
    a plain matrix: int64 rows, columns; float32[rows · columns]
    a quantised one: uint8 norms; int64 rows, columns; int32 size; uint8[size]; a quantiser; if norms: uint8[rows]; a quantiser
    a quantiser: int32 dimensions; int32[3]; float32[256 · dimensions]
"""

import struct
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gristmill.core.errors import InputError
from gristmill.core.jit import kernel

LABEL_PREFIX = "__label__"  # fastText's mark of a word that is a label

_MAGIC, _NEWEST = 793_712_314, 12
_CLASSIFIER = 3
_CENTROIDS = 256
_ENTRY_TAIL = 9  # bytes of count and type behind an entry's word and its 0


@lru_cache(maxsize=4)
def load_fasttext(path: Path, use: str) -> Any:
    """A classifier, once per process; `use` says in errors what it is for: "quality".

    Raises:
        InputError: the file is missing, cut off, or no fastText classifier.
    """
    from fasttext.FastText import _FastText  # fasttext.load_model() would print a warning to stderr

    remedy = f"correct 'model' in the parameters of the stage {use}, or fetch the file again"
    if not path.is_file():
        raise InputError(f"the {use} model {path} does not exist; {remedy}.")
    try:
        check_whole(np.memmap(path, np.uint8, "r") if path.stat().st_size else np.zeros(0, np.uint8))
        return _FastText(str(path))
    except (ValueError, OSError) as error:
        raise InputError(f"the {use} model {path} is no fastText classifier: {error}; {remedy}.") from error


def check_whole(data: NDArray[np.uint8]) -> None:
    """Raise ValueError unless the bytes are those of a whole fastText classifier."""
    reader = _Reader(data)
    magic, version = reader.numbers("ii")
    if magic != _MAGIC:
        raise ValueError("it does not begin as one")
    if version > _NEWEST:
        raise ValueError(f"its version is {version}, the newest known is {_NEWEST}")
    settings = reader.numbers("12id")
    if settings[7] != _CLASSIFIER:
        raise ValueError("it holds word vectors and no labels")
    entries, _, labels, _, pruned = reader.numbers("iiiqq")
    if labels < 1:
        raise ValueError("it has no labels")
    reader.entries(entries)
    reader.skip(8 * max(0, pruned))
    (quantised,) = reader.numbers("?")
    reader.matrix(quantised)
    (quantised_output,) = reader.numbers("?")
    reader.matrix(quantised and quantised_output)


class _Reader:
    """Goes through a model's bytes; ValueError where they end too early."""

    def __init__(self, data: NDArray[np.uint8]) -> None:
        self._data, self._at = data, 0

    def numbers(self, kinds: str) -> tuple[Any, ...]:
        kinds = f"<{kinds}"
        start = self._at
        self.skip(struct.calcsize(kinds))
        return struct.unpack(kinds, self._data[start : self._at].tobytes())

    def skip(self, size: int) -> None:
        if size < 0 or self._at + size > len(self._data):
            raise ValueError(f"it is cut off or damaged, at {len(self._data):,} bytes")
        self._at += size

    def entries(self, count: int) -> None:
        end = behind_entries(self._data, self._at, count)
        self.skip(end - self._at)

    def matrix(self, quantised: bool) -> None:
        if not quantised:
            rows, columns = self.numbers("qq")
            self.skip(4 * rows * columns)
            return
        norms, rows, _, size = self.numbers("?qqi")
        self.skip(size)
        self._quantiser()
        if norms:
            self.skip(rows)
            self._quantiser()

    def _quantiser(self) -> None:
        (dimensions, *_) = self.numbers("4i")
        self.skip(4 * _CENTROIDS * dimensions)


@kernel
def behind_entries(data: NDArray[np.uint8], at: int, count: int) -> int:
    """Where a dictionary of so many entries ends, behind the last byte if it is cut off."""
    for _ in range(count):
        while at < len(data) and data[at]:
            at += 1
        at += 1 + _ENTRY_TAIL
        if at > len(data):
            break
    return at
