"""Dolma's taggers: Gopher's rules and C4's as its web subset was mixed with them.

Soldaini et al. 2024 (arXiv:2402.00159); taggers `gopher_v1` and `c4_v1`, numbers of the mixing configurations v1.5 and v1.6.
What differs from the families `gopher_quality` and `gopher_repetition`:

* The median word decides instead of the mean; words that hold `#` or `…` are counted, not the marks (`...` is none).
* Stop words count as often as they occur, in lower case alone.
* Bullets are `*` and `-` at the very start of a line, the ellipsis is `…` at its very end.
* In `gopher_v1` empty lines are lines and duplicates of each other, so that text with double newlines fails; `gopher_v2`
  leaves them out: `empty_lines = false`.
* Repeated sequences count in full where they overlap, above and below the fraction line.
* The bound of duplicated lines' characters is 0.3. The rules of the top sequences are in the configurations, but name
  attributes that the tagger does not write, so that Dolma itself never applied them: `top_rules = true` does.

C4's tags are signals only; Dolma took lines without an end mark out (the stage `lines` does), and nothing else.
"""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.batch import Batch
from gristmill.core.limits import Limit, apply_limits
from gristmill.core.lines import Lines, lines
from gristmill.core.marks import ends_with_ellipsis, symbol_words
from gristmill.core.params import LanguageParams
from gristmill.core.ratios import ratio, sums
from gristmill.core.repeats import first_places, overlapping_repeats, repeated_sequences
from gristmill.core.verdict import Example, Signal, Verdict
from gristmill.core.word_totals import count_wanted, medians, total_chars, word_hashes, word_totals
from gristmill.core.words import Words, words
from gristmill.filters.page_phrases import count_in_texts

NAME = "dolma"
VERSION = 1
UPSTREAM = ("language.label",)


class Params(LanguageParams):
    """Bounds of the rules; the defaults are those of Dolma 1.5 and 1.6."""

    min_words: float = 50
    """Fewest words between spaces. Dolma: 50."""

    max_words: float = 100_000
    """Most words. Dolma: 100,000."""

    min_median_word_len: float = 3
    """Shortest median word kept, in code points. Dolma: 3."""

    max_median_word_len: float = 10
    """Longest median word kept, in code points. Dolma: 10."""

    max_symbol_ratio: float = 0.1
    """Largest share of words with `#` or `…`. Dolma: 0.1."""

    min_alpha_words: float = 0.8
    """Smallest share of words with a letter. Dolma: 0.8."""

    min_stop_words: float = 2
    """Fewest occurrences of the, be, to, of, and, that, have, with. Dolma: 2."""

    stop_words_languages: tuple[str, ...] = ("en",)
    """Languages that must have stop words, "*" for all. By `language.label`; Dolma's web subset is English."""

    max_bullet_lines: float = 0.9
    """Largest share of lines that start with `*` or `-`. Dolma: 0.9."""

    max_ellipsis_lines: float = 0.3
    """Largest share of lines that end with `…`. Dolma: 0.3."""

    empty_lines: bool = True
    """Count empty lines as lines (`gopher_v1`); `gopher_v2` does not."""

    max_dup_line_frac: float = 0.3
    """Largest share of lines that occur more than once. Dolma: 0.3."""

    max_dup_line_char_frac: float = 0.3
    """Most characters in such lines for each character of a word. Dolma: 0.3, where Gopher has 0.2."""

    top_rules: bool = False
    """Apply the bounds of the top sequences. Dolma 1.5 and 1.6: written down, never applied."""

    max_top_2gram_char_frac: float = 0.20
    """Largest share of characters in the most frequent sequence of 2 words. Dolma: 0.20."""

    max_top_3gram_char_frac: float = 0.18
    """Largest share of characters in the most frequent sequence of 3 words. Dolma: 0.18."""

    max_top_4gram_char_frac: float = 0.16
    """Largest share of characters in the most frequent sequence of 4 words. Dolma: 0.16."""

    max_dup_5gram_char_frac: float = 0.15
    """Largest share of characters in sequences of 5 words that occur more than once. Dolma: 0.15."""

    max_dup_6gram_char_frac: float = 0.14
    """Largest share of characters in sequences of 6 words that occur more than once. Dolma: 0.14."""

    max_dup_7gram_char_frac: float = 0.13
    """Largest share of characters in sequences of 7 words that occur more than once. Dolma: 0.13."""

    max_dup_8gram_char_frac: float = 0.12
    """Largest share of characters in sequences of 8 words that occur more than once. Dolma: 0.12."""

    max_dup_9gram_char_frac: float = 0.11
    """Largest share of characters in sequences of 9 words that occur more than once. Dolma: 0.11."""

    max_dup_10gram_char_frac: float = 0.10
    """Largest share of characters in sequences of 10 words that occur more than once. Dolma: 0.10."""


_TOP = tuple(f"top_{n}gram_char_frac" for n in range(2, 5))
_DUP = tuple(f"dup_{n}gram_char_frac" for n in range(5, 11))
LIMITS = (
    Limit("dolma.min_words", "dolma.n_words", "below", "min_words"),
    Limit("dolma.max_words", "dolma.n_words", "above", "max_words"),
    Limit("dolma.min_median_word_len", "dolma.median_word_len", "below", "min_median_word_len"),
    Limit("dolma.max_median_word_len", "dolma.median_word_len", "above", "max_median_word_len"),
    Limit("dolma.symbol_ratio", "dolma.symbol_ratio", "above", "max_symbol_ratio"),
    Limit("dolma.alpha_words", "dolma.alpha_word_frac", "below", "min_alpha_words"),
    Limit("dolma.stop_words", "dolma.n_stop_words", "below", "min_stop_words", only="stop_words_languages"),
    Limit("dolma.bullet_lines", "dolma.bullet_line_frac", "above", "max_bullet_lines"),
    Limit("dolma.ellipsis_lines", "dolma.ellipsis_line_frac", "above", "max_ellipsis_lines"),
    *(
        Limit(f"dolma.{name}", f"dolma.{name}", "above", f"max_{name}")
        for name in ("dup_line_frac", "dup_line_char_frac")
    ),
    *(Limit(f"dolma.{name}", f"dolma.{name}", "above", f"max_{name}", unless="dolma.no_top_rules") for name in _TOP),
    *(Limit(f"dolma.{name}", f"dolma.{name}", "above", f"max_{name}") for name in _DUP),
)
RULES = tuple(limit.rule for limit in LIMITS)
OFF = tuple(f"dolma.{name}" for name in _TOP)  # under default parameters

_PROSE = (
    "The mill stands by the river, and with the spring flood comes the grain that the farmers of the valley have kept. "
    "Nobody can tell who built the old bridge below it, though some men argue about that on every evening of summer. "
    "Whoever wants to see the wheel turn must come early, since water is let in at dawn only."
)


def _failed(*names: str) -> tuple[str, ...]:
    return tuple(f"dolma.{name}" for name in names)


EXAMPLES = (
    Example(_PROSE),
    Example("The mill of the valley.", failed=_failed("min_words")),
    Example(f"{_PROSE} " * 1700, failed=_failed("max_words", *_DUP)),
    Example("to be of it " * 15, failed=_failed("min_median_word_len", *_DUP)),
    Example(
        "the incomprehensible and notwithstanding incomprehensibility " * 15,
        failed=_failed("max_median_word_len", *_DUP),
    ),
    Example(f"{_PROSE} #grain #hay #oats #rye #mill #wheel #flood #bridge", failed=_failed("symbol_ratio")),
    Example(f"{_PROSE} {' '.join(map(str, range(20, 45)))}", failed=_failed("alpha_words")),
    Example(" ".join(f"mill{i}x" for i in range(60)), failed=_failed("stop_words")),
    Example("\n".join("- " + line for line in _PROSE.split(". ")), failed=_failed("bullet_lines")),
    Example(f"{_PROSE}\nAnd then…", failed=_failed("ellipsis_lines")),
    Example(_PROSE.replace(". ", ".\n\n\n"), failed=_failed("dup_line_frac")),
    Example(f"{_PROSE}\n{_PROSE}", failed=_failed("dup_line_frac", "dup_line_char_frac", *_DUP)),
)

_STOP_WORDS = word_hashes("the", "be", "to", "of", "and", "that", "have", "with")
_JAVASCRIPT = word_hashes("javascript", "JavaScript", "Javascript", "JAVASCRIPT")
_END_MARKS = np.zeros(256, np.bool_)
_END_MARKS[list(b'.?!"')] = True


def judge(batch: Batch, params: Params) -> Verdict:
    """Judge each document by its words and lines."""
    table = words(batch, "spaces")
    signals: dict[str, Signal] = {
        **_quality(batch, table),
        **_repetition(batch, table, params),
        **_c4_tags(batch, table),
        "dolma.no_top_rules": np.full(len(batch), not params.top_rules),
    }
    return Verdict(signals, apply_limits(LIMITS, signals, params, batch))


def _quality(batch: Batch, table: Words) -> dict[str, Signal]:
    data, spans = batch.text.data, lines(batch)
    n_words = np.diff(table.offsets)
    n_lines = np.diff(spans.offsets)
    filled = spans.sizes > 0
    first = np.where(filled, data[np.where(filled, spans.starts, 0)], 0) if len(data) else np.zeros(len(filled))
    bullets = (first == ord("*")) | (first == ord("-"))
    trailing = ends_with_ellipsis(data, spans.starts, spans.sizes)
    return {
        "dolma.n_words": n_words,
        "dolma.median_word_len": medians(table.offsets, table.chars),
        "dolma.symbol_ratio": ratio(symbol_words(data, table.offsets, table.starts, table.sizes, table.kinds), n_words),
        "dolma.alpha_word_frac": ratio(word_totals(table.offsets, table.chars, table.kinds)[2], n_words),
        "dolma.n_stop_words": count_wanted(table.offsets, table.hashes, _STOP_WORDS),
        "dolma.bullet_line_frac": ratio(sums(spans.offsets, bullets), n_lines),
        "dolma.ellipsis_line_frac": ratio(sums(spans.offsets, trailing), n_lines),
        "dolma.has_javascript": count_wanted(table.offsets, table.hashes, _JAVASCRIPT) > 0,
    }


def _repetition(batch: Batch, table: Words, params: Params) -> dict[str, Signal]:
    word_chars = total_chars(table.offsets, table.chars)
    tops = repeated_sequences(table.offsets, table.hashes, table.chars, True, False, True)
    overlaps = overlapping_repeats(table.offsets, table.hashes, table.chars)
    duplicates, chars, counted = _duplicated_lines(lines(batch), params.empty_lines)
    return {
        "dolma.dup_line_frac": ratio(duplicates, counted),
        "dolma.dup_line_char_frac": ratio(chars, word_chars),
        **{f"dolma.{name}": ratio(tops[:, i], word_chars) for i, name in enumerate(_TOP)},
        **{f"dolma.{name}": ratio(overlaps[:, i, 0], overlaps[:, i, 1]) for i, name in enumerate(_DUP)},
    }


def _duplicated_lines(
    table: Lines, empty_lines: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Lines that occur more than once, their code points, and all lines, of each document."""
    firsts = first_places(table.offsets, table.hashes)
    counted = np.ones(len(firsts), np.bool_) if empty_lines else table.sizes > 0
    copies = counted & (np.bincount(firsts, minlength=len(firsts))[firsts] > 1)
    chars = sums(table.offsets, np.where(copies, table.chars, 0))
    return sums(table.offsets, copies), chars, sums(table.offsets, counted)


def _c4_tags(batch: Batch, table: Words) -> dict[str, Signal]:
    data, spans = batch.text.data, lines(batch)
    ends = spans.starts + spans.sizes
    line_words = np.searchsorted(table.starts, ends) - np.searchsorted(table.starts, spans.starts)
    filled = spans.sizes > 0
    ended = np.zeros(len(filled), np.bool_)
    ended[filled] = _END_MARKS[data[ends[filled] - 1]]
    n_lines = np.diff(spans.offsets)
    return {
        "dolma.line_no_end_punct_frac": ratio(n_lines - sums(spans.offsets, ended), n_lines),
        "dolma.line_few_words_frac": ratio(sums(spans.offsets, line_words < 3), n_lines),
        "dolma.has_lorem_ipsum": count_in_texts(batch, "lorem ipsum") > 0,
        "dolma.has_curly_brace": count_in_texts(batch, "open curly bracket") > 0,
    }
