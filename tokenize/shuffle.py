"""The order of documents in the shards: by a keyed hash of their ids.

It depends on the seed and the ids alone, so neither on workers nor on batches; sorted buckets of it can be merged, and
a document that is added or taken away moves no other. NumPy's generators do not even promise the same order for ever.
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gristmill.core.documents import ID_BYTES

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # 2⁶⁴ / golden ratio: splitmix64's step
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)


def mix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """splitmix64's step and finalizer, a bijection of 64-bit words (Steele, Lea and Flood 2014)."""
    mixed = values + _GOLDEN
    mixed = (mixed ^ (mixed >> np.uint64(30))) * _FIRST
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _SECOND
    return mixed ^ (mixed >> np.uint64(31))


def shuffle_keys(ids: pa.Array, seed: int) -> NDArray[np.uint64]:
    """Keys to sort documents by, ties by id: mix(mix(mix(seed) ^ a) ^ b), a and b being the id's little-endian halves.

    Args:
        ids: binary(16)[documents].
        seed: any integer; its lowest 64 bits count.
    """
    halves = _id_bytes(ids).view("<u8")
    start = mix(np.array([seed % (1 << 64)], np.uint64))
    return mix(mix(start ^ halves[:, 0]) ^ halves[:, 1])


def shuffle_order(ids: pa.Array, seed: int) -> NDArray[np.int64]:
    """The permutation that sorts documents by (key, id bytes): int64[documents]."""
    halves = _id_bytes(ids).view(">u8")  # big-endian numbers sort as their bytes do
    order: NDArray[np.int64] = np.lexsort((halves[:, 1], halves[:, 0], shuffle_keys(ids, seed)))
    return order


def permuted(places: NDArray[np.int64], size: int, seed: int, epoch: int) -> NDArray[np.int64]:
    """Where a permutation of 0 … size - 1 sends some of its places; each (seed, epoch) has its own.

    A Feistel network of 6 rounds of `mix` over the next power of four, walked until it lands below size (Black and
    Rogaway 2002, "Ciphers with arbitrary finite domains"): 4 steps or fewer on average, and no index kept in memory.
    """
    half = np.uint64(max((size - 1).bit_length() + 1, 2) // 2)
    low = np.uint64((1 << int(half)) - 1)
    keys = mix(mix(np.array([seed % (1 << 64)], np.uint64)) ^ np.uint64(epoch)) + np.arange(6, dtype=np.uint64)
    values = places.astype(np.uint64)
    pending = np.arange(len(values))
    while len(pending):
        left, right = values[pending] >> half, values[pending] & low
        for key in keys:
            left, right = right, left ^ (mix(right ^ mix(key.reshape(1))) & low)
        values[pending] = (left << half) | right
        pending = pending[values[pending] >= size]
    return values.astype(np.int64)


def _id_bytes(ids: pa.Array) -> NDArray[np.uint8]:
    """The ids as uint8[documents, 16], not copied."""
    if isinstance(ids, pa.ChunkedArray):
        ids = ids.combine_chunks()
    if ids.type != pa.binary(ID_BYTES) or ids.null_count:
        raise ValueError(f"ids are binary({ID_BYTES}) without nulls, not {ids.type} with {ids.null_count}")
    data = np.frombuffer(ids.buffers()[1] or b"", np.uint8)
    return data[ids.offset * ID_BYTES : (ids.offset + len(ids)) * ID_BYTES].reshape(-1, ID_BYTES)
