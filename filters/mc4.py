"""mC4's rule for pages: three long lines. Xue et al. 2021 (arXiv:2010.11934), section 3.1, as TFDS and datatrove have it.

mC4 also asks a language model (cld3) for a probability of 0.7; that is the stage `language`'s `threshold`.
"""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.batch import Batch
from gristmill.core.jit import kernel
from gristmill.core.limits import Limit, apply_limits
from gristmill.core.lines import lines
from gristmill.core.params import LanguageParams
from gristmill.core.verdict import Example, Signal, Verdict

NAME = "mc4"
VERSION = 1
UPSTREAM = ("language.label",)


class Params(LanguageParams):
    """Bounds of the rule."""

    min_long_line_chars: float = 200
    """Shortest third-longest line kept, in code points. mC4: 200."""


LIMITS = (Limit("mc4.min_long_lines", "mc4.third_line_chars", "below", "min_long_line_chars"),)
RULES = tuple(limit.rule for limit in LIMITS)

_LINE = "The mill stands by the river, and in spring the flood brings grain from every farm of the upper valley. " * 2

EXAMPLES = (
    Example("\n".join([_LINE] * 3)),
    Example("\n".join([_LINE] * 2), failed=RULES),
    Example("\n".join(["The mill stands by the river."] * 30), failed=RULES),
)


def judge(batch: Batch, params: Params) -> Verdict:
    """Judge each document by the lines between its newlines."""
    table = lines(batch)
    signals: dict[str, Signal] = {"mc4.third_line_chars": third_longest(table.offsets, table.chars)}
    return Verdict(signals, apply_limits(LIMITS, signals, params, batch))


@kernel
def third_longest(offsets: NDArray[np.int64], chars: NDArray[np.int64]) -> NDArray[np.int64]:
    """Length of each document's third longest line, 0 with fewer than three; int64[documents]."""
    found = np.zeros(len(offsets) - 1, np.int64)
    for row in range(len(found)):
        first = second = third = 0
        for line in range(offsets[row], offsets[row + 1]):
            length = chars[line]
            if length > first:
                first, second, third = length, first, second
            elif length > second:
                second, third = length, second
            elif length > third:
                third = length
        found[row] = third
    return found
