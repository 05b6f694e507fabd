"""Single figures of scores against the truth: order, calibration, correlation with length."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gristmill.filters.calibration import calibrated, fit_platt

_BINS = 10  # of the reliability diagram


@dataclass(frozen=True)
class Bin:
    """A bin of the reliability diagram: texts with scores from `low` on, their mean score, and the share of positive ones."""

    low: float
    texts: int
    score: float
    positive: float


def auc(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """Chance that a positive text scores above another; ties count half."""
    good, other = scores[positive], np.sort(scores[~positive])
    below = np.searchsorted(other, good, "left") + np.searchsorted(other, good, "right")
    return float(below.sum() / (2 * len(good) * len(other)))


def average_precision(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """Mean over the positive texts of the precision at their score; equal scores are one step."""
    values, place = np.unique(-scores, return_inverse=True)
    found = np.bincount(place, positive, len(values))
    seen = np.bincount(place, minlength=len(values))
    return float((found * np.cumsum(found) / np.cumsum(seen)).sum() / positive.sum())


def reliability(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> tuple[Bin, ...]:
    """Ten bins of equal width, those that hold texts."""
    place = np.minimum((scores * _BINS).astype(np.int64), _BINS - 1)
    return tuple(
        Bin(at / _BINS, int(rows.sum()), float(scores[rows].mean()), float(positive[rows].mean()))
        for at in range(_BINS)
        if (rows := place == at).any()
    )


def calibration_error(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """Expected calibration error over the bins."""
    bins = reliability(scores, positive)
    return sum(one.texts * abs(one.score - one.positive) for one in bins) / len(scores)


def crossed_error(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """Calibration error after scaling each half of the texts by the other half's fit."""
    halves = np.arange(len(scores)) % 2 == 0
    if any(len(set(positive[half].tolist())) < 2 for half in (halves, ~halves)):
        return calibration_error(scores, positive)
    scaled = np.empty_like(scores)
    for half in (halves, ~halves):
        scaled[half] = calibrated(scores[half], *fit_platt(scores[~half], positive[~half]))
    return calibration_error(scaled, positive)


def spearman(one: NDArray[np.float64], other: NDArray[np.int64]) -> float:
    """Rank correlation with mean ranks for ties; 0.0 where one side does not vary."""
    if len(one) == 0:
        return 0.0
    first, second = _ranks(one), _ranks(other)
    spread = first.std() * second.std()
    return float(((first - first.mean()) * (second - second.mean())).mean() / spread) if spread else 0.0


def _ranks(values: NDArray[np.float64] | NDArray[np.int64]) -> NDArray[np.float64]:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks: NDArray[np.float64] = (ends - (counts - 1) / 2)[place]
    return ranks
