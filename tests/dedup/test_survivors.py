import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gristmill.dedup.identifiers import TYPE, to_ids
from gristmill.dedup.rarity import Sets
from gristmill.dedup.survivors import Keep, group_bounds, lead, shared_items, survivor_order


def reference(groups: list[list[set[int]]], threshold: float) -> tuple[list[int], list[float]]:
    """Compare each set with every leader before it in its group."""
    leaders: list[int] = []
    jaccards: list[float] = []
    for group in groups:
        first = len(leaders)
        for row, own in enumerate(group, first):
            leaders.append(row)
            jaccards.append(1.0)
            for other in range(first, row):
                theirs = group[other - first]
                if own and leaders[other] == other and len(own & theirs) / len(own | theirs) >= threshold:
                    leaders[row], jaccards[row] = other, len(own & theirs) / len(own | theirs)
                    break
    return leaders, jaccards


def found(groups: list[list[set[int]]], threshold: float) -> tuple[list[int], list[float]]:
    rows = [sorted(each) for group in groups for each in group]
    bounds = np.cumsum([0, *map(len, rows)]).astype(np.int64)
    values = np.array([value for row in rows for value in row], np.uint64)
    starts = np.cumsum([0, *map(len, groups)]).astype(np.int64)
    leaders, jaccards = lead(np.arange(len(rows)), starts, Sets(bounds, values), threshold)
    return leaders.tolist(), jaccards.tolist()


# Few different values and sets grown from one another, so that many pairs lie on and around the threshold.
ITEMS = st.sets(st.integers(0, 12), max_size=12)
THRESHOLDS = st.sampled_from([0.01, 0.25, 1 / 3, 0.5, 0.6, 2 / 3, 0.75, 0.8, 0.9, 1.0]) | st.floats(0.01, 1)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.lists(ITEMS, min_size=1, max_size=12), max_size=4), THRESHOLDS)
def test_lead_matches_comparing_everything(groups: list[list[set[int]]], threshold: float) -> None:
    assert found(groups, threshold) == reference(groups, threshold)


def test_lead_in_a_large_component() -> None:
    rng = np.random.default_rng(5)
    template = set(range(60))
    group = [
        template - set(rng.integers(0, 60, 6).tolist()) | set(rng.integers(60, 5000, 6).tolist()) for _ in range(400)
    ]
    group += [each - {min(each)} for each in group[:100]]
    assert found([group], 0.8) == reference([group], 0.8)


def test_exactly_the_threshold_is_enough() -> None:
    assert found([[{1, 2, 3, 4, 5}, {1, 2, 3, 4}]], 0.8) == ([0, 0], [1.0, 0.8])


@settings(deadline=None)
@given(st.sets(st.integers(0, 30)), st.sets(st.integers(0, 30)), st.integers(0, 31))
def test_shared_items(left: set[int], right: set[int], needed: int) -> None:
    shared = shared_items(np.array(sorted(left), np.int64), np.array(sorted(right), np.int64), needed)
    assert shared == len(left & right) or shared < needed > len(left & right)


@pytest.mark.parametrize(("keep", "expected"), [("newest", "dbcae"), ("oldest", "bcdae"), ("longest", "ebdac")])
def test_survivor_order(keep: Keep, expected: str) -> None:
    rows = {"a": ("", 2), "b": ("2020-01-01T00:00:00Z", 3), "c": ("2020-01-01T00:00:00Z", 1),
            "d": ("2024-05-05T00:00:00Z", 3), "e": ("", 9)}  # fmt: skip
    names = list("ecbda")
    table = pa.table({"date": [rows[n][0] for n in names], "text_bytes": [rows[n][1] for n in names]})
    ids = to_ids(pa.array([n.encode() * 16 for n in names], TYPE))
    order = survivor_order(table, [np.zeros(5, np.uint64)], ids, keep)
    assert "".join(names[row] for row in order) == expected


def test_group_bounds() -> None:
    high, low = np.array([1, 1, 1, 2], np.uint64), np.array([5, 5, 6, 6], np.uint64)
    assert group_bounds([high, low]).tolist() == [0, 2, 3, 4]
    assert group_bounds([high[:0]]).tolist() == [0]
