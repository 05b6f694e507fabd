"""Gopher's repetition rules: shares of a document in repeated lines, paragraphs and sequences of words.

Rae et al. 2021 (arXiv:2112.11446), table A1. Where implementations disagree the default is the paper's reading, which is
also DCLM's and RedPajama-V2's, and a parameter has the variant:

* Duplicates are all copies of what occurs more than once, and no character counts twice. datatrove lets the first copy go
  free, divides by the whole text, and takes newlines at both ends for two lines: `dup_counting = "first_free"`.
* The most common sequence must occur twice. datatrove takes one that occurs once too, which very short texts cannot pass,
  and counts spaces: `top_counting = "any"`.
* Words are cut at spaces; datatrove's marks are words: `segmentation = "tokens"`.

Sequences are compared word by word; datatrove compares the words of longer ones run together. Dolma's other way of counting
is in the family `dolma`. datatrove 0.10.1, so the `fineweb` recipe: segmentation = "tokens", dup_counting = "first_free",
top_counting = "any", unspaced_languages = [].
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gristmill.core.batch import Batch
from gristmill.core.limits import UNSPACED_LANGUAGES, Limit, apply_limits
from gristmill.core.lines import Lines, code_points, frozen, lines
from gristmill.core.paragraphs import paragraphs
from gristmill.core.params import LanguageParams
from gristmill.core.ratios import ratio, sums
from gristmill.core.repeats import first_places, repeated_sequences
from gristmill.core.verdict import Example, Signal, Verdict
from gristmill.core.word_totals import total_chars
from gristmill.core.words import Segmentation, words

NAME = "gopher_repetition"
VERSION = 2
UPSTREAM = ("language.label",)


class Params(LanguageParams):
    """Bounds of the rules; the defaults are the paper's."""

    segmentation: Segmentation = "spaces"
    """What a word is: `spaces`, `tokens` (datatrove), or `icu` (tokens, unspaced scripts cut by ICU)."""

    dup_counting: Literal["all_copies", "first_free"] = "all_copies"
    """What counts as repeated: every copy of what occurs more than once, of the characters of all lines, paragraphs or
    words (the paper's reading), or all occurrences but the first, of the whole text's characters (datatrove; half as
    strict on what occurs twice)."""

    top_counting: Literal["repeated", "any"] = "repeated"
    """Which most frequent sequence counts: one that occurs at least twice, its words' characters of those of all words
    (DCLM, RedPajama-V2), or any, with the spaces in it, of the whole text's characters (datatrove)."""

    max_dup_para_frac: float = 0.30
    """Largest share of paragraphs that are repeated. Gopher: 0.30."""

    max_dup_para_char_frac: float = 0.20
    """Largest share of characters in repeated paragraphs. Gopher: 0.20."""

    max_dup_line_frac: float = 0.30
    """Largest share of lines that are repeated. Gopher: 0.30."""

    max_dup_line_char_frac: float = 0.20
    """Largest share of characters in repeated lines. Gopher: 0.20."""

    max_top_2gram_char_frac: float = 0.20
    """Largest share of characters in the most frequent sequence of 2 words. Gopher: 0.20."""

    max_top_3gram_char_frac: float = 0.18
    """Largest share of characters in the most frequent sequence of 3 words. Gopher: 0.18."""

    max_top_4gram_char_frac: float = 0.16
    """Largest share of characters in the most frequent sequence of 4 words. Gopher: 0.16."""

    max_dup_5gram_char_frac: float = 0.15
    """Largest share of characters in repeated sequences of 5 words. Gopher: 0.15."""

    max_dup_6gram_char_frac: float = 0.14
    """Largest share of characters in repeated sequences of 6 words. Gopher: 0.14."""

    max_dup_7gram_char_frac: float = 0.13
    """Largest share of characters in repeated sequences of 7 words. Gopher: 0.13."""

    max_dup_8gram_char_frac: float = 0.12
    """Largest share of characters in repeated sequences of 8 words. Gopher: 0.12."""

    max_dup_9gram_char_frac: float = 0.11
    """Largest share of characters in repeated sequences of 9 words. Gopher: 0.11."""

    max_dup_10gram_char_frac: float = 0.10
    """Largest share of characters in repeated sequences of 10 words. Gopher: 0.10."""

    unspaced_languages: tuple[str, ...] = UNSPACED_LANGUAGES
    """Languages whose words cannot be told by spaces: the rules of the top n-grams, which a text of a few long clauses
    always fails, leave them alone. By `language.label`; not in the paper."""


# In datatrove's order, so that the first failed rule is the reason it gives.
_UNITS = ("dup_para_frac", "dup_para_char_frac", "dup_line_frac", "dup_line_char_frac")
_TOP = tuple(f"top_{n}gram_char_frac" for n in range(2, 5))
_DUP = tuple(f"dup_{n}gram_char_frac" for n in range(5, 11))


def _limit(signal: str) -> Limit:
    name = f"gopher_repetition.{signal}"
    return Limit(name, name, "above", f"max_{signal}", but="unspaced_languages" if signal in _TOP else "")


LIMITS = tuple(map(_limit, (*_UNITS, *_TOP, *_DUP)))
RULES = tuple(limit.rule for limit in LIMITS)

_PROSE = (
    "The mill stands by the river, and in spring the flood brings grain from every farm of the upper valley. "
    "Old men sit on the wall and argue whether stones cut in winter wear more slowly than those cut under a summer sun."
)

_LONG_DUP = tuple(f"gopher_repetition.dup_{n}gram_char_frac" for n in range(5, 11))

EXAMPLES = (
    Example(_PROSE),
    Example("stone and stone and stone and", failed=tuple(f"gopher_repetition.{signal}" for signal in _TOP)),
    Example(f"{_PROSE} {_PROSE}", failed=_LONG_DUP),
    Example(
        "Mill.\n\nMill.\n\nMill.\n\n" + _PROSE,
        failed=("gopher_repetition.dup_para_frac", "gopher_repetition.dup_line_frac"),
    ),
    Example(
        f"{_PROSE}\n{_PROSE}",
        failed=("gopher_repetition.dup_line_frac", "gopher_repetition.dup_line_char_frac", *_LONG_DUP),
    ),
    Example(f"{_PROSE}\n\n{_PROSE}", failed=(*(f"gopher_repetition.{signal}" for signal in _UNITS), *_LONG_DUP)),
)


def judge(batch: Batch, params: Params) -> Verdict:
    """Judge each document by what it says more than once."""
    all_copies = params.dup_counting == "all_copies"
    chars = code_points(lines(batch))
    any_top = params.top_counting == "any"
    table = words(batch, params.segmentation)
    sequences = repeated_sequences(table.offsets, table.hashes, table.chars, all_copies, any_top, any_top)
    word_chars = total_chars(table.offsets, table.chars)
    values = (
        *_repeated_units(paragraphs(batch, fewest=2), chars, all_copies),
        *_repeated_units(_separated_lines(lines(batch), not all_copies), chars, all_copies),
        *(ratio(sequences[:, i], chars if any_top else word_chars) for i in range(len(_TOP))),
        *(ratio(sequences[:, i], word_chars if all_copies else chars) for i in range(len(_TOP), len(_TOP) + len(_DUP))),
    )
    signals: dict[str, Signal] = {limit.signal: value for limit, value in zip(LIMITS, values, strict=True)}
    return Verdict(signals, apply_limits(LIMITS, signals, params, batch))


def _repeated_units(
    units: Lines, chars: NDArray[np.int64], all_copies: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Share of units that are repeated, and of characters in them, float64[documents] each."""
    firsts = first_places(units.offsets, units.hashes)
    repeated = firsts != np.arange(len(firsts))
    if all_copies:
        repeated |= np.bincount(firsts, minlength=len(firsts)) > 1
        chars = sums(units.offsets, units.chars)
    repeated_chars = sums(units.offsets, np.where(repeated, units.chars, 0))
    return ratio(sums(units.offsets, repeated), np.diff(units.offsets)), ratio(repeated_chars, chars)


def _separated_lines(table: Lines, edges: bool) -> Lines:
    """The pieces between runs of newlines: no empty ones, but with `edges` before a leading and behind a trailing run."""
    kept = table.sizes > 0
    if edges:
        kept[table.offsets[:-1]] = True
        kept[table.offsets[1:] - 1] = True
    return _take(table, kept)


def _take(table: Lines, kept: NDArray[np.bool_]) -> Lines:
    offsets = np.zeros(len(table.offsets), np.int64)
    np.cumsum(sums(table.offsets, kept), out=offsets[1:])
    return frozen(
        Lines(offsets, table.starts[kept], table.sizes[kept], table.chars[kept], table.hashes[kept], table.kinds[kept])
    )
