"""RedPajama-V2's quality annotations, and rules from those that its documentation suggests bounds for.

Weber et al. 2024 (arXiv:2411.12372); definitions of `app/src/core/quality_signals`. Raw words are runs of word characters
or of marks, normalised words are between spaces once punctuation is gone and letters are lower-case (core/normal.py). The
`rps_lines_…` signals have a value for each line; lines end behind their newline, so that none follows the last one.

Not here: what needs models or other pages (`rps_doc_ml_…`, `…_importance`, `ccnet_…` but length and lines, duplicates) and
`rps_doc_ut1_blacklist`, the stage `urls`' affair. Stop words are lists of our own, a tenth as long as stopwords-json's, so
that `rps_doc_stop_word_fraction` is smaller here. `rps_doc_ldnoobw_words` needs a list: `bad_words`.
"""

from pathlib import Path

import numpy as np

from gristmill.core.batch import Batch
from gristmill.core.categories import categories
from gristmill.core.limits import Limit, apply_limits
from gristmill.core.lines import code_points, lines
from gristmill.core.marks import symbols
from gristmill.core.normal import normal_text, normal_words
from gristmill.core.params import LanguageParams
from gristmill.core.phrases import count_found, find_phrases, phrases
from gristmill.core.ratios import ratio
from gristmill.core.raw_words import CAPITALS, COUNT, LETTERS, WANTED, raw_word_totals
from gristmill.core.repeats import repeated_sequences
from gristmill.core.verdict import Example, Signal, Verdict
from gristmill.core.word_totals import total_chars, unigrams
from gristmill.core.words import words
from gristmill.filters.bad_phrases import count_bad_phrases
from gristmill.filters.page_phrases import count_in_texts
from gristmill.filters.rpv2_lines import count_sentences, line_signals
from gristmill.filters.stop_words import FILE, listed_languages, stop_word_hashes

NAME = "rpv2"
VERSION = 2
UPSTREAM = ("language.label",)


class Params(LanguageParams):
    """Bounds of the rules: those of Gopher and C4 that RedPajama-V2's documentation names."""

    max_curly_bracket: float = 0
    """Most `{` and `}` for each character. C4: none."""

    max_frac_lines_end_with_ellipsis: float = 0.3
    """Largest share of lines that end with `...` or `…`. Gopher: 0.3."""

    max_frac_no_alph_words: float = 0.2
    """Largest share of raw words without an ASCII letter. Gopher: 0.2; text in other scripts always fails."""

    max_lorem_ipsum: float = 0
    """Most "lorem ipsum" for each character of the normalised text. C4: none."""

    min_mean_word_length: float = 3
    """Shortest mean normalised word kept, in code points. Gopher: 3."""

    max_mean_word_length: float = 10
    """Longest mean normalised word kept, in code points. Gopher: 10."""

    max_symbol_to_word_ratio: float = 0.1
    """Most `#`, `...` and `…` together for each raw word. Gopher: 0.1."""

    min_word_count: float = 50
    """Fewest normalised words. Gopher: 50."""

    max_word_count: float = 100_000
    """Most normalised words. Gopher: 100,000."""

    min_num_sentences: float = 3
    """Fewest sentences (`\\b[^.!?]+[.!?]*`). C4: 3."""

    max_bulletpoint_lines: float = 0.9
    """Largest share of lines that start with one of ten bullets. Gopher: 0.9."""

    max_frac_chars_top_2gram: float = 0.20
    """Largest share of characters in the most frequent sequence of 2 words. Gopher: 0.20."""

    max_frac_chars_top_3gram: float = 0.18
    """Largest share of characters in the most frequent sequence of 3 words. Gopher: 0.18."""

    max_frac_chars_top_4gram: float = 0.16
    """Largest share of characters in the most frequent sequence of 4 words. Gopher: 0.16."""

    max_frac_chars_dupe_5grams: float = 0.15
    """Largest share of characters in sequences of 5 words that occur more than once. Gopher: 0.15."""

    max_frac_chars_dupe_6grams: float = 0.14
    """Largest share of characters in sequences of 6 words that occur more than once. Gopher: 0.14."""

    max_frac_chars_dupe_7grams: float = 0.13
    """Largest share of characters in sequences of 7 words that occur more than once. Gopher: 0.13."""

    max_frac_chars_dupe_8grams: float = 0.12
    """Largest share of characters in sequences of 8 words that occur more than once. Gopher: 0.12."""

    max_frac_chars_dupe_9grams: float = 0.11
    """Largest share of characters in sequences of 9 words that occur more than once. Gopher: 0.11."""

    max_frac_chars_dupe_10grams: float = 0.10
    """Largest share of characters in sequences of 10 words that occur more than once. Gopher: 0.10."""

    bad_words: Path | None = None
    """UTF-8 list of words and phrases, one a line (RedPajama-V2: LDNOOBW). None: the signal is 0."""

    max_ldnoobw_words: float = 0
    """Most of them. C4: none."""


_TOP = tuple(f"frac_chars_top_{n}gram" for n in range(2, 5))
_DUPE = tuple(f"frac_chars_dupe_{n}grams" for n in range(5, 11))


def _limit(name: str) -> Limit:
    return Limit(f"rpv2.rps_doc_{name}", f"rpv2.rps_doc_{name}", "above", f"max_{name}")


LIMITS = (
    Limit("rpv2.min_word_count", "rpv2.rps_doc_word_count", "below", "min_word_count"),
    Limit("rpv2.max_word_count", "rpv2.rps_doc_word_count", "above", "max_word_count"),
    Limit("rpv2.min_mean_word_length", "rpv2.rps_doc_mean_word_length", "below", "min_mean_word_length"),
    Limit("rpv2.max_mean_word_length", "rpv2.rps_doc_mean_word_length", "above", "max_mean_word_length"),
    *map(_limit, ("symbol_to_word_ratio", "frac_no_alph_words", "frac_lines_end_with_ellipsis")),
    Limit("rpv2.bulletpoint_lines", "rpv2.bulletpoint_line_frac", "above", "max_bulletpoint_lines"),
    *map(_limit, (*_TOP, *_DUPE)),
    *map(_limit, ("curly_bracket", "lorem_ipsum")),
    Limit("rpv2.min_num_sentences", "rpv2.rps_doc_num_sentences", "below", "min_num_sentences"),
    _limit("ldnoobw_words"),
)
RULES = tuple(limit.rule for limit in LIMITS)
OFF = ("rpv2.rps_doc_ldnoobw_words",)  # under default parameters

_PROSE = (
    "The mill stands by the river, and with the spring flood comes the grain that the farmers of the valley have kept. "
    "Nobody can tell who built the old bridge below it, though some men argue about that on every evening of summer. "
    "Whoever wants to see the wheel turn must come early, since water is let in at dawn only."
)
_DUPES = tuple(f"rps_doc_{name}" for name in _DUPE)
_TOPS = tuple(f"rps_doc_{name}" for name in _TOP)


def _failed(*names: str) -> tuple[str, ...]:
    return tuple(f"rpv2.{name}" for name in names)


EXAMPLES = (
    Example(_PROSE),
    Example("The old mill of the valley. The long river. The stone bridge.", failed=_failed("min_word_count")),
    Example(f"{_PROSE} " * 1700, failed=_failed("max_word_count", *_DUPES)),
    Example("To be or of it. So it is. " * 10, failed=_failed("min_mean_word_length", *_TOPS, *_DUPES)),
    Example("Yes. No. " + " ".join(f"Notwithstanding{i}" for i in range(60)), failed=_failed("max_mean_word_length")),
    Example(f"{_PROSE} ## ## ## ## ##", failed=_failed("rps_doc_symbol_to_word_ratio")),
    Example(f"{_PROSE} {' '.join(map(str, range(20, 45)))}", failed=_failed("rps_doc_frac_no_alph_words")),
    Example(f"{_PROSE}\nAnd then…", failed=_failed("rps_doc_frac_lines_end_with_ellipsis")),
    Example("• " + _PROSE.replace(". ", ".\n• "), failed=_failed("bulletpoint_lines")),
    Example(f"{_PROSE} {{ and }}", failed=_failed("rps_doc_curly_bracket")),
    Example(f"{_PROSE} Lorem, ipsum.", failed=_failed("rps_doc_lorem_ipsum")),
    Example(_PROSE.replace(".", ","), failed=_failed("min_num_sentences")),
)


_LOREM = phrases("lorem ipsum")


def files(params: Params) -> tuple[Path, ...]:
    """The stop words, and the list of bad words if there is one."""
    return (FILE, params.bad_words) if params.bad_words else (FILE,)


def judge(batch: Batch, params: Params) -> Verdict:
    """Annotate each document, and judge it by the suggested rules."""
    signals: dict[str, Signal] = {
        "rpv2.ccnet_length": code_points(lines(batch)),
        **_raw_signals(batch),
        **_normal_signals(batch),
        **line_signals(batch),
        "rpv2.rps_doc_ldnoobw_words": count_bad_phrases(batch, params.bad_words),
    }
    return Verdict(signals, apply_limits(LIMITS, signals, params, batch))


def _raw_signals(batch: Batch) -> dict[str, Signal]:
    text = batch.text
    table = words(batch, "spaces")
    pieces = (text.data, table.offsets, table.starts, table.sizes, table.hashes, table.kinds, categories())
    totals = raw_word_totals(*pieces, stop_word_hashes("en"))
    for language, rows in listed_languages(batch):
        if language != "en":
            totals[rows] = raw_word_totals(*pieces, stop_word_hashes(language))[rows]
    n_words = totals[:, COUNT]
    curly = count_in_texts(batch, "curly bracket")
    hashes, ellipses = symbols(batch)
    return {
        "rpv2.rps_doc_curly_bracket": ratio(curly, code_points(lines(batch))),
        "rpv2.rps_doc_frac_all_caps_words": ratio(totals[:, CAPITALS], n_words),
        "rpv2.rps_doc_frac_no_alph_words": ratio(n_words - totals[:, LETTERS], n_words),
        "rpv2.rps_doc_num_sentences": count_sentences(text.data, text.offsets, categories()),
        "rpv2.rps_doc_stop_word_fraction": ratio(totals[:, WANTED], n_words),
        "rpv2.rps_doc_symbol_to_word_ratio": ratio(hashes + ellipses, n_words),
    }


def _normal_signals(batch: Batch) -> dict[str, Signal]:
    text, table = normal_text(batch), normal_words(batch)
    n_words, chars = np.diff(table.offsets), total_chars(table.offsets, table.chars)
    distinct, entropy = unigrams(table.offsets, table.hashes)
    repeated = repeated_sequences(table.offsets, table.hashes, table.chars, True, False, False)
    lorem = count_found(find_phrases(text, _LOREM), range(1), text.offsets[:-1], np.diff(text.offsets))
    return {
        "rpv2.rps_doc_word_count": n_words,
        "rpv2.rps_doc_mean_word_length": ratio(chars, n_words),
        "rpv2.rps_doc_frac_unique_words": ratio(distinct, n_words),
        "rpv2.rps_doc_unigram_entropy": entropy,
        "rpv2.rps_doc_lorem_ipsum": ratio(lorem, chars + np.maximum(n_words - 1, 0)),
        **{f"rpv2.rps_doc_{name}": ratio(repeated[:, i], chars) for i, name in enumerate((*_TOP, *_DUPE))},
    }
