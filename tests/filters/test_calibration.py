"""Platt's scaling: it finds what made scores too sure, and stays finite."""

import numpy as np
import pytest

from gristmill.filters.calibration import calibrated, fit_platt
from gristmill.filters.score_measures import calibration_error, crossed_error


def test_platts_scaling_mends_scores_that_are_too_sure() -> None:
    draw = np.random.default_rng(0)
    truth = draw.uniform(0.02, 0.98, 20_000)
    positive = draw.random(20_000) < truth
    logits = np.log(truth / (1 - truth))
    sure = 1 / (1 + np.exp(-(2.5 * logits + 1)))  # the true logit is 0.4 of it, less 0.4
    slope, intercept = fit_platt(sure, positive)
    assert slope == pytest.approx(0.4, abs=0.02)
    assert intercept == pytest.approx(-0.4, abs=0.05)
    before, after = calibration_error(sure, positive), crossed_error(sure, positive)
    assert before > 0.1
    assert after < 0.02
    np.testing.assert_allclose(calibrated(sure, slope, intercept), truth, atol=0.02)


def test_scores_that_separate_have_a_finite_scaling() -> None:
    slope, intercept = fit_platt(np.array([0.0] * 9 + [1.0] * 9), np.array([False] * 9 + [True] * 9))
    assert np.isfinite([slope, intercept]).all()
    assert 0 < slope < 5


def test_a_slope_of_one_changes_nothing() -> None:
    scores = np.array([0.0, 1e-9, 0.3, 1.0])
    assert calibrated(scores, 1.0, 0.0) is scores
