"""Sets of shingles with their items as ranks, the rarest first: the order in which a prefix index looks at them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel
from gristmill.dedup.hashing import ascending


class Sets(NamedTuple):
    """Sets of shingles as kernels take them: set i is values[bounds[i]:bounds[i + 1]], ascending and distinct."""

    bounds: NDArray[np.int64]
    values: NDArray[np.uint64]


@kernel
def _by_rarity(frequencies: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """The rank of each item, rarest first, equals in their order; no frequency is above `most` (counting sort)."""
    next_rank = np.zeros(most + 2, np.int64)
    for frequency in frequencies:
        next_rank[frequency + 1] += 1
    next_rank = np.cumsum(next_rank)
    ranks = np.empty(len(frequencies), np.int64)
    for item, frequency in enumerate(frequencies):
        ranks[item] = next_rank[frequency]
        next_rank[frequency] += 1
    return ranks


@kernel
def _sort_sets(ranks: NDArray[np.int64], starts: NDArray[np.int64], count: int) -> None:
    """Sort each set in place: ranks, all below `count`, are put in order together (counting sort) and dealt out again."""
    ends = np.zeros(count + 1, np.int64)
    for rank in ranks:
        ends[rank + 1] += 1
    ends = np.cumsum(ends)
    owners = np.empty(len(ranks), np.int64)
    for place in range(len(starts) - 1):
        for rank in ranks[starts[place] : starts[place + 1]]:
            owners[ends[rank]] = place
            ends[rank] += 1
    dealt = starts[:-1].copy()
    at = 0
    for rank in range(count):
        while at < ends[rank]:
            ranks[dealt[owners[at]]] = rank
            dealt[owners[at]] += 1
            at += 1


@kernel
def ranked(rows: NDArray[np.int64], sets: Sets, starts: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    """The sets of some rows with each value replaced by its rank (rarest first), sorted; and how many ranks there are.

    Set i becomes items starts[i] to starts[i + 1] of the result.
    """
    bounds, values = sets
    pool = np.empty(starts[-1], np.uint64)
    for place, row in enumerate(rows):
        pool[starts[place] : starts[place + 1]] = values[bounds[row] : bounds[row + 1]]
    distinct = ascending(pool)
    frequencies = np.zeros(len(distinct), np.int64)
    count = 0
    for at in range(len(distinct)):
        if at == 0 or distinct[at] != distinct[count - 1]:
            distinct[count] = distinct[at]
            count += 1
        frequencies[count - 1] += 1
    rank_of = _by_rarity(frequencies[:count], len(rows))
    ranks = rank_of[np.searchsorted(distinct[:count], pool)]
    _sort_sets(ranks, starts, count)
    return ranks, count
