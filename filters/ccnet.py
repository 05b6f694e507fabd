"""CCNet's length: documents of fewer than 300 characters are left out.

Wenzek et al. 2020 (arXiv:1911.00359), `mine.py`'s `min_len`. CCNet measures before its deduplication of lines; here the text
is what this stage is given.
"""

from gristmill.core.batch import Batch
from gristmill.core.limits import Limit, apply_limits
from gristmill.core.lines import code_points, lines
from gristmill.core.params import LanguageParams
from gristmill.core.verdict import Example, Signal, Verdict

NAME = "ccnet"
VERSION = 1
UPSTREAM = ("language.label",)


class Params(LanguageParams):
    """Bounds of the rule."""

    min_chars: float = 300
    """Shortest text kept, in code points. CCNet: 300."""


LIMITS = (Limit("ccnet.min_chars", "ccnet.n_chars", "below", "min_chars"),)
RULES = tuple(limit.rule for limit in LIMITS)

EXAMPLES = (
    Example("The mill stands by the river. " * 10),
    Example("The mill stands by the river.", failed=RULES),
)


def judge(batch: Batch, params: Params) -> Verdict:
    """Judge each document by its length."""
    signals: dict[str, Signal] = {"ccnet.n_chars": code_points(lines(batch))}
    return Verdict(signals, apply_limits(LIMITS, signals, params, batch))
