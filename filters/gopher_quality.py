"""Gopher's quality rules: bounds that natural prose keeps and lists, tables, code and spam leave.

Rae et al. 2021 (arXiv:2112.11446), appendix A.1.1, for English. Where implementations disagree the default is the paper's
reading, and a parameter has the variant:

* A word is what stands between spaces, as in Dolma and DCLM. datatrove counts marks as words of their own, so that its
  share of words with a letter is far smaller at the same bound: `segmentation = "tokens"`.
* A stop word counts once however often it occurs, in either case: `The` is `the`. datatrove counts `the` alone:
  `stop_words_ignore_case = false`. Dolma and DCLM count occurrences; the family `dolma` has that number.
* Hashes and ellipses are held against the bound each by itself, as in the paper and datatrove; DCLM and RedPajama-V2 add
  them up, as the families `dolma` and `rpv2` do.
* Bullets are datatrove's `•` and `-`; DCLM has `●•*-`, Dolma `*-`, RedPajama-V2 ten others: `bullets`.

datatrove 0.10.1, so the `fineweb` recipe: segmentation = "tokens", stop_words_ignore_case = false, unspaced_languages = [],
stop_words_languages = ["*"].
"""

from functools import lru_cache
from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from gristmill.core.batch import Batch
from gristmill.core.characters import classes
from gristmill.core.limits import UNSPACED_LANGUAGES, Limit, Side, apply_limits, in_languages
from gristmill.core.lines import stripped_lines
from gristmill.core.marks import count_letters, line_marks, symbols
from gristmill.core.params import LanguageParams
from gristmill.core.polynomial import text_hash
from gristmill.core.ratios import ratio, sums
from gristmill.core.verdict import Example, Verdict
from gristmill.core.word_totals import distinct_words, word_totals
from gristmill.core.words import Segmentation, words
from gristmill.filters.stop_words import FILE, listed_languages, stop_words

NAME = "gopher_quality"
VERSION = 2
UPSTREAM = ("language.label",)

_MOST_STOP_WORDS = 64  # bits of a word


class Params(LanguageParams):
    """Bounds of the rules; the defaults are the paper's."""

    measuring: ClassVar[tuple[str, ...]] = ("unspaced_languages",)  # their words are counted by letters

    segmentation: Segmentation = "spaces"
    """What a word is: `spaces`, `tokens` (datatrove), or `icu` (tokens, unspaced scripts cut by ICU)."""

    min_words: float = 50
    """Fewest words kept. Gopher: 50. Words of marks alone do not count."""

    max_words: float = 100_000
    """Most words kept. Gopher: 100,000."""

    min_mean_word_len: float = 3.0
    """Shortest mean word kept, in code points. Gopher: 3."""

    max_mean_word_len: float = 10.0
    """Longest mean word kept, in code points. Gopher: 10."""

    max_hash_ratio: float = 0.1
    """Most `#` for each word, marks that are words included. Gopher: 0.1."""

    max_ellipsis_ratio: float = 0.1
    """Most ellipses (`...` or `…`) for each word. Gopher: 0.1."""

    max_bullet_lines: float = 0.9
    """Largest share of lines that start with a bullet. Gopher: 0.9."""

    bullets: str = "•-"
    """What a line of a list starts with, each character one bullet. datatrove: `•-`; the paper names none."""

    max_ellipsis_lines: float = 0.3
    """Largest share of lines that end with an ellipsis. Gopher: 0.3."""

    min_alpha_words: float = 0.8
    """Smallest share of words with a letter, of all words, marks that are words included. Gopher: 0.8."""

    min_stop_words: float = 2
    """Fewest different stop words. Gopher: 2."""

    stop_words: tuple[str, ...] = Field(
        default=("the", "be", "to", "of", "and", "that", "have", "with"), max_length=_MOST_STOP_WORDS
    )
    """The stop words, at most 64. Gopher's eight."""

    stop_words_ignore_case: bool = True
    """Count `The` and `THE` as `the`. The paper does not say; datatrove does not."""

    stop_words_languages: tuple[str, ...] = ("en",)
    """Languages that must have stop words, "*" for all; a page of another language cannot have English ones. By
    `language.label`."""

    stop_words_by_language: dict[str, Annotated[tuple[str, ...], Field(max_length=_MOST_STOP_WORDS)]] = Field(
        default={}
    )
    """Stop words that pages of single languages are asked for instead, by `language.label`, at most 64 each. FineWeb 2: the
    words above 0.8 % of a reference corpus, which `gristmill tune` finds."""

    own_stop_words: bool = False
    """Ask a page of a language with a list in filters/lists/stop_words.txt for words of that list instead of
    `stop_words`, unless it has some above; which languages must have some is still `stop_words_languages`' to say."""

    unspaced_languages: tuple[str, ...] = UNSPACED_LANGUAGES
    """Languages whose words cannot be told by spaces: rules that divide by words leave them alone. Not in the paper."""

    unspaced_word_len: float = 2.0
    """Letters that count as one word there when length is judged, in code points. Our choice: Chinese words have about
    1.5, Thai 4."""


def _limit(rule: str, signal: str, side: Side, field: str, only: str = "", but: str = "") -> Limit:
    return Limit(f"gopher_quality.{rule}", f"gopher_quality.{signal}", side, field, only, but)


LIMITS = (
    _limit("min_words", "n_words_judged", "below", "min_words"),
    _limit("max_words", "n_words_judged", "above", "max_words"),
    _limit("min_mean_word_len", "mean_word_len", "below", "min_mean_word_len", but="unspaced_languages"),
    _limit("max_mean_word_len", "mean_word_len", "above", "max_mean_word_len", but="unspaced_languages"),
    _limit("hash_ratio", "hash_ratio", "above", "max_hash_ratio", but="unspaced_languages"),
    _limit("ellipsis_ratio", "ellipsis_ratio", "above", "max_ellipsis_ratio", but="unspaced_languages"),
    _limit("bullet_lines", "bullet_line_frac", "above", "max_bullet_lines"),
    _limit("ellipsis_lines", "ellipsis_line_frac", "above", "max_ellipsis_lines"),
    _limit("alpha_words", "alpha_word_frac", "below", "min_alpha_words", but="unspaced_languages"),
    _limit("stop_words", "stop_word_types", "below", "min_stop_words", only="stop_words_languages"),
)
RULES = tuple(limit.rule for limit in LIMITS)

_PROSE = (
    "The mill stands by the river, and with the spring flood comes the grain that the farmers of the valley have kept. "
)

EXAMPLES = (
    Example(_PROSE * 3),
    Example(_PROSE, failed=("gopher_quality.min_words",)),
    Example(_PROSE * 5000, failed=("gopher_quality.max_words",)),
    Example("to be of it " * 15, failed=("gopher_quality.min_mean_word_len",)),
    Example(
        "the incomprehensible and notwithstanding incomprehensibility " * 15,
        failed=("gopher_quality.max_mean_word_len",),
    ),
    Example(_PROSE * 3 + "#grain #mill #flood #spring #river #valley " * 2, failed=("gopher_quality.hash_ratio",)),
    Example("The mill stands by the river and waits… " * 10 + "The end.", failed=("gopher_quality.ellipsis_ratio",)),
    Example("- the flour of the mill\n" * 20, failed=("gopher_quality.bullet_lines",)),
    Example((_PROSE + "and ...\n") * 3, failed=("gopher_quality.ellipsis_lines",)),
    Example("the grain of 1990 and the hay of 2010 , 2011 " * 10, failed=("gopher_quality.alpha_words",)),
    Example("the mill grinds slowly in summer sun " * 10, failed=("gopher_quality.stop_words",)),
)


def files(params: Params) -> tuple[Path, ...]:
    """The languages' stop words, if they are asked for."""
    return (FILE,) if params.own_stop_words else ()


def judge(batch: Batch, params: Params) -> Verdict:
    """Judge each document by its words and lines."""
    text = batch.text
    table = words(batch, params.segmentation)
    spans = stripped_lines(batch)
    n_tokens = np.diff(table.offsets)
    n_words, word_chars, alpha_words = word_totals(table.offsets, table.chars, table.kinds)
    n_lines = np.diff(spans.offsets)
    hashes, ellipses = symbols(batch)
    bullets, trailing = line_marks(text.data, spans.starts, spans.sizes, _bullet_codes(params.bullets))
    signals = {
        "gopher_quality.n_tokens": n_tokens,
        "gopher_quality.n_words": n_words,
        "gopher_quality.n_words_judged": _words_judged(batch, params, n_words),
        "gopher_quality.mean_word_len": ratio(word_chars, n_words),
        "gopher_quality.hash_ratio": ratio(hashes, n_tokens),
        "gopher_quality.ellipsis_ratio": ratio(ellipses, n_tokens),
        "gopher_quality.n_lines": n_lines,
        "gopher_quality.bullet_line_frac": ratio(sums(spans.offsets, bullets), n_lines),
        "gopher_quality.ellipsis_line_frac": ratio(sums(spans.offsets, trailing), n_lines),
        "gopher_quality.alpha_word_frac": ratio(alpha_words, n_tokens),
        "gopher_quality.stop_word_types": _stop_word_types(batch, params),
    }
    return Verdict(signals, apply_limits(LIMITS, signals, params, batch))


@lru_cache
def _bullet_codes(bullets: str) -> NDArray[np.int64]:
    codes = np.array([ord(bullet) for bullet in bullets], np.int64)
    codes.flags.writeable = False
    return codes


def _words_judged(batch: Batch, params: Params, n_words: NDArray[np.int64]) -> NDArray[np.float64]:
    """The number of words where spaces tell, else as many as the letters make; float64[documents]."""
    unspaced = in_languages(batch, params.unspaced_languages)
    if not unspaced.any():
        return n_words.astype(np.float64)
    unspaced.flags.writeable = False
    letters = count_letters(batch.text.data, batch.text.offsets, unspaced, classes())
    return np.where(unspaced, letters / params.unspaced_word_len, n_words)


def _stop_word_types(batch: Batch, params: Params) -> NDArray[np.int64]:
    """How many different stop words each document has, int64[documents]."""
    found = _distinct(batch, params, params.stop_words)
    for language, rows in listed_languages(batch) if params.own_stop_words else ():
        found = np.where(rows, _distinct(batch, params, stop_words()[language][:_MOST_STOP_WORDS]), found)
    for language, listed in params.stop_words_by_language.items():
        rows = in_languages(batch, (language,))
        found = np.where(rows, _distinct(batch, params, listed), found) if rows.any() else found
    return found


def _distinct(batch: Batch, params: Params, stop_words: tuple[str, ...]) -> NDArray[np.int64]:
    table = words(batch, params.segmentation)
    return distinct_words(table.offsets, table.hashes, *_forms(stop_words, params.stop_words_ignore_case))


@lru_cache
def _forms(stop_words: tuple[str, ...], ignore_case: bool) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Hashes of the words' forms, and for each form the bit of its word."""
    forms = [(text_hash(word), i) for i, word in enumerate(stop_words)]
    if ignore_case:
        cased = ((form, i) for i, word in enumerate(stop_words) for form in (word.title(), word.upper()))
        forms += [(text_hash(form), i) for form, i in cased]
    wanted = np.array([value for value, _ in forms], np.uint64)
    bits = np.array([1 << i for _, i in forms], np.uint64)
    wanted.flags.writeable = bits.flags.writeable = False
    return wanted, bits
