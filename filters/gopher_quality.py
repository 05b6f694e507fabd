"""Gopher's quality rules: bounds that natural prose keeps and lists, tables, code and spam leave.

Rae et al. 2021 (arXiv:2112.11446), appendix A.1.1, for English. Words and counting are datatrove 0.10.1's; where the
paper reads otherwise a parameter offers that.
"""

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from gristmill.core.batch import Batch
from gristmill.core.characters import ALPHABETIC, classes, decode
from gristmill.core.jit import kernel
from gristmill.core.limits import UNSPACED_LANGUAGES, Limit, apply_limits, in_languages
from gristmill.core.lines import stripped_lines
from gristmill.core.params import StageParams
from gristmill.core.polynomial import text_hash
from gristmill.core.ratios import ratio, sums
from gristmill.core.verdict import Example, Verdict
from gristmill.core.words import HAS_LETTER, NOT_SYMBOL, words

NAME = "gopher_quality"
VERSION = 1
UPSTREAM = ("language.label",)


class Params(StageParams):
    """Bounds of the rules; the defaults are the paper's."""

    min_words: float = 50
    """Fewest words kept. Gopher: 50. Words of marks alone do not count."""

    max_words: float = 100_000
    """Most words kept. Gopher: 100,000."""

    min_mean_word_len: float = 3.0
    """Shortest mean word kept, in code points. Gopher: 3."""

    max_mean_word_len: float = 10.0
    """Longest mean word kept, in code points. Gopher: 10."""

    max_hash_ratio: float = 0.1
    """Most `#` for each word, marks counted as words. Gopher: 0.1."""

    max_ellipsis_ratio: float = 0.1
    """Most ellipses (`...` or `…`) for each word, marks counted as words. Gopher: 0.1."""

    max_bullet_lines: float = 0.9
    """Largest share of lines that start with `•` or `-`. Gopher: 0.9."""

    max_ellipsis_lines: float = 0.3
    """Largest share of lines that end with an ellipsis. Gopher: 0.3."""

    min_alpha_words: float = 0.8
    """Smallest share of words with a letter, of all words including marks, as datatrove counts. Gopher: 0.8."""

    min_stop_words: float = 2
    """Fewest different stop words. Gopher: 2."""

    stop_words: tuple[str, ...] = Field(default=("the", "be", "to", "of", "and", "that", "have", "with"), max_length=64)
    """The stop words, at most 64. Gopher's eight."""

    stop_words_ignore_case: bool = False
    """Count `The` and `THE` as `the`. The paper does not say; datatrove does not."""

    stop_words_languages: tuple[str, ...] = ("en",)
    """Languages that must have stop words; a page of another language cannot have English ones. By `language.label`."""

    unspaced_languages: tuple[str, ...] = UNSPACED_LANGUAGES
    """Languages whose words cannot be told by spaces: rules that divide by words leave them alone. Not in the paper."""

    unspaced_word_len: float = 2.0
    """Letters that count as one word there when length is judged, in code points. Our choice: Chinese words have about
    1.5, Thai 4."""


LIMITS = (
    Limit("gopher_quality.min_words", "gopher_quality.n_words_judged", "below", "min_words"),
    Limit("gopher_quality.max_words", "gopher_quality.n_words_judged", "above", "max_words"),
    Limit(
        "gopher_quality.min_mean_word_len",
        "gopher_quality.mean_word_len",
        "below",
        "min_mean_word_len",
        but="unspaced_languages",
    ),
    Limit(
        "gopher_quality.max_mean_word_len",
        "gopher_quality.mean_word_len",
        "above",
        "max_mean_word_len",
        but="unspaced_languages",
    ),
    Limit(
        "gopher_quality.hash_ratio", "gopher_quality.hash_ratio", "above", "max_hash_ratio", but="unspaced_languages"
    ),
    Limit(
        "gopher_quality.ellipsis_ratio",
        "gopher_quality.ellipsis_ratio",
        "above",
        "max_ellipsis_ratio",
        but="unspaced_languages",
    ),
    Limit("gopher_quality.bullet_lines", "gopher_quality.bullet_line_frac", "above", "max_bullet_lines"),
    Limit("gopher_quality.ellipsis_lines", "gopher_quality.ellipsis_line_frac", "above", "max_ellipsis_lines"),
    Limit(
        "gopher_quality.alpha_words",
        "gopher_quality.alpha_word_frac",
        "below",
        "min_alpha_words",
        but="unspaced_languages",
    ),
    Limit(
        "gopher_quality.stop_words",
        "gopher_quality.stop_word_types",
        "below",
        "min_stop_words",
        only="stop_words_languages",
    ),
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

_BULLET = 0x2022
_HYPHEN = 0x2D
_DOT = 0x2E
_HASH = 0x23
_ONE = np.uint64(1)
_UPPER_BITS = np.uint64(56)


def judge(batch: Batch, params: Params) -> Verdict:
    """Judge each document by its words and lines."""
    text = batch.text
    table = words(batch)
    spans = stripped_lines(batch)
    n_tokens = np.diff(table.offsets)
    n_words, word_chars, alpha_words = word_totals(table.offsets, table.chars, table.kinds)
    n_lines = np.diff(spans.offsets)
    hashes, ellipses = count_symbols(text.data, text.offsets)
    bullets, trailing = line_marks(text.data, spans.starts, spans.sizes)
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


def _words_judged(batch: Batch, params: Params, n_words: NDArray[np.int64]) -> NDArray[np.float64]:
    """The number of words where spaces tell, else as many as the letters make; float64[documents]."""
    unspaced = in_languages(batch, params.unspaced_languages)
    if not unspaced.any():
        return n_words.astype(np.float64)
    unspaced.flags.writeable = False
    letters = count_letters(batch.text.data, batch.text.offsets, unspaced, classes())
    return np.where(unspaced, letters / params.unspaced_word_len, n_words)


def _stop_word_types(batch: Batch, params: Params) -> NDArray[np.int64]:
    table = words(batch)
    forms = [(text_hash(word), i) for i, word in enumerate(params.stop_words)]
    if params.stop_words_ignore_case:
        cased = ((form, i) for i, word in enumerate(params.stop_words) for form in (word.title(), word.upper()))
        forms += [(text_hash(form), i) for form, i in cased]
    wanted = np.array([value for value, _ in forms], np.uint64)
    bits = np.array([1 << i for _, i in forms], np.uint64)
    wanted.flags.writeable = bits.flags.writeable = False
    return distinct_words(table.offsets, table.hashes, wanted, bits)


@kernel
def word_totals(
    offsets: NDArray[np.int64], chars: NDArray[np.int32], kinds: NDArray[np.uint8]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Of each document: words that are more than marks, their code points, and words with a letter; int64[documents]."""
    n_words = np.zeros(len(offsets) - 1, np.int64)
    word_chars = np.zeros(len(offsets) - 1, np.int64)
    alpha_words = np.zeros(len(offsets) - 1, np.int64)
    for row in range(len(n_words)):
        count = length = alpha = 0
        for word in range(offsets[row], offsets[row + 1]):
            if kinds[word] & NOT_SYMBOL:
                count += 1
                length += chars[word]
            alpha += kinds[word] & HAS_LETTER != 0
        n_words[row] = count
        word_chars[row] = length
        alpha_words[row] = alpha
    return n_words, word_chars, alpha_words


@kernel
def count_symbols(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How often `#`, and how often `...` (without overlap) or `…`, stand in each text, int64[texts] each."""
    hashes = np.zeros(len(offsets) - 1, np.int64)
    ellipses = np.zeros(len(offsets) - 1, np.int64)
    for row in range(len(hashes)):
        start = offsets[row]
        dots = count = three = 0
        for at in range(start, offsets[row + 1]):
            byte = data[at]
            if byte == _DOT:
                dots += 1
                three += dots == 3
                dots = 0 if dots == 3 else dots
                continue
            dots = 0
            count += byte == _HASH
            if byte == 0xA6 and at >= start + 2:
                three += data[at - 1] == 0x80 and data[at - 2] == 0xE2
        hashes[row] = count
        ellipses[row] = three
    return hashes, ellipses


@kernel
def line_marks(
    data: NDArray[np.uint8], starts: NDArray[np.int64], sizes: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which stripped lines start with a bullet, and which end with an ellipsis, bool[lines] each."""
    bullets = np.zeros(len(starts), np.bool_)
    ellipses = np.zeros(len(starts), np.bool_)
    for line in range(len(starts)):
        if sizes[line] == 0:
            continue
        first = starts[line]
        end = first + sizes[line]
        bullets[line] = decode(data, first)[0] in (_BULLET, _HYPHEN)
        if sizes[line] >= 3:
            dots = data[end - 1] == _DOT and data[end - 2] == _DOT and data[end - 3] == _DOT
            ellipses[line] = dots or (data[end - 1] == 0xA6 and data[end - 2] == 0x80 and data[end - 3] == 0xE2)
    return bullets, ellipses


@kernel
def distinct_words(
    offsets: NDArray[np.int64], hashes: NDArray[np.uint64], wanted: NDArray[np.uint64], bits: NDArray[np.uint64]
) -> NDArray[np.int64]:
    """How many of up to 64 words each document has, int64[documents].

    Args:
        offsets: of `Words`.
        hashes: of `Words`.
        wanted: the hashes of the words' forms, uint64[forms].
        bits: for each form the bit of its word.
    """
    found = np.zeros(len(offsets) - 1, np.int64)
    likely = np.zeros(256, np.bool_)  # by the upper bits of a hash: most words are none of the wanted
    for i in range(len(wanted)):
        likely[wanted[i] >> _UPPER_BITS] = True
    for row in range(len(found)):
        seen = np.uint64(0)
        for word in range(offsets[row], offsets[row + 1]):
            if likely[hashes[word] >> _UPPER_BITS]:
                for i in range(len(wanted)):
                    if wanted[i] == hashes[word]:
                        seen |= bits[i]
        while seen:
            seen &= seen - _ONE
            found[row] += 1
    return found


@kernel
def count_letters(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], wanted: NDArray[np.bool_], classes: NDArray[np.uint16]
) -> NDArray[np.int64]:
    """Alphabetic code points of the wanted texts, 0 for the others; int64[texts]."""
    counts = np.zeros(len(offsets) - 1, np.int64)
    for row in range(len(counts)):
        at = offsets[row]
        while wanted[row] and at < offsets[row + 1]:
            code, size = decode(data, at)
            counts[row] += classes[code] & ALPHABETIC != 0
            at += size
    return counts
