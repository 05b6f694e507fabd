"""Who stays of a group of documents that say the same.

Exact duplicates: the first in the order of the policy. Near duplicates: being alike is not transitive, so a component
is not one group. In the order of the policy a document joins the first leader whose true Jaccard reaches the threshold,
else it becomes a leader itself; only joiners are removed, each of them checked against its own survivor.

A leader is found through a prefix index (Chaudhuri, Ganti, Kaushik 2006; Bayardo, Ma, Srikant 2007): with all sets
in one order, two sets A, B with J ≥ t share one of the first |A| − ⌈t·|A|⌉ + 1 items of A and the same of B. The order
is by rarity in the component, so what a template repeats brings no pair together. Sets that meet are merged until
too few items are left to reach the threshold.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gristmill.core.jit import kernel
from gristmill.dedup.identifiers import Ids

Keep = Literal["newest", "oldest", "longest"]


class Sets(NamedTuple):
    """Sets of shingles as kernels take them: set i is values[bounds[i]:bounds[i + 1]], ascending and distinct."""

    bounds: NDArray[np.int64]
    values: NDArray[np.uint64]


_ROUNDING = 1e-9  # bounds may be too lax by this, never too strict: the last word has shared / all ≥ threshold


def _preference(date: pa.ChunkedArray, text_bytes: pa.ChunkedArray, keep: Keep) -> NDArray[np.int64]:
    """The smaller the better: int64[rows]. Dates are compared as ISO 8601 text; an unknown one ("") is the worst."""
    if keep == "longest":
        return -np.asarray(text_bytes, np.int64)
    ranks: NDArray[np.int64] = np.asarray(pc.rank(date, tiebreaker="dense"), np.int64)
    if keep == "newest":
        return -ranks
    unknown = pc.equal(date, "").to_numpy(zero_copy_only=False)
    return np.where(unknown, len(ranks) + 1, ranks)


def survivor_order(table: pa.Table, groups: Sequence[NDArray[np.uint64]], ids: Ids, keep: Keep) -> NDArray[np.int64]:
    """Row numbers sorted by group, then best first; equally good documents by smallest id.

    Args:
        table: columns `date` and `text_bytes`.
        groups: keys of the group, the most significant first.
        ids: of the rows.
        keep: the policy.
    """
    preference = _preference(table["date"].combine_chunks(), table["text_bytes"].combine_chunks(), keep)
    return np.lexsort((ids.low, ids.high, preference, *reversed(groups)))


def group_bounds(keys: Sequence[NDArray[np.uint64]]) -> NDArray[np.int64]:
    """Where each run of equal keys starts and the last one ends, int64[runs + 1]; keys are sorted."""
    rows = len(keys[0])
    changes = np.zeros(rows, np.bool_)
    changes[:1] = True
    for key in keys:
        changes[1:] |= key[1:] != key[:-1]
    return np.append(np.flatnonzero(changes), rows).astype(np.int64)


@kernel
def _ranked(rows: NDArray[np.int64], sets: Sets, starts: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    """The sets of some rows with each value replaced by its rank (rarest first), sorted; and how many ranks there are.

    Set i becomes items starts[i] to starts[i + 1] of the result.
    """
    bounds, values = sets
    pool = np.empty(starts[-1], np.uint64)
    for place, row in enumerate(rows):
        pool[starts[place] : starts[place + 1]] = values[bounds[row] : bounds[row + 1]]
    distinct = np.sort(pool)
    frequencies = np.zeros(len(distinct), np.int64)
    count = 0
    for at in range(len(distinct)):
        if at == 0 or distinct[at] != distinct[count - 1]:
            distinct[count] = distinct[at]
            count += 1
        frequencies[count - 1] += 1
    by_rarity = np.argsort(frequencies[:count], kind="mergesort")
    rank_of = np.empty(count, np.int64)
    for rank in range(count):
        rank_of[by_rarity[rank]] = rank
    ranks = rank_of[np.searchsorted(distinct[:count], pool)]
    for place in range(len(rows)):
        ranks[starts[place] : starts[place + 1]].sort()
    return ranks, count


@kernel
def shared_items(left: NDArray[np.int64], right: NDArray[np.int64], needed: int) -> int:
    """How many items two sorted sets share; any number below `needed` once it is clear that they share fewer."""
    a = b = shared = 0
    while a < len(left) and b < len(right):
        if shared + min(len(left) - a, len(right) - b) < needed:
            break
        if left[a] == right[b]:
            shared += 1
            a += 1
            b += 1
        elif left[a] < right[b]:
            a += 1
        else:
            b += 1
    return shared


@kernel
def _prefix(size: int, threshold: float) -> int:
    """How many of a set's rarest items must be looked at."""
    return min(size, size - int(np.ceil(threshold * size - _ROUNDING)) + 1)


@kernel
def _lead(
    rows: NDArray[np.int64],
    sets: Sets,
    threshold: float,
    leaders: NDArray[np.int64],
    jaccards: NDArray[np.float64],
) -> None:
    """Fill in leaders and jaccards for the rows of one component, best first."""
    bounds = sets.bounds
    starts = np.zeros(len(rows) + 1, np.int64)
    room = 0
    for place, row in enumerate(rows):
        starts[place + 1] = starts[place] + bounds[row + 1] - bounds[row]
        room += _prefix(bounds[row + 1] - bounds[row], threshold)
    ranks, count = _ranked(rows, sets, starts)
    newest = np.full(count, -1, np.int64)  # of the leaders with this rank in their prefix, the entry made last
    before = np.empty(room, np.int64)  # of an entry, the one made before it for the same rank
    leader_of = np.empty(room, np.int64)
    entries = 0
    seen = np.full(len(rows), -1, np.int64)
    met = np.empty(len(rows), np.int64)
    for place, row in enumerate(rows):
        own = ranks[starts[place] : starts[place + 1]]
        prefix = _prefix(len(own), threshold)
        meetings = 0
        for rank in own[:prefix]:
            entry = newest[rank]
            while entry >= 0:
                if seen[leader_of[entry]] != place:
                    seen[leader_of[entry]] = place
                    met[meetings] = leader_of[entry]
                    meetings += 1
                entry = before[entry]
        for other in np.sort(met[:meetings]):
            theirs = ranks[starts[other] : starts[other + 1]]
            total = len(own) + len(theirs)
            needed = int(np.ceil(threshold / (1.0 + threshold) * total - _ROUNDING))
            if min(len(own), len(theirs)) < needed:
                continue
            shared = shared_items(own, theirs, needed)
            jaccard = shared / (total - shared)
            if jaccard >= threshold:
                leaders[row] = rows[other]
                jaccards[row] = jaccard
                break
        if leaders[row] == row:
            for rank in own[:prefix]:
                before[entries] = newest[rank]
                leader_of[entries] = place
                newest[rank] = entries
                entries += 1


@kernel
def lead(
    order: NDArray[np.int64],
    components: NDArray[np.int64],
    sets: Sets,
    threshold: float,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Find the survivor of each row.

    Args:
        order: row numbers, component by component, in each the best first.
        components: where each component starts in `order` and the last one ends, int64[components + 1].
        sets: of all rows.
        threshold: least Jaccard of a document to its survivor, above 0.

    Returns:
        For each row its survivor's row, its own if it stays, and its Jaccard to the survivor.
    """
    leaders = np.arange(len(sets.bounds) - 1)
    jaccards = np.ones(len(leaders))
    for component in range(len(components) - 1):
        rows = order[components[component] : components[component + 1]]
        if len(rows) > 1:
            _lead(rows, sets, threshold, leaders, jaccards)
    return leaders, jaccards
