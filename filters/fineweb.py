"""FineWeb's own rules, all about lines: they catch lists, menus and pages of fragments that Gopher's rules let pass.

Penedo et al. 2024 (arXiv:2406.17557), section 3.6; numbers as in datatrove 0.10.1, which made FineWeb. Lines are cut at
"\\n" only, blank ones do not count, and nothing is stripped: a space behind a full stop hides it.
"""

import numpy as np

from gristmill.core.batch import Batch
from gristmill.core.limits import UNSPACED_LANGUAGES, Limit, apply_limits
from gristmill.core.lines import BLANK, ENDS_SENTENCE, lines
from gristmill.core.params import LanguageParams
from gristmill.core.ratios import ratio, sums
from gristmill.core.repeats import first_places
from gristmill.core.verdict import Example, Signal, Verdict
from gristmill.core.words import Segmentation, words

NAME = "fineweb"
VERSION = 1
UPSTREAM = ("language.label",)


class Params(LanguageParams):
    """Bounds of the rules; the defaults are FineWeb's."""

    min_line_punct_ratio: float = 0.12
    """Smallest share of lines that end with a sentence's end mark, of any script. FineWeb: 0.12."""

    line_punct_exempts_zero: bool = False
    """Let documents without any such line pass. FineWeb: no."""

    max_short_line_ratio: float = 0.67
    """Largest share of short lines. FineWeb: 0.67; FineWeb 2 has no such rule."""

    short_line_length: int = 30
    """Longest line that is short, in code points. FineWeb: 30 (the paper says shorter than 30)."""

    max_dup_line_char_ratio: float = 0.01
    """Largest share of characters, newlines left out, in lines that occurred before. FineWeb: 0.01 (so code and the
    paper's appendix; its main text and FineWeb 2: 0.1)."""

    segmentation: Segmentation = "tokens"
    """What a word is where newlines are counted for each: `tokens` (datatrove's), `spaces`, or `icu`."""

    max_newline_word_ratio: float = 0.3
    """Most newlines for each word, marks that are words included. FineWeb: 0.3 (code only)."""

    unspaced_languages: tuple[str, ...] = UNSPACED_LANGUAGES
    """Languages whose words cannot be told by spaces, and which say more in 30 characters: the rules of short lines and
    of newlines for each word leave them alone. By `language.label`; not in the paper."""


LIMITS = (
    Limit(
        "fineweb.line_punct_ratio",
        "fineweb.line_punct_frac",
        "below",
        "min_line_punct_ratio",
        spares_zero="line_punct_exempts_zero",
    ),
    Limit(
        "fineweb.short_line_ratio", "fineweb.short_line_frac", "above", "max_short_line_ratio", but="unspaced_languages"
    ),
    Limit("fineweb.dup_line_char_ratio", "fineweb.dup_line_char_frac", "above", "max_dup_line_char_ratio"),
    Limit(
        "fineweb.newline_word_ratio",
        "fineweb.newline_word_ratio",
        "above",
        "max_newline_word_ratio",
        but="unspaced_languages",
    ),
)
RULES = tuple(limit.rule for limit in LIMITS)

EXAMPLES = (
    Example("The mill stands by the river, below the old bridge.\nIn spring the flood brings grain from the valley."),
    Example("The mill stands by the river, below the old bridge", failed=("fineweb.line_punct_ratio",)),
    Example("The mill.\nThe river.\nThe bridge.", failed=("fineweb.short_line_ratio",)),
    Example("The mill stands by the river, below the bridge.\n" * 2, failed=("fineweb.dup_line_char_ratio",)),
    Example("The.\n\n\nIncomprehensibilities notwithstanding.", failed=("fineweb.newline_word_ratio",)),
)


def judge(batch: Batch, params: Params) -> Verdict:
    """Judge each document by its lines."""
    table = lines(batch)
    filled = (table.kinds & BLANK) == 0
    n_lines = sums(table.offsets, filled)
    newlines = np.diff(table.offsets) - 1
    firsts = first_places(table.offsets, table.hashes)
    repeated = filled & (firsts != np.arange(len(firsts)))
    punctuated = sums(table.offsets, (table.kinds & ENDS_SENTENCE) != 0)
    signals: dict[str, Signal] = {
        "fineweb.n_lines": n_lines,
        "fineweb.line_punct_frac": ratio(punctuated, n_lines),
        "fineweb.short_line_frac": ratio(
            sums(table.offsets, filled & (table.chars <= params.short_line_length)), n_lines
        ),
        "fineweb.dup_line_char_frac": ratio(
            sums(table.offsets, np.where(repeated, table.chars, 0)), sums(table.offsets, table.chars)
        ),
        "fineweb.newline_word_ratio": ratio(newlines, np.diff(words(batch, params.segmentation).offsets)),
    }
    return Verdict(signals, apply_limits(LIMITS, signals, params, batch))
