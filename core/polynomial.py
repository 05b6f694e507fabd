"""A hash of bytes from which the hash of bytes put together can be had: polynomials modulo 2 ** 64.

The hash of bytes b0 … bn is the sum of (bi + 1) · HASH_BASE ** (n - i). So hash(xy) = hash(x) · HASH_BASE ** len(y) + hash(y),
and a kernel that walks bytes anyway needs one step a byte: `value * HASH_BASE + byte + 1`. It is no guard against those
who want two texts to collide; all they could gain is to seem repetitive. Its upper bits are well mixed, its lower are not.
"""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import inlined, kernel

HASH_BASE = np.uint64(0x9E6C63D0676A9A99)  # odd, otherwise random

_ONE = np.uint64(1)
_INVERSE_BASE = np.uint64(pow(int(HASH_BASE), -1, 1 << 64))
_BASE_2 = np.uint64(pow(int(HASH_BASE), 2, 1 << 64))
_BASE_3 = np.uint64(pow(int(HASH_BASE), 3, 1 << 64))
_BASE_4 = np.uint64(pow(int(HASH_BASE), 4, 1 << 64))


def text_hash(text: str) -> int:
    """The hash of a text's UTF-8 bytes."""
    value = 0
    for byte in text.encode():
        value = (value * int(HASH_BASE) + byte + 1) % (1 << 64)
    return value


@inlined
def without_last(value: np.uint64, last: int) -> np.uint64:
    """The hash of bytes without the last one of them, given the hash of all."""
    return (value - (np.uint64(last) + _ONE)) * _INVERSE_BASE


@kernel
def polynomial_hash(data: NDArray[np.uint8], start: int, end: int) -> np.uint64:
    """The hash of data[start:end]; four bytes at a time, since each step waits for the one before."""
    value = np.uint64(0)
    at = start
    while at + 4 <= end:
        high = (np.uint64(data[at]) + _ONE) * _BASE_3 + (np.uint64(data[at + 1]) + _ONE) * _BASE_2
        low = (np.uint64(data[at + 2]) + _ONE) * HASH_BASE + np.uint64(data[at + 3]) + _ONE
        value = value * _BASE_4 + (high + low)
        at += 4
    while at < end:
        value = value * HASH_BASE + np.uint64(data[at]) + _ONE
        at += 1
    return value
