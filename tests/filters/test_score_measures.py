"""Single figures of scores: each against a plain one."""

import numpy as np
import pytest
from hypothesis import given

from gristmill.filters.score_measures import average_precision, calibration_error, spearman
from tests.filters.test_quality_evaluation import SCORED, arrays


@given(SCORED)
def test_average_precision_is_that_of_plain_python(rows: list[tuple[float, bool, int]]) -> None:
    scores, positive, _ = arrays(rows)
    plain = 0.0
    for score in scores[positive]:
        above = positive[scores >= score]
        plain += above.mean() / positive.sum()
    assert average_precision(scores, positive) == pytest.approx(plain)


@given(SCORED)
def test_calibration_error_is_that_of_plain_python(rows: list[tuple[float, bool, int]]) -> None:
    bins: dict[int, list[tuple[float, bool]]] = {}
    for score, good, _ in rows:
        bins.setdefault(min(int(score * 10), 9), []).append((score, good))
    plain = sum(abs(sum(s for s, _ in held) - sum(g for _, g in held)) for held in bins.values()) / len(rows)
    scores, positive, _ = arrays(rows)
    assert calibration_error(scores, positive) == pytest.approx(plain)


def test_spearman() -> None:
    assert spearman(np.array([0.1, 0.2, 0.9]), np.array([5, 70, 800])) == pytest.approx(1)
    assert spearman(np.array([0.9, 0.2, 0.1]), np.array([5, 70, 800])) == pytest.approx(-1)
    assert spearman(np.array([0.5, 0.5]), np.array([1, 2])) == 0
    assert spearman(np.array([]), np.array([], np.int64)) == 0
