"""Quality buckets and tiers of several classifiers together, as Nemotron-CC's ensemble.

Su et al. 2024 (arXiv:2412.02595) and the recipe's code (NVIDIA-NeMo/Nemotron, data/curation/nemotron-cc): each classifier's
score is put into one of 20 buckets by the percentiles 5, 10 … 95 of a pool, where a page counts by its bytes; a page's
bucket is the largest of them, so that each classifier may bring in what it alone likes. Tiers are ranges of buckets.

    members = [{ model = "a.ftz", label = "hq", cutoffs = [0.0021, …] }, …]   19 ascending scores for each classifier

`gristmill train buckets` measures the cut-offs on pages of a crawl and prints the table.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from gristmill.core.batch import Batch
from gristmill.core.limits import Limit, apply_limits
from gristmill.core.params import Params as BaseParams
from gristmill.core.params import StageParams
from gristmill.core.verdict import Example, Signal, Verdict
from gristmill.filters.quality import GOOD, SPAM, model_path, score_texts

NAME = "quality_buckets"
VERSION = 1
UPSTREAM = ("language.label",)
BUCKETS = 20
TIERS = ("low", "medium_low", "medium", "medium_high", "high")

_PERCENTILES = np.arange(1, BUCKETS) / BUCKETS
_EVEN = tuple(round(float(share), 2) for share in _PERCENTILES)


class Member(BaseParams):
    """One classifier of the ensemble."""

    model: str = "quality.ftz"
    """fastText supervised model: the name of a file in filters/models, or a path with a slash in it."""

    label: str = Field(default="high", min_length=1)
    """The label, without `__label__`, whose probability is the score."""

    cutoffs: tuple[float, ...] = Field(default=_EVEN, min_length=BUCKETS - 1, max_length=BUCKETS - 1)
    """Scores from which buckets 1 to 19 begin, ascending. Nemotron-CC: percentiles 5 to 95 of its pool, pages weighted by
    bytes; default: 0.05 to 0.95, a stand-in until they are measured."""


class Params(StageParams):
    """The classifiers, and what is kept."""

    members: tuple[Member, ...] = Field(default=(Member(),), min_length=1)
    """The classifiers. Nemotron-CC: two regressors on embeddings for educational value, and DCLM's fastText model."""

    min_bucket: int = Field(default=1, ge=0, le=BUCKETS - 1)
    """Least bucket kept, 0 to 19. Nemotron-CC keeps all tiers and uses them by quality: high is bucket 19, medium-high 18."""

    tier_starts: tuple[int, int, int, int] = (7, 12, 18, 19)
    """First buckets of medium-low, medium, medium-high and high. Nemotron-CC: 7, 12, 18, 19, by annealing tests."""

    languages: tuple[str, ...] = ("en",)
    """Languages that the rule is for, "*" for all. By `language.label`."""

    max_characters: int = Field(default=4_000, ge=1)
    """Leading characters of a document that are scored."""


LIMITS = (Limit("quality_buckets.low_bucket", "quality_buckets.bucket", "below", "min_bucket", only="languages"),)
RULES = tuple(limit.rule for limit in LIMITS)

EXAMPLES = (Example(GOOD), Example(SPAM, failed=RULES))


def files(params: Params) -> tuple[Path, ...]:
    """The models; their content decides scores."""
    return tuple(model_path(member.model) for member in params.members)


def judge(batch: Batch, params: Params) -> Verdict:
    """Put each document into the best bucket that a classifier gives it."""
    scores = [
        score_texts(batch.column("text"), model_path(member.model), member.label, params.max_characters)
        for member in params.members
    ]
    buckets = np.stack([bucket_of(score, member.cutoffs) for score, member in zip(scores, params.members, strict=True)])
    best = buckets.max(axis=0)
    tiers = np.searchsorted(params.tier_starts, best, side="right")
    signals: dict[str, Signal] = {f"quality_buckets.score_{at}": score for at, score in enumerate(scores)}
    signals |= {f"quality_buckets.bucket_{at}": bucket for at, bucket in enumerate(buckets)}
    signals |= {
        "quality_buckets.bucket": best,
        "quality_buckets.tier": pa.array(TIERS, pa.string()).take(pa.array(tiers)),
    }
    return Verdict(signals, apply_limits(LIMITS, signals, params, batch))


def bucket_of(scores: NDArray[np.float64], cutoffs: tuple[float, ...]) -> NDArray[np.int64]:
    """The bucket of each score, 0 to 19: how many cut-offs it reaches, as `numpy.digitize`."""
    return np.searchsorted(cutoffs, scores, side="right").astype(np.int64)


def measure_cutoffs(scores: NDArray[np.float64], sizes: NDArray[np.int64]) -> tuple[float, ...]:
    """The percentiles 5 to 95 of scores weighted by size: the first score at which the weight reaches the share.

    Args:
        scores: of a pool's documents, float64[documents], at least one with a size.
        sizes: their lengths in bytes of UTF-8, int64[documents].
    """
    order = np.argsort(scores, kind="stable")
    weight = np.cumsum(sizes[order])
    wanted = np.ceil(_PERCENTILES * weight[-1] - 1e-9)
    return tuple(float(score) for score in scores[order][np.searchsorted(weight, wanted)])
