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
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gristmill.core.jit import kernel
from gristmill.dedup.identifiers import Ids
from gristmill.dedup.rarity import Sets, ranked

Keep = Literal["newest", "oldest", "longest"]


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
def _needed(total: int, threshold: float) -> int:
    """How many items two sets with so many in all must share."""
    return int(np.ceil(threshold / (1.0 + threshold) * total - _ROUNDING))


@kernel
def _posting_bounds(
    ranks: NDArray[np.int64], starts: NDArray[np.int64], count: int, threshold: float
) -> NDArray[np.int64]:
    """Where the postings of each rank begin if every set were a leader, int64[count + 1]."""
    bounds = np.zeros(count + 1, np.int64)
    for place in range(len(starts) - 1):
        own = ranks[starts[place] : starts[place + 1]]
        for rank in own[: _prefix(len(own), threshold)]:
            bounds[rank + 1] += 1
    return np.cumsum(bounds)


@kernel
def _lead(
    rows: NDArray[np.int64],
    sets: Sets,
    threshold: float,
    leaders: NDArray[np.int64],
    jaccards: NDArray[np.float64],
) -> None:
    """Fill in leaders and jaccards for the rows of one component, best first."""
    starts = np.zeros(len(rows) + 1, np.int64)
    for place, row in enumerate(rows):
        starts[place + 1] = starts[place] + sets.bounds[row + 1] - sets.bounds[row]
    ranks, count = ranked(rows, sets, starts)
    bounds = _posting_bounds(ranks, starts, count, threshold)
    ends = bounds[:-1].copy()  # of each rank, where its next posting goes
    posted = np.empty(bounds[-1], np.int32)  # a leader's place, and that of the rank in the leader's set
    posted_at = np.empty(bounds[-1], np.int32)
    seen = np.full(len(rows), -1, np.int64)
    met = np.empty(len(rows), np.int64)
    met_own = np.empty(len(rows), np.int64)  # by leader: the places of the rarest shared item in the two sets
    met_theirs = np.empty(len(rows), np.int64)
    for place, row in enumerate(rows):
        own = ranks[starts[place] : starts[place + 1]]
        prefix = _prefix(len(own), threshold)
        meetings = 0
        for at in range(prefix):
            for posting in range(bounds[own[at]], ends[own[at]]):
                other = posted[posting]
                if seen[other] == place:
                    continue
                seen[other] = place
                size = starts[other + 1] - starts[other]
                # What is rarer than the first shared item is not shared, so this many items at most are.
                if min(len(own) - at, size - posted_at[posting]) >= _needed(len(own) + size, threshold):
                    met[meetings] = other
                    met_own[other] = at
                    met_theirs[other] = posted_at[posting]
                    meetings += 1
        best = place
        for other in met[:meetings]:
            if other > best:
                continue
            total = len(own) + starts[other + 1] - starts[other]
            theirs = ranks[starts[other] + met_theirs[other] : starts[other + 1]]
            shared = shared_items(own[met_own[other] :], theirs, _needed(total, threshold))
            jaccard = shared / (total - shared)
            if jaccard >= threshold:
                best = other
                leaders[row] = rows[other]
                jaccards[row] = jaccard
        if best == place:
            for at in range(prefix):
                posted[ends[own[at]]] = place
                posted_at[ends[own[at]]] = at
                ends[own[at]] += 1


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
