"""Pairs of documents to connected components, by union-find over integers.

Edges are streamed chunk by chunk; what stays in memory is 8 bytes a document for the forest, 16 for its id and at most
16 for the table that finds it. Labels are smallest ids, so neither the order of edges nor that of chunks shows.
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gristmill.core.jit import kernel
from gristmill.dedup.hashing import mix
from gristmill.dedup.identifiers import TYPE, Ids, to_column, to_ids

SCHEMA = pa.schema([pa.field("id", TYPE, nullable=False), pa.field("component", TYPE, nullable=False)])

_CHUNK_EDGES = 1 << 20
_FREE = -1


@kernel
def _place(
    high: NDArray[np.uint64], low: NDArray[np.uint64], slots: NDArray[np.int64], node: tuple[np.uint64, np.uint64]
) -> np.uint64:
    """The slot of the table that holds a node's number, or the free one where it belongs."""
    mask = np.uint64(len(slots) - 1)
    at = mix(node[0] ^ mix(node[1])) & mask
    while slots[at] != _FREE and not (high[slots[at]] == node[0] and low[slots[at]] == node[1]):
        at = (at + np.uint64(1)) & mask
    return at


@kernel
def _number(
    wanted: Ids, high: NDArray[np.uint64], low: NDArray[np.uint64], slots: NDArray[np.int64], count: int
) -> tuple[NDArray[np.int64], int]:
    """Numbers of ids, int64[wanted], and how many numbers are given; a new id gets the next one."""
    numbers = np.empty(len(wanted.high), np.int64)
    for row in range(len(numbers)):
        at = _place(high, low, slots, (wanted.high[row], wanted.low[row]))
        if slots[at] == _FREE:
            slots[at] = count
            high[count] = wanted.high[row]
            low[count] = wanted.low[row]
            count += 1
        numbers[row] = slots[at]
    return numbers, count


@kernel
def _renumber(high: NDArray[np.uint64], low: NDArray[np.uint64], count: int, slots: NDArray[np.int64]) -> None:
    """Fill an empty table with the first `count` nodes."""
    for node in range(count):
        slots[_place(high, low, slots, (high[node], low[node]))] = node


class _Nodes:
    """Numbers for ids, 0, 1, 2 … in the order they come."""

    def __init__(self) -> None:
        self.count = 0
        self.high = np.empty(0, np.uint64)
        self.low = np.empty(0, np.uint64)
        self.parents = np.empty(0, np.int64)
        self._slots = np.full(2, _FREE, np.int64)

    def number(self, ids: Ids) -> NDArray[np.int64]:
        """The numbers of some ids."""
        self._make_room(self.count + len(ids.high))
        numbers, self.count = _number(ids, self.high, self.low, self._slots, self.count)
        return numbers

    def _make_room(self, nodes: int) -> None:
        if nodes > len(self.high):
            room = max(nodes, len(self.high) * 3 // 2)
            self.high = np.concatenate([self.high[: self.count], np.empty(room - self.count, np.uint64)])
            self.low = np.concatenate([self.low[: self.count], np.empty(room - self.count, np.uint64)])
            self.parents = np.concatenate([self.parents[: self.count], np.arange(self.count, room)])
        if 4 * nodes > 3 * len(self._slots):
            self._slots = np.full(1 << (2 * nodes).bit_length(), _FREE, np.int64)
            _renumber(self.high, self.low, self.count, self._slots)


@kernel
def find_root(parents: NDArray[np.int64], node: int) -> int:
    """The root of a node's tree; halves the path to it on the way."""
    while parents[node] != node:
        parents[node] = parents[parents[node]]
        node = parents[node]
    return node


@kernel
def union(parents: NDArray[np.int64], left: NDArray[np.int64], right: NDArray[np.int64]) -> None:
    """Join the trees of left[i] and right[i]; the smaller number becomes the root."""
    for edge in range(len(left)):
        a, b = find_root(parents, left[edge]), find_root(parents, right[edge])
        if a < b:
            parents[b] = a
        elif b < a:
            parents[a] = b


@kernel
def _smallest(parents: NDArray[np.int64], ids: Ids) -> NDArray[np.int64]:
    """For each node the one of its component with the smallest id."""
    least = np.arange(len(ids.high))
    for node in range(len(ids.high)):
        root = find_root(parents, node)
        best = least[root]
        if ids.high[node] < ids.high[best] or (ids.high[node] == ids.high[best] and ids.low[node] < ids.low[best]):
            least[root] = node
    for node in range(len(ids.high)):  # only the labels of roots are read, and theirs stay
        least[node] = least[find_root(parents, node)]
    return least


def components(edges: pa.Table) -> pa.Table:
    """Label each document that has an edge with the smallest id it is connected to.

    Args:
        edges: columns `a` and `b`, binary(16); may be memory-mapped, it is read in chunks.

    Returns:
        SCHEMA, sorted by id.
    """
    nodes = _Nodes()
    for batch in edges.to_batches(max_chunksize=_CHUNK_EDGES):
        left, right = nodes.number(to_ids(batch.column("a"))), nodes.number(to_ids(batch.column("b")))
        union(nodes.parents, left, right)
    ids = Ids(nodes.high[: nodes.count], nodes.low[: nodes.count])
    labels = _smallest(nodes.parents[: nodes.count], ids)
    order = np.lexsort((ids.low, ids.high))
    columns = [to_column(ids.take(order)), to_column(ids.take(labels[order]))]
    return pa.Table.from_arrays(columns, schema=SCHEMA)
