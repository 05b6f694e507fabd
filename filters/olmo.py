"""OLMo's repeated n-grams: the same few tokens again and again, which make training's loss spike.

OLMoE (arXiv:2409.02060), section 2, and OLMo 2 (arXiv:2501.00656), section 3.1: a document is left out if a sequence of 1 to 13
tokens is repeated 32 times and more without a break. Theirs are tokens of the model; ours are words and marks, so that no
tokenizer is needed here: a long row of dashes, one token there, is one word. Dolma 1.6 has 100 repeats.
"""

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from gristmill.core.batch import Batch
from gristmill.core.jit import kernel
from gristmill.core.limits import Limit, apply_limits
from gristmill.core.params import LanguageParams
from gristmill.core.verdict import Example, Signal, Verdict
from gristmill.core.words import Segmentation, words

NAME = "olmo"
VERSION = 1
UPSTREAM = ("language.label",)


class Params(LanguageParams):
    """Bounds of the rule."""

    segmentation: Segmentation = "tokens"
    """What a token is: `tokens` (words and marks), `spaces`, or `icu`."""

    max_period: int = Field(default=13, ge=1, le=64)
    """Longest sequence whose repetition is looked for, in words. OLMo: 13."""

    repeats: float = 32
    """Repeats from which a document is left out. OLMo: 32; Dolma 1.6: 100."""


LIMITS = (Limit("olmo.repeated_ngrams", "olmo.max_period_repeat", "reaches", "repeats"),)
RULES = tuple(limit.rule for limit in LIMITS)

EXAMPLES = (
    Example("The mill stands by the river. " * 4),
    Example("mill and river " * 31),
    Example("mill and river " * 32, failed=RULES),
)


def judge(batch: Batch, params: Params) -> Verdict:
    """Judge each document by its longest run of equal sequences."""
    table = words(batch, params.segmentation)
    repeats = max_period_repeats(table.offsets, table.hashes, params.max_period)
    signals: dict[str, Signal] = {"olmo.max_period_repeat": repeats}
    return Verdict(signals, apply_limits(LIMITS, signals, params, batch))


@kernel
def max_period_repeats(offsets: NDArray[np.int64], hashes: NDArray[np.uint64], longest: int) -> NDArray[np.int64]:
    """How often at most a sequence of up to `longest` words follows upon itself: int64[documents], 1 if none does.

    A run of period p is a span in which each word equals the one p places before; it has floor(length / p) repeats.
    """
    found = np.zeros(len(offsets) - 1, np.int64)
    for row in range(len(found)):
        start = offsets[row]
        end = offsets[row + 1]
        most = 1 if end > start else 0
        for period in range(1, longest + 1):
            word = start + period
            while word < end:
                last = word + period * most - 1  # of the shortest run from here that would tell something new
                at = last
                while word <= at < end and hashes[at] == hashes[at - period]:
                    at -= 1
                if last >= end or at >= word:
                    word = at + 1
                    continue
                while last + 1 < end and hashes[last + 1] == hashes[last + 1 - period]:
                    last += 1
                most = (last + 1 - word) // period + 1
                word = last + 1
        found[row] = most
    return found
