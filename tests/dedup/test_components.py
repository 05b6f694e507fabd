from itertools import pairwise
from random import Random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gristmill.dedup import components as module
from gristmill.dedup.components import SCHEMA, components
from gristmill.dedup.identifiers import TYPE
from tests.dedup.tables import name

Edges = list[tuple[int, int]]


def table(edges: Edges) -> pa.Table:
    columns = [pa.array([name(edge[side]) for edge in edges], TYPE) for side in (0, 1)]
    return pa.table({"a": columns[0], "b": columns[1]})


def labels(edges: Edges) -> dict[bytes, bytes]:
    """Each node takes the smallest label of its neighbours until nothing changes."""
    label = {name(node): name(node) for edge in edges for node in edge}
    for _ in label:
        for a, b in edges:
            label[name(a)] = label[name(b)] = min(label[name(a)], label[name(b)])
    return label


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 25), st.integers(0, 25)), max_size=40), st.integers(1, 5), st.randoms())
def test_labels_match_the_reference(edges: Edges, chunk: int, random: Random) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_CHUNK_EDGES", chunk)
        found = components(table(edges))
    assert dict(zip(found["id"].to_pylist(), found["component"].to_pylist(), strict=True)) == labels(edges)
    assert found["id"].to_pylist() == sorted(labels(edges))
    random.shuffle(edges)
    assert components(table(edges)).equals(found)


def test_a_long_chain_and_a_large_star() -> None:
    order = np.random.default_rng(0).permutation(5000)
    chain = [(int(a), int(b)) for a, b in pairwise(order)]
    star = [(10_000, 10_000 + leaf) for leaf in range(1, 5000)]
    found = components(table([*star, *chain]))
    assert found.num_rows == 10_000
    expected = {min(name(node) for node in range(5000)), min(name(10_000 + node) for node in range(5000))}
    assert set(found["component"].to_pylist()) == expected


def test_nothing() -> None:
    assert components(table([])).equals(SCHEMA.empty_table())
