"""Sums, ratios and largest values by document."""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel

Counts = NDArray[np.int64] | NDArray[np.int32] | NDArray[np.bool_]


def sums(offsets: NDArray[np.int64], values: Counts) -> NDArray[np.int64]:
    """Sum of values[offsets[i]:offsets[i + 1]] for each document i, int64[documents]."""
    running = np.zeros(len(values) + 1, np.int64)
    np.cumsum(values, out=running[1:])
    return running[offsets[1:]] - running[offsets[:-1]]


def ratio(part: Counts, whole: Counts) -> NDArray[np.float64]:
    """part / whole, and 0.0 where the whole is 0; float64[documents]."""
    result = np.zeros(len(part))
    np.divide(part, whole, out=result, where=np.asarray(whole) != 0)
    return result


@kernel
def largest(offsets: NDArray[np.int64], values: NDArray[np.int32]) -> NDArray[np.int64]:
    """Largest of values[offsets[i]:offsets[i + 1]] for each document i, 0 where there are none; int64[documents]."""
    found = np.zeros(len(offsets) - 1, np.int64)
    for row in range(len(found)):
        for at in range(offsets[row], offsets[row + 1]):
            found[row] = max(found[row], values[at])
    return found
