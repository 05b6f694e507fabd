"""Sets of strings as sorted 64-bit hashes: twelve to fourteen bytes an entry, 67 MB for five million.

Two of so many hosts share a hash with probability 10⁻⁶; a wrong match needs a page of exactly such a host.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gristmill.core.errors import InputError
from gristmill.core.jit import kernel

FNV_START = np.uint64(0xCBF29CE484222325)
_FNV_PRIME = np.uint64(0x100000001B3)
_MIX = np.uint64(0x9E3779B97F4A7C15)
_HALF = np.uint64(32)
_BUCKET_BITS = 16  # an index over the first bits of the hash saves 16 of 22 search steps


class HashTable(NamedTuple):
    """A map from 64-bit hashes to small integers.

    Attributes:
        hashes: sorted, each once: uint64[entries].
        values: int16[entries].
        first: where the hashes whose first 16 bits are b begin, and end, at b + 1: int64[65537].
        marks: of a power of two of bits those that hashes name, eight to a byte, uint8[bits / 8]: what is not marked is not
            there. Most questions are about what is not there, and a few megabytes stay in the processor's cache.
    """

    hashes: NDArray[np.uint64]
    values: NDArray[np.int16]
    first: NDArray[np.int64]
    marks: NDArray[np.uint8]


@kernel
def fnv_step(state: np.uint64, byte: np.uint8) -> np.uint64:
    """Take one more byte, in lower case, into a hash (FNV-1a)."""
    if 0x41 <= byte <= 0x5A:
        byte = np.uint8(byte | 0x20)
    return np.uint64((state ^ np.uint64(byte)) * _FNV_PRIME)


@kernel
def fnv_finish(state: np.uint64) -> np.uint64:
    """The hash of a state: FNV's first bits are poor, and the index looks at them."""
    return np.uint64((state ^ (state >> _HALF)) * _MIX)


@kernel
def backward_hash(data: NDArray[np.uint8], start: int, end: int) -> np.uint64:
    """Hash of bytes from the last to the first, so that a host's parents are hashed on the way."""
    state = FNV_START
    for position in range(end - 1, start - 1, -1):
        state = fnv_step(state, data[position])
    return fnv_finish(state)


@kernel
def _mark(key: np.uint64, size: int) -> int:
    """The bit that a hash names among size * 8."""
    return int((key >> np.uint64(24)) & np.uint64(8 * size - 1))


@kernel
def _marked(keys: NDArray[np.uint64], size: int) -> NDArray[np.uint8]:
    marks = np.zeros(size, np.uint8)
    for key in keys:
        mark = _mark(key, size)
        marks[mark >> 3] |= np.uint8(1 << (mark & 7))
    return marks


@kernel
def look_up(table: HashTable, key: np.uint64) -> int:
    """The value of a hash, -1 if it has none."""
    mark = _mark(key, len(table.marks))
    if not table.marks[mark >> 3] >> np.uint8(mark & 7) & np.uint8(1):
        return -1
    bucket = np.int64(key >> np.uint64(64 - _BUCKET_BITS))
    low, high = table.first[bucket], table.first[bucket + 1]
    while low < high:
        middle = (low + high) // 2
        if table.hashes[middle] < key:
            low = middle + 1
        else:
            high = middle
    if low < table.first[bucket + 1] and table.hashes[low] == key:
        return int(table.values[low])
    return -1


def hash_table(hashes: NDArray[np.uint64], values: NDArray[np.int16]) -> HashTable:
    """Sort hashes for look_up; of equal ones the first counts."""
    order = np.argsort(hashes, kind="stable")
    keys = hashes[order]
    fresh = np.ones(len(keys), bool)
    np.not_equal(keys[1:], keys[:-1], out=fresh[1:])
    keys, chosen = keys[fresh], order[fresh]
    edges = np.arange(1 << _BUCKET_BITS, dtype=np.uint64) << np.uint64(64 - _BUCKET_BITS)
    first = np.append(np.searchsorted(keys, edges), len(keys)).astype(np.int64)
    size = 1 << max(6, (2 * len(keys)).bit_length())  # bytes: at least 16 bits for each entry
    table = HashTable(keys, values[chosen].astype(np.int16), first, _marked(keys, size))
    for array in table:
        array.flags.writeable = False
    return table


@lru_cache(maxsize=16)
def word_table(words: tuple[str, ...]) -> HashTable:
    """A table whose values are the words' places in the tuple."""
    if len(words) > np.iinfo(np.int16).max:
        raise InputError(f"a word list of {len(words):,} words is too long: at most {np.iinfo(np.int16).max:,}.")
    data = np.frombuffer("".join(words).encode(), np.uint8)
    ends = np.cumsum([len(word.encode()) for word in words], dtype=np.int64)
    hashes = [backward_hash(data, end - len(word.encode()), end) for word, end in zip(words, ends, strict=True)]
    return hash_table(np.array(hashes, np.uint64), np.arange(len(words), dtype=np.int16))
