"""Measuring a quality score: groups of texts, and that order makes no difference."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gristmill.filters import quality_evaluation as evaluation

SCORED = st.lists(
    st.tuples(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.77, 1.0]), st.booleans(), st.integers(0, 12_000)),
    min_size=2,
    max_size=40,
).filter(lambda rows: len({row[1] for row in rows}) == 2)


def arrays(rows: list[tuple[float, bool, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    scores, positive, lengths = zip(*rows, strict=True)
    return np.array(scores), np.array(positive), np.array(lengths, np.int64)


@given(SCORED, st.randoms(use_true_random=False))
def test_order_makes_no_difference(rows: list[tuple[float, bool, int]], draw: object) -> None:
    domains = [f"d{length % 3}.example" if length % 5 else "" for _, _, length in rows]
    order = np.random.default_rng(1).permutation(len(rows))
    first = evaluation.evaluate(*arrays(rows), domains)
    second = evaluation.evaluate(*arrays([rows[i] for i in order]), [domains[i] for i in order])
    assert first == second
    assert sum(group.texts for group in first.lengths) == first.held_out == sum(one.texts for one in first.bins)
    assert sum(group.texts for group in first.domains) == sum(map(bool, domains))
    assert first.json()["auc"] == first.auc
    assert "| threshold |" in first.markdown()


def test_groups_tell_what_a_threshold_does() -> None:
    scores = np.array([0.9, 0.4, 0.8, 0.1])
    found = evaluation.evaluate(
        scores,
        np.array([True, True, False, False]),
        np.array([100, 300, 300, 300]),
        ["a", "b", "b", "b"],
        threshold=0.5,
    )
    assert [(one.name, one.texts, one.positive, one.positive_kept, one.other_kept) for one in found.lengths] == [
        ("0-199", 1, 1, 1.0, 0.0), ("200-499", 3, 1, 0.0, 0.5),
    ]  # fmt: skip
    assert [one.name for one in found.domains] == ["b", "a"]
