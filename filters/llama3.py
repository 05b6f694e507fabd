"""Llama 3's heuristics: dirty words, and word distributions far from the corpus's.

Grattafiori et al. 2024 (arXiv:2407.21783), section 3.1.1, which gives no numbers: those here are our choice. Words are
normalised as in core/normal.py, where the paper has tokens.

* `llama3.dirty_words`: adult sites that no block list knows. At least three entries of a list, and more than one in a
  hundred words. Off without a list; such lists remove the text of minorities (Dodge et al. 2021, arXiv:2104.08758).
* `llama3.token_kl`: pages with outlandish words. The Kullback-Leibler divergence of the document's unigram distribution
  (add 0.5 over its types) from the corpus's (add 1) falls with length, so it is held against a bound for documents of
  about that length, 2ⁿ words and more. Frequencies and bounds are a file that `gristmill train frequencies` makes; off
  without one.

* `llama3.dup_ngram_coverage`: long lines most of which is sequences of words that repeat, such as logs. Llama 3 removes the
  lines, as the stage `lines` does; as a family of `heuristics` this counts them, and rejects no page for them by default.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gristmill.core.batch import Batch
from gristmill.core.limits import Limit, apply_limits
from gristmill.core.lines import lines
from gristmill.core.normal import normal_words
from gristmill.core.params import LanguageParams
from gristmill.core.ratios import ratio, sums
from gristmill.core.repeats import repeated_sequences
from gristmill.core.verdict import Example, Signal, Verdict
from gristmill.core.word_totals import total_chars
from gristmill.core.words import words
from gristmill.filters.bad_phrases import count_bad_phrases
from gristmill.filters.word_frequencies import divergences, length_bins, load_frequencies

NAME = "llama3"
VERSION = 2
UPSTREAM = ("language.label",)


class LineParams(LanguageParams):
    """Which lines are repetitive; numbers are our choice."""

    min_repetitive_line_words: int = 20
    """Shortest line looked at for repeated sequences, in words between spaces. Our choice."""

    repetitive_line_frac: float = 0.5
    """Share of a line's characters in repeated sequences of 5 words above which it is repetitive. Our choice."""


class Params(LineParams):
    """Bounds of the rules, all our choice."""

    dirty_words: Path | None = None
    """UTF-8 list of words and phrases, one a line. None: the rule passes every page."""

    max_dirty_word_frac: float = 0.01
    """Most of them for each word. Our choice."""

    min_dirty_words: int = 3
    """Fewest of them in a document that is left out. Our choice."""

    frequencies: Path | None = None
    """The corpus's word frequencies, made by `gristmill train frequencies`. None: the rule passes every page."""

    max_token_kl_excess: float = 0.0
    """How far above the bound for its length a document's divergence may be, in nats. Our choice: the bound itself, which
    is median + 5 median absolute deviations of the documents that the file was made from."""

    max_repetitive_lines: float = float("inf")
    """Most repetitive lines. Our choice: any number; Llama 3 removes the lines."""


LIMITS = (
    Limit(
        "llama3.dirty_words",
        "llama3.dirty_word_frac",
        "above",
        "max_dirty_word_frac",
        unless="llama3.few_dirty_words",
    ),
    Limit("llama3.token_kl", "llama3.token_kl_excess", "above", "max_token_kl_excess"),
    Limit("llama3.dup_ngram_coverage", "llama3.n_repetitive_lines", "above", "max_repetitive_lines"),
)
RULES = tuple(limit.rule for limit in LIMITS)
OFF = RULES  # under default parameters

EXAMPLES = (Example("The mill stands by the river, below the old bridge."), Example("mill mill mill " * 20))


def files(params: Params) -> tuple[Path, ...]:
    """The list and the frequencies, if there are any."""
    return tuple(path for path in (params.dirty_words, params.frequencies) if path)


def judge(batch: Batch, params: Params) -> Verdict:
    """Judge each document by its words."""
    n_words = np.diff(normal_words(batch).offsets)
    dirty = count_bad_phrases(batch, params.dirty_words)
    divergence, excess = _divergence(batch, params.frequencies)
    signals: dict[str, Signal] = {
        "llama3.n_dirty_words": dirty,
        "llama3.dirty_word_frac": ratio(dirty, n_words),
        "llama3.few_dirty_words": dirty < params.min_dirty_words,
        "llama3.token_kl": divergence,
        "llama3.token_kl_excess": excess,
        "llama3.n_repetitive_lines": sums(lines(batch).offsets, repetitive_lines(batch, params)),
    }
    return Verdict(signals, apply_limits(LIMITS, signals, params, batch))


def _divergence(batch: Batch, path: Path | None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Divergence of each document's words from the corpus's, and how far it is above its bound; 0 without frequencies."""
    if path is None:
        return np.zeros(len(batch)), np.zeros(len(batch))
    frequencies = load_frequencies(path)
    table = normal_words(batch)
    found = divergences(table, frequencies)
    return found, found - frequencies.bounds[length_bins(np.diff(table.offsets))]


def repetitive_lines(batch: Batch, params: LineParams) -> NDArray[np.bool_]:
    """Which lines of `lines(batch)` are long and repeat themselves: sequences of 5 words, every copy counted; bool[lines]."""
    spans, pieces = lines(batch), words(batch, "spaces")
    bounds = np.searchsorted(pieces.starts, np.append(spans.starts, batch.text.offsets[-1]))
    bounds.flags.writeable = False
    repeated = repeated_sequences(bounds, pieces.hashes, pieces.chars, True, False, False)[:, 3]
    share = ratio(repeated, total_chars(bounds, pieces.chars))
    found: NDArray[np.bool_] = (np.diff(bounds) >= params.min_repetitive_line_words) & (
        share > params.repetitive_line_frac
    )
    return found
