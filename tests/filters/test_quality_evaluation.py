"""Measuring a quality score: each figure against a plain one, and that order makes no difference."""

import numpy as np
import pytest
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


@given(SCORED)
def test_average_precision_is_that_of_plain_python(rows: list[tuple[float, bool, int]]) -> None:
    scores, positive, _ = arrays(rows)
    plain = 0.0
    for score in scores[positive]:
        above = positive[scores >= score]
        plain += above.mean() / positive.sum()
    assert evaluation.average_precision(scores, positive) == pytest.approx(plain)


@given(SCORED)
def test_calibration_error_is_that_of_plain_python(rows: list[tuple[float, bool, int]]) -> None:
    bins: dict[int, list[tuple[float, bool]]] = {}
    for score, good, _ in rows:
        bins.setdefault(min(int(score * 10), 9), []).append((score, good))
    plain = sum(abs(sum(s for s, _ in held) - sum(g for _, g in held)) for held in bins.values()) / len(rows)
    scores, positive, _ = arrays(rows)
    assert evaluation.calibration_error(scores, positive) == pytest.approx(plain)


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


def test_platts_scaling_mends_scores_that_are_too_sure() -> None:
    draw = np.random.default_rng(0)
    truth = draw.uniform(0.02, 0.98, 20_000)
    positive = draw.random(20_000) < truth
    logits = np.log(truth / (1 - truth))
    sure = 1 / (1 + np.exp(-(2.5 * logits + 1)))  # the true logit is 0.4 of it, less 0.4
    slope, intercept = evaluation.fit_platt(sure, positive)
    assert slope == pytest.approx(0.4, abs=0.02)
    assert intercept == pytest.approx(-0.4, abs=0.05)
    before, after = evaluation.calibration_error(sure, positive), evaluation._crossed_error(sure, positive)
    assert before > 0.1
    assert after < 0.02
    np.testing.assert_allclose(evaluation.calibrated(sure, slope, intercept), truth, atol=0.02)


def test_scores_that_separate_have_a_finite_scaling() -> None:
    slope, intercept = evaluation.fit_platt(np.array([0.0] * 9 + [1.0] * 9), np.array([False] * 9 + [True] * 9))
    assert np.isfinite([slope, intercept]).all()
    assert 0 < slope < 5


def test_a_slope_of_one_changes_nothing() -> None:
    scores = np.array([0.0, 1e-9, 0.3, 1.0])
    assert evaluation.calibrated(scores, 1.0, 0.0) is scores


def test_spearman() -> None:
    assert evaluation.spearman(np.array([0.1, 0.2, 0.9]), np.array([5, 70, 800])) == pytest.approx(1)
    assert evaluation.spearman(np.array([0.9, 0.2, 0.1]), np.array([5, 70, 800])) == pytest.approx(-1)
    assert evaluation.spearman(np.array([0.5, 0.5]), np.array([1, 2])) == 0
    assert evaluation.spearman(np.array([]), np.array([], np.int64)) == 0


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
