"""Integer hashes that are the same on every machine, and their order."""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel

_HALF = np.uint64(32)


@kernel
def mix(value: np.uint64) -> np.uint64:
    """MurmurHash3's finaliser: a bijection of 64-bit numbers; each bit of the input moves half of the output."""
    value ^= value >> np.uint64(33)
    value *= np.uint64(0xFF51AFD7ED558CCD)
    value ^= value >> np.uint64(33)
    value *= np.uint64(0xC4CEB9FE1A85EC53)
    value ^= value >> np.uint64(33)
    return value


@kernel
def chain(hashed: np.uint64, value: np.uint64, factor: np.uint64) -> np.uint64:
    """Add a value to a hash that depends on the order of values; `factor` is odd. To be finished with mix()."""
    hashed = (hashed ^ value) * factor
    return hashed ^ (hashed >> _HALF)


@kernel
def ascending(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """A sorted copy. The one place that sorts hashes in a kernel: each takes numba 5 s to compile."""
    return np.sort(values)


@kernel
def mix_pairs(high: NDArray[np.uint64], low: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """A hash of each pair of numbers."""
    mixed = np.empty(len(high), np.uint64)
    for at in range(len(high)):
        mixed[at] = mix(high[at] ^ mix(low[at]))
    return mixed
