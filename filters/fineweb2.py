"""FineWeb 2's check of rare languages: a page without any word that is theirs is in another language.

Penedo et al. 2025 (arXiv:2506.20920), section 4.4. A model that is right about balanced tests takes many pages for a rare
language that are not in it. A word has high affinity to a language if it is among its 5 % most frequent ones, and at least
0.85 of its occurrences in the texts of all languages are in that one. A page has to hold one such word, unless its URL names
the language. FineWeb 2 did so where more than a tenth of the pages had none; the lists here decide which languages are asked.

`gristmill tune --affinity-words` makes the lists from a corpus of many languages; without lists the rule passes every page.

The stage `lines` takes out lines of `|` alone, as FineWeb 2 did last of all.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from gristmill.core.batch import Batch, text_buffers
from gristmill.core.jit import kernel
from gristmill.core.limits import Limit, apply_limits, in_languages
from gristmill.core.params import LanguageParams
from gristmill.core.verdict import Example, Signal, Verdict
from gristmill.core.word_totals import count_wanted, word_hashes
from gristmill.core.words import Segmentation, words
from gristmill.filters.hash_table import word_table
from gristmill.filters.url_words import distinct_words
from gristmill.filters.word_lists import read_word_lists

NAME = "fineweb2"
VERSION = 1
UPSTREAM = ("language.label",)

_PIPE = 0x7C


class Params(LanguageParams):
    """The words of the languages, and how many a page needs."""

    affinity_words: Path | None = None
    """Words by language ("sw: ya na wa …", a line for each language). None: the rule passes every page."""

    min_affinity_words: float = 1
    """Fewest of its language's words in a page. FineWeb 2: 1."""

    url_words: dict[str, tuple[str, ...]] = Field(default={})
    """Words of a URL that spare a page, by language, beside the language's code: its name, a country's domain. FineWeb 2:
    language code, language name, related domains."""

    segmentation: Segmentation = "tokens"
    """What a word is: `tokens`, `spaces`, or `icu`."""


LIMITS = (
    Limit(
        "fineweb2.affinity_words",
        "fineweb2.n_affinity_words",
        "below",
        "min_affinity_words",
        unless="fineweb2.affinity_spared",
    ),
)
RULES = tuple(limit.rule for limit in LIMITS)
OFF = RULES  # under default parameters: there is no list

EXAMPLES = (Example("The mill stands by the river."), Example(""))


def files(params: Params) -> tuple[Path, ...]:
    """The lists, if there are any."""
    return (params.affinity_words,) if params.affinity_words else ()


def judge(batch: Batch, params: Params) -> Verdict:
    """Judge each document by the words of its language."""
    table = words(batch, params.segmentation)
    found, spared = np.zeros(len(batch), np.int64), np.ones(len(batch), np.bool_)
    for language, wanted in _lists(params.affinity_words).items():
        rows = in_languages(batch, (language,))
        if rows.any():
            found = np.where(rows, count_wanted(table.offsets, table.hashes, wanted), found)
            spared = np.where(rows, _named(batch, (language, *params.url_words.get(language, ()))), spared)
    signals: dict[str, Signal] = {"fineweb2.n_affinity_words": found, "fineweb2.affinity_spared": spared}
    return Verdict(signals, apply_limits(LIMITS, signals, params, batch))


@lru_cache(maxsize=4)
def _lists(path: Path | None) -> dict[str, NDArray[np.uint64]]:
    """Hashes of each language's words, sorted."""
    return {} if path is None else {name: word_hashes(*listed) for name, listed in read_word_lists(path).items()}


def _named(batch: Batch, marks: tuple[str, ...]) -> NDArray[np.bool_]:
    """Which URLs hold one of some words, in either case: bool[documents]."""
    if "url" not in batch.documents.schema.names:
        return np.zeros(len(batch), np.bool_)
    urls = text_buffers(batch.column("url"))
    lowered = tuple(dict.fromkeys(mark.lower() for mark in marks))
    counts = distinct_words(urls.data, urls.offsets, (word_table(lowered), word_table(())), len(lowered))
    named: NDArray[np.bool_] = counts[0] > 0
    return named


@kernel
def pipe_lines(data: NDArray[np.uint8], starts: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which lines have nothing but `|` and blanks, and at least one `|`: bool[lines]."""
    found = np.zeros(len(starts), np.bool_)
    for line in range(len(starts)):
        pipes = others = 0
        for byte in data[starts[line] : starts[line] + sizes[line]]:
            pipes += byte == _PIPE
            others += byte not in (_PIPE, 0x20, 0x09, 0x0D)
            if others:
                break
        found[line] = pipes > 0 and others == 0
    return found
