"""Traces of a wrong decoding: replacement characters, control characters, private use. Not from a paper; our choice.

A page decoded with the wrong charset is full of them; a page that quotes one has a few in a thousand characters.
"""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.batch import Batch
from gristmill.core.categories import BITS, CONTROL, PRIVATE, category_counts
from gristmill.core.jit import kernel
from gristmill.core.limits import Limit, apply_limits
from gristmill.core.params import LanguageParams
from gristmill.core.ratios import ratio
from gristmill.core.verdict import Example, Signal, Verdict

NAME = "encoding"
VERSION = 1
UPSTREAM = ("language.label",)


class Params(LanguageParams):
    """Bounds of the rules."""

    max_replacement_char_frac: float = 0.001
    """Largest share of U+FFFD among a text's code points. Our choice."""

    max_control_char_frac: float = 0.001
    """Largest share of control characters (category Cc) but tab, newline, carriage return. Our choice."""

    max_pua_frac: float = 0.001
    """Largest share of private-use characters (category Co), such as icon fonts'. Our choice."""


_NAMES = ("replacement_char_frac", "control_char_frac", "pua_frac")
LIMITS = tuple(Limit(f"encoding.{name}", f"encoding.{name}", "above", f"max_{name}") for name in _NAMES)
RULES = tuple(limit.rule for limit in LIMITS)

EXAMPLES = (
    Example("The mill stands by the river, below the old bridge."),
    Example("Die M\ufffdhle steht am Flu\ufffd.", failed=("encoding.replacement_char_frac",)),
    Example("The mill\x00stands.", failed=("encoding.control_char_frac",)),
    Example("The mill \ue001 stands.", failed=("encoding.pua_frac",)),
)


def judge(batch: Batch, params: Params) -> Verdict:
    """Judge each document by its characters."""
    text = batch.text
    counts = category_counts(batch)
    chars = counts[:, BITS]
    found = (
        count_replacements(text.data, text.offsets),
        counts[:, CONTROL.bit_length() - 1],
        counts[:, PRIVATE.bit_length() - 1],
    )
    signals: dict[str, Signal] = {
        f"encoding.{name}": ratio(count, chars) for name, count in zip(_NAMES, found, strict=True)
    }
    return Verdict(signals, apply_limits(LIMITS, signals, params, batch))


@kernel
def count_replacements(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """How often U+FFFD (bytes EF BF BD) stands in each text, int64[texts]."""
    counts = np.zeros(len(offsets) - 1, np.int64)
    for row in range(len(counts)):
        count = 0
        for at in range(offsets[row] + 2, offsets[row + 1]):
            count += data[at] == 0xBD and data[at - 1] == 0xBF and data[at - 2] == 0xEF
        counts[row] = count
    return counts
