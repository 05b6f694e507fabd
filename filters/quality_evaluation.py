"""What a quality score is worth: order, calibration, and what it makes of long and short texts and of single domains.

All figures are of texts that the model has not seen. None depends on the order of the texts.
"""

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gristmill.filters.calibration import fit_platt
from gristmill.filters.score_measures import (
    Bin,
    auc,
    average_precision,
    calibration_error,
    crossed_error,
    reliability,
    spearman,
)

THRESHOLDS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9)
_LENGTHS = (0, 200, 500, 1000, 2000, 5000, 10_000)  # where buckets of length start, in code points
_DOMAINS = 20  # the most frequent ones are told


@dataclass(frozen=True)
class Group:
    """What becomes of the texts of one bucket of length, or of one domain.

    Attributes:
        name: "500-999" characters, or the domain.
        texts: number of texts.
        positive: number of those with the positive label.
        score: mean score.
        positive_kept, other_kept: shares at or above the threshold, 0.0 where there are none.
    """

    name: str
    texts: int
    positive: int
    score: float
    positive_kept: float
    other_kept: float


@dataclass(frozen=True)
class Evaluation:
    """What a model does on the held-out texts.

    Attributes:
        trained: number of texts trained on.
        held_out: number of texts measured.
        auc: chance that a text with the positive label scores above one without; ties count half.
        average_precision: area under precision over recall, of the positive label.
        rates: (threshold, share of positive texts at or above it, share of the others below it).
        brier: mean squared difference of score and truth.
        calibration_error: mean difference of score and share of positive texts in a bin, weighted by texts (ECE).
        bins: the reliability diagram.
        slope, intercept: Platt's scaling: sigmoid(slope · logit(score) + intercept) is the calibrated score.
        calibrated_error: calibration error with it, each half of the texts scaled by what the other half gives.
        threshold: that of the groups below.
        lengths, domains: groups of texts; domains are the most frequent ones, if the input names any.
        length_correlation: Spearman's, of score and length, among positive texts and among the others.
    """

    trained: int
    held_out: int
    auc: float
    average_precision: float
    rates: tuple[tuple[float, float, float], ...]
    brier: float
    calibration_error: float
    bins: tuple[Bin, ...]
    slope: float
    intercept: float
    calibrated_error: float
    threshold: float
    lengths: tuple[Group, ...]
    domains: tuple[Group, ...] = field(default=())
    length_correlation: tuple[float, float] = (0.0, 0.0)

    def json(self) -> dict[str, Any]:
        """Everything, for a program."""
        return asdict(self)

    def markdown(self) -> str:
        """The tables of a model card."""
        return "\n".join(self._lines())

    def thresholds(self) -> str:
        """The first of them: what a threshold keeps and removes."""
        head = ("| threshold | good texts kept | other texts removed |", "|---|---|---|")
        return "\n".join(
            [*head, *(f"| {limit:g} | {kept:.1%} | {removed:.1%} |" for limit, kept, removed in self.rates)]
        )

    def _lines(self) -> Iterator[str]:
        yield f"{self.trained:,} texts trained on, {self.held_out:,} measured"
        yield f"AUC {self.auc:.4f}, average precision {self.average_precision:.4f}"
        yield from ("", self.thresholds())
        yield ""
        yield (
            f"Calibration: Brier {self.brier:.4f}, error {self.calibration_error:.4f}; {self.calibrated_error:.4f} with "
            f"calibration_slope = {self.slope:.4f}, calibration_intercept = {self.intercept:.4f}"
        )
        yield from ("", "| scores from | texts | mean score | good |", "|---|---|---|---|")
        yield from (f"| {one.low:.1f} | {one.texts:,} | {one.score:.3f} | {one.positive:.3f} |" for one in self.bins)
        good, other = self.length_correlation
        yield from (
            "",
            f"Length: Spearman {good:+.2f} among good texts, {other:+.2f} among others; at threshold {self.threshold:g}",
        )
        yield from _group_table("characters", self.lengths)
        if self.domains:
            yield ""
            yield from _group_table("domain", self.domains)


def _group_table(title: str, groups: Sequence[Group]) -> Iterator[str]:
    yield from ("", f"| {title} | texts | good | mean score | good kept | others kept |", "|---|---|---|---|---|---|")
    for one in groups:
        kept = f"{one.positive_kept:.1%} | {one.other_kept:.1%}"
        yield f"| {one.name} | {one.texts:,} | {one.positive:,} | {one.score:.3f} | {kept} |"


def evaluate(
    scores: NDArray[np.float64],
    positive: NDArray[np.bool_],
    lengths: NDArray[np.int64],
    domains: Sequence[str] = (),
    *,
    trained: int = 0,
    threshold: float = 0.5,
) -> Evaluation:
    """Measure scores against the truth; both sides must have texts.

    Args:
        scores: between 0 and 1, float64[texts].
        positive: whether each text has the positive label, bool[texts].
        lengths: of the texts in code points, int64[texts].
        domains: of each text, "" where it has none; or nothing at all.
        trained: number of texts that the model was trained on.
        threshold: from which a text counts as kept, for the groups.
    """
    order = np.lexsort((lengths, positive, scores))  # sums of floats do not depend on the input's order
    scores, positive, lengths = scores[order], positive[order], lengths[order]
    named = [domains[row] for row in order] if len(domains) else []
    slope, intercept = fit_platt(scores, positive)
    edges = (*_LENGTHS, int(lengths.max()) + 1)
    buckets = [(low, high) for low, high in itertools.pairwise(edges) if low < high]
    by_length = [(_range(low, high), (lengths >= low) & (lengths < high)) for low, high in buckets]
    frequent = sorted(Counter(name for name in named if name).items(), key=lambda item: (-item[1], item[0]))[:_DOMAINS]
    labels = np.array(named, object)
    return Evaluation(
        trained=trained,
        held_out=len(scores),
        auc=auc(scores, positive),
        average_precision=average_precision(scores, positive),
        rates=tuple(
            (limit, float((scores[positive] >= limit).mean()), float((scores[~positive] < limit).mean()))
            for limit in THRESHOLDS
        ),
        brier=float(((scores - positive) ** 2).mean()),
        calibration_error=calibration_error(scores, positive),
        bins=reliability(scores, positive),
        slope=slope,
        intercept=intercept,
        calibrated_error=crossed_error(scores, positive),
        threshold=threshold,
        lengths=tuple(_group(name, rows, scores, positive, threshold) for name, rows in by_length if rows.any()),
        domains=tuple(_group(name, labels == name, scores, positive, threshold) for name, _ in frequent),
        length_correlation=(
            spearman(scores[positive], lengths[positive]),
            spearman(scores[~positive], lengths[~positive]),
        ),
    )


def _range(low: int, high: int) -> str:
    return f"{low:,}-{high - 1:,}"


def _group(
    name: str, rows: NDArray[np.bool_], scores: NDArray[np.float64], positive: NDArray[np.bool_], threshold: float
) -> Group:
    good, other = scores[rows & positive], scores[rows & ~positive]
    shares = [float((some >= threshold).mean()) if len(some) else 0.0 for some in (good, other)]
    return Group(name, int(rows.sum()), len(good), float(scores[rows].mean()), *shares)
