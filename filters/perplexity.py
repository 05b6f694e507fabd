"""Perplexity under an n-gram model of good text, and CCNet's buckets: head, middle, tail.

Wenzek et al. 2020 (arXiv:1911.00359): ten to the power of the mean of -log10 p over a text's symbols. Low is like the
model's text, and very low is repetition or a template; high is noise, lists, other languages, but also speech and trades
that the model has not met. The shipped model predicts characters, knows English, and was made from little text
(filters/models/perplexity.md); `gristmill train perplexity` makes others.
"""

import math
from pathlib import Path
from typing import ClassVar, Literal, TypeAlias

import numpy as np
import pyarrow as pa
from pydantic import Field

from gristmill.core.batch import Batch
from gristmill.core.limits import Limit, apply_limits, in_languages
from gristmill.core.params import StageParams
from gristmill.core.verdict import Example, Signal, Verdict
from gristmill.filters.ngram_model import load_ngram_model, perplexities

NAME = "perplexity"
VERSION = 1
UPSTREAM = ("language.label",)

Bucket: TypeAlias = Literal["head", "middle", "tail", "all"]
BUCKETS: tuple[Bucket, ...] = ("head", "middle", "tail", "all")
"""The last is of a language without a model, as in CCNet, and of a text without symbols."""
_NO_BUCKET = BUCKETS.index("all")

_MODELS = Path(__file__).parent / "models"


class Params(StageParams):
    """Which texts the model finds likely enough."""

    measuring: ClassVar[tuple[str, ...]] = ("languages",)

    model: str = "perplexity.npz"
    """The model: the name of a file in filters/models, or a path with a slash in it. Source: filters/models/perplexity.md."""

    languages: tuple[str, ...] = ("en",)
    """Languages of the model; texts in others are in no bucket, and no rule fires. By `language.label`."""

    head_below: float | None = Field(default=None, gt=0)
    """Perplexity below which a text is in the head; none: the model's own, percentile 30 of its reference. CCNet: 30."""

    middle_below: float | None = Field(default=None, gt=0)
    """Perplexity below which it is in the middle; none: the model's own, percentile 60. CCNet: 60."""

    keep: tuple[Bucket, ...] = BUCKETS
    """Buckets kept; `all` is of texts in other languages. CCNet's authors keep all and label; LLaMA, RedPajama-V2 and
    Dolma use head and middle."""

    max_perplexity: float = Field(default=math.inf, gt=0)
    """Largest perplexity kept. OpenWebMath: 15,000 under a model of its own."""

    min_perplexity: float = Field(default=0.0, ge=0)
    """Smallest perplexity kept: below are templates. A text without symbols has 0."""


LIMITS = (
    Limit("perplexity.bucket", "perplexity.bucket", "outside", "keep"),
    Limit("perplexity.too_high", "perplexity.score", "above", "max_perplexity", only="languages"),
    Limit("perplexity.too_low", "perplexity.score", "below", "min_perplexity", only="languages"),
)
RULES = tuple(limit.rule for limit in LIMITS)
OFF = RULES
"""Under default parameters: CCNet's authors label and keep, and the shipped model's cut-offs are those of little text."""

EXAMPLES = (
    Example(
        "The mill stands by the river, and in the spring the water was so high that nobody could cross the bridge."
    ),
    Example("Qxz vrk 0x7f jjq wpl zzt kfw qrx vbn mxq zkj wqp xvz grt kkq"),
    Example(""),
)


def files(params: Params) -> tuple[Path, ...]:
    """The model."""
    return (_path(params),)


def judge(batch: Batch, params: Params) -> Verdict:
    """Score each text line by line, and judge those in the model's languages."""
    model, table = load_ngram_model(_path(params))
    scores, symbols = perplexities(batch.text, model, table)
    head = model.cutoffs[0] if params.head_below is None else params.head_below
    middle = model.cutoffs[1] if params.middle_below is None else params.middle_below
    covered = in_languages(batch, params.languages or ("*",))
    place = np.where(covered & (symbols > 0), (scores >= head).astype(np.int64) + (scores >= middle), _NO_BUCKET)
    signals: dict[str, Signal] = {
        "perplexity.score": scores,
        "perplexity.symbols": symbols,
        "perplexity.bucket": pa.array(BUCKETS, pa.string()).take(pa.array(place)),
    }
    return Verdict(signals, apply_limits(LIMITS, signals, params, batch))


def _path(params: Params) -> Path:
    return Path(params.model) if "/" in params.model else _MODELS / params.model
