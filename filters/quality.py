"""Model-based quality: a fastText classifier tells prose worth reading from spam, boilerplate and noise.

The shipped model is small and trained on text that this project wrote (filters/models/quality.md), so its default
threshold removes clear cases only. Train another with `gristmill train quality` and name its file in the recipe.

What the model sees is `normalise(text)`: the first `max_characters` characters, lower-case, every digit a 0, white space of
any kind one space, punctuation cut from the words, NUL and underscores gone (so that no text can carry fastText's own
words `__label__…` and `</s>`).
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash
from numpy.typing import NDArray
from pydantic import Field

from gristmill.core.batch import Batch
from gristmill.core.errors import InputError
from gristmill.core.limits import Limit, apply_limits
from gristmill.core.params import LanguageParams
from gristmill.core.verdict import Example, Signal, Verdict
from gristmill.filters.calibration import calibrated
from gristmill.filters.fasttext_model import LABEL_PREFIX, load_fasttext

NAME = "quality"
VERSION = 2
LIMITS = (
    Limit("quality.low_score", "quality.score", "below", "threshold", only="languages"),
    Limit("quality.pareto", "quality.pareto_limit", "below", "pareto_alpha", only="languages"),
)
RULES = tuple(limit.rule for limit in LIMITS)
OFF = ("quality.pareto",)  # under default parameters
UPSTREAM = ("language.label",)

_MODELS = Path(__file__).parent / "models"
_PARETO_SEED = 1
_MAX_ALPHA = 1e6  # of a document with score 1, which always stays


class Params(LanguageParams):
    """Parameters of the quality classifier."""

    model: str = "quality.ftz"
    """fastText supervised model: the name of a file in filters/models, or a path with a slash in it. The file's content is
    part of the stage's key. Source: filters/models/quality.md."""

    label: str = Field(default="high", min_length=1)
    """The label, without `__label__`, whose probability is the score. Source: the shipped model's labels high and low."""

    threshold: float = Field(default=0.1, ge=0, le=1)
    """A document with a score below this fails, 0 to 1. Source: the threshold table in filters/models/quality.md; mild, as
    the shipped model is trained on little text. A score ranks documents and is no calibrated probability."""

    languages: tuple[str, ...] = ("en", "de", "fr", "es", "pt", "it", "ru", "zh", "ja", "ar")
    """Languages the model was trained on (labels of the language stage, ISO 639-1). In others the score is recorded and the
    rule does not fire; an empty list means all. Without a language stage every document counts as English."""

    calibration_slope: float = Field(default=1.0, gt=0)
    """The score is sigmoid(slope · logit(probability) + intercept): `gristmill train quality` reports both. 1: as it is."""

    calibration_intercept: float = 0.0
    """See `calibration_slope`."""

    pareto_alpha: float = Field(default=0.0, ge=0)
    """Keep a document with probability (2 - score) ** -alpha, 0 for always: if a Lomax draw exceeds 1 - score. GPT-3: 9; The
    Pile: 3. The draw is a hash of the document's id. Documents below the threshold fail anyway."""

    max_characters: int = Field(default=4_000, ge=1)
    """Leading characters of a document that are scored: 1,000 cost about 0.35 ms. Source: measured on this project."""


# The plain examples of this stage and of quality_buckets.
GOOD = (
    "The millstones were cut from a single block of basalt, and the miller dressed their faces twice a year. When the "
    "grooves had worn shallow the flour came out warm, which spoiled its keeping, so he listened for a change in the "
    "sound and stopped the wheel before anybody could taste the difference."
)
SPAM = (
    "Buy cheap designer watches online best price free shipping! Click here now!!! Top 10 online casino bonus, cheap car "
    "insurance quotes, payday loans near me. Add to cart. Subscribe. Buy now, limited time offer, 90% discount coupon!!!"
)
EXAMPLES = (Example(GOOD), Example(SPAM, failed=("quality.low_score",)))


def files(params: Params) -> tuple[Path, ...]:
    """The model file; its content decides scores."""
    return (model_path(params.model),)


def model_path(model: str) -> Path:
    """Where a model lies: a bare name is looked up among the shipped models."""
    return Path(model) if "/" in model else _MODELS / model


def judge(batch: Batch, params: Params) -> Verdict:
    """Score each document, and fail those below the threshold whose language the model knows."""
    scores = score_texts(batch.column("text"), model_path(params.model), params.label, params.max_characters)
    scores = calibrated(scores, params.calibration_slope, params.calibration_intercept)
    signals: dict[str, Signal] = {
        "quality.score": scores,
        "quality.pareto_limit": pareto_limits(batch.column("id"), scores),
    }
    return Verdict(signals, apply_limits(LIMITS, signals, params, batch))


def pareto_limits(ids: pa.Array, scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """The largest alpha with which each document stays under Pareto sampling, float64[documents], at most 1e6.

    It stays if u < (2 - score) ** -alpha, where u is uniform in (0, 1]: a hash of its id.
    """
    draws = np.array([xxhash.xxh3_64_intdigest(one, _PARETO_SEED) + 1 for one in ids.to_pylist()], np.float64) / 2**64
    exponents = np.log(2.0 - scores)
    largest = np.full(len(draws), _MAX_ALPHA)
    np.divide(-np.log(draws), exponents, out=largest, where=exponents > 0)
    np.minimum(largest, _MAX_ALPHA, out=largest)
    return largest


def score_texts(texts: pa.Array, model: Path, label: str = "high", max_characters: int = 4_000) -> NDArray[np.float64]:
    """The model's probability of a label for each text, float64[texts], clipped to 0..1; 0.0 for a text without words."""
    lines = [normalise(head) for head in pc.utf8_slice_codeunits(texts, 0, max_characters).to_pylist()]
    # The module's own predict() checks and copies each text first; this is the call underneath it.
    answers = load_model(model, label).f.multilinePredict(lines, -1, 0.0, "strict")
    scores = np.zeros(len(lines))
    for row, (line, labels, probabilities) in enumerate(zip(lines, *answers, strict=True)):
        if line:
            scores[row] = probabilities[labels.index(LABEL_PREFIX + label)]
    return np.clip(scores, 0.0, 1.0)  # fastText's softmax can give 1.00001


def normalise(text: str) -> str:
    """A text as the model reads it: one line, lower-case, digits as 0, punctuation between spaces."""
    return " ".join(text.lower().translate(_CHARACTERS).split())


def _character_table() -> dict[int, str]:
    table = {
        ord(mark): f" {mark} "
        for mark in "!\"#$%&'()*+,-./:;<=>?@[\\]^`{|}~«»“”„‘’–—…•·|¿¡。、，．！？；：（）「」『』【】《》،؛؟"
    }
    table |= {ord(digit): "0" for digit in "0123456789٠١٢٣٤٥٦٧٨٩０１２３４５６７８９"}
    return table | {0: " ", ord("_"): " "}


_CHARACTERS = _character_table()


@lru_cache(maxsize=4)
def load_model(path: Path, label: str) -> Any:
    """A fastText model, once per process; InputError if it is missing, no model, or does not know the label."""
    model = load_fasttext(path, "quality")
    known = [name.removeprefix(LABEL_PREFIX) for name in model.get_labels()]
    if label not in known:
        raise InputError(
            f"the quality model {path} has no label '{label}'; correct 'label': it has {', '.join(known)}."
        )
    return model
