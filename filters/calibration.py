"""Platt's scaling: scores that rank well are made probabilities."""

import numpy as np
from numpy.typing import NDArray

_LEAST_ODDS = 1e-6  # a score this close to 0 or 1 counts as so close
_STEPS = 50  # of Newton's method; a handful are needed
_TINY = 1e-10  # a step that changes nothing more
_RIDGE = 1e-9  # keeps the equations solvable where all scores are alike


def calibrated(scores: NDArray[np.float64], slope: float, intercept: float) -> NDArray[np.float64]:
    """sigmoid(slope · logit(score) + intercept); a slope of 1 and an intercept of 0 change nothing."""
    if (slope, intercept) == (1.0, 0.0):
        return scores
    scaled: NDArray[np.float64] = 1 / (1 + np.exp(-(slope * _logit(scores) + intercept)))
    return scaled


def _logit(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    clipped = np.clip(scores, _LEAST_ODDS, 1 - _LEAST_ODDS)
    odds: NDArray[np.float64] = np.log(clipped / (1 - clipped))
    return odds


def fit_platt(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and intercept of Platt's scaling (1999): logistic regression on the logit, by Newton's method.

    Targets are Platt's, drawn in a little from 0 and 1, so that scores which separate the labels have a finite slope.
    """
    logits = _logit(scores)
    good, other = int(positive.sum()), int((~positive).sum())
    targets = np.where(positive, (good + 1) / (good + 2), 1 / (other + 2))
    features = np.stack([logits, np.ones_like(logits)])
    weights = np.zeros(2)
    for _ in range(_STEPS):
        expected = 1 / (1 + np.exp(-(weights @ features)))
        curvature = (features * (expected * (1 - expected))) @ features.T + _RIDGE * np.eye(2)
        step = np.linalg.solve(curvature, features @ (targets - expected))
        while (
            _loss(weights + step, features, targets) > _loss(weights, features, targets) and np.abs(step).max() > _TINY
        ):
            step = step / 2  # too far: the loss is convex, so a shorter one is better
        weights = weights + step
        if np.abs(step).max() <= _TINY:
            break
    return float(weights[0]), float(weights[1])


def _loss(weights: NDArray[np.float64], features: NDArray[np.float64], targets: NDArray[np.float64]) -> float:
    """Cross entropy of logistic regression."""
    odds = weights @ features
    return float((np.logaddexp(0, odds) - targets * odds).sum())
