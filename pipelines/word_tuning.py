"""Words of single languages from a reference corpus, as FineWeb 2 found them (Penedo et al. 2025, arXiv:2506.20920, 4.2, 4.4).

Stop words are those with at least 0.8 % of a language's words, numbers and marks left out; 8 at least, as Gopher has, and 63
at most, as FineWeb 2's longest list. Words of high affinity are among the 5 % most frequent ones of a language, and at
least 0.85 of their occurrences in the whole corpus are in it.
"""

import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gristmill.core.batch import Batch
from gristmill.core.characters import HAS_LETTER
from gristmill.core.errors import InputError
from gristmill.core.words import Segmentation, words
from gristmill.filters import gopher_quality
from gristmill.pipelines.labelled_texts import labelled
from gristmill.pipelines.recipe import Recipe
from gristmill.pipelines.tuning import ENGLISH, LEAST_DOCUMENTS

_STOP_WORD_SHARE = 0.008
_FEWEST_STOP_WORDS, _MOST_STOP_WORDS = 8, 63
_FREQUENT = 0.05
_AFFINITY = 0.85

Lists = dict[str, tuple[str, ...]]


class WordCounts:
    """How often each language of a corpus has each word.

    Attributes:
        counts: by language and word.
        documents: by language.
    """

    def __init__(self) -> None:
        self.counts: dict[str, Counter[str]] = {}
        self.documents: Counter[str] = Counter()

    def languages(self) -> list[str]:
        """Those with enough documents."""
        return sorted(name for name, count in self.documents.items() if count >= LEAST_DOCUMENTS)

    def add(self, language: str, texts: pa.Array, segmentation: Segmentation) -> None:
        """Take in texts of one language."""
        batch = Batch(pa.record_batch({"text": texts}))
        table = words(batch, segmentation)
        spoken = np.flatnonzero(table.kinds & HAS_LETTER)
        _, firsts, times = np.unique(table.hashes[spoken], return_index=True, return_counts=True)
        own = self.counts.setdefault(language, Counter())
        for place, count in zip(spoken[firsts].tolist(), times.tolist(), strict=True):
            start = table.starts[place]
            own[batch.text.data[start : start + table.sizes[place]].tobytes().decode()] += count
        self.documents[language] += len(texts)


def count_words(recipe: Recipe, path: Path) -> WordCounts:
    """Count the words of a corpus as the recipe's Gopher rules cut them.

    Raises:
        InputError: the file cannot be read, or no language has enough documents.
        RecipeError: the recipe has no such stage.
    """
    found = WordCounts()
    segmentation = _gopher(recipe).segmentation
    for language, texts in _by_language(recipe, path):
        found.add(language, texts, segmentation)
    if not found.languages():
        raise InputError(f"{path} has no language with {LEAST_DOCUMENTS} documents; give more texts.")
    return found


def asked(recipe: Recipe) -> tuple[str, ...]:
    """The languages that a recipe asks for stop words."""
    return _gopher(recipe).stop_words_languages


def _gopher(recipe: Recipe) -> gopher_quality.Params:
    params: Any = recipe.stage("heuristics").params
    found: gopher_quality.Params = params.gopher_quality
    return found


def _by_language(recipe: Recipe, path: Path) -> Iterator[tuple[str, pa.Array]]:
    for documents, labels in labelled(recipe, path):
        for language in pc.unique(labels).drop_null().to_pylist():
            yield language, documents.column("text").filter(pc.fill_null(pc.equal(labels, language), False))


def stop_words(found: WordCounts) -> Lists:
    """The stop words of each language with enough documents, the most frequent first; English has Gopher's."""
    return {language: _stop_words(found.counts[language]) for language in found.languages() if language != ENGLISH}


def _stop_words(counts: Counter[str]) -> tuple[str, ...]:
    least = _STOP_WORD_SHARE * counts.total()
    ranked = _ranked(counts)[:_MOST_STOP_WORDS]
    return tuple(word for rank, (word, count) in enumerate(ranked) if count >= least or rank < _FEWEST_STOP_WORDS)


def _ranked(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def affinity_words(found: WordCounts) -> Lists:
    """The words of high affinity to each language with enough documents, the most frequent first; none without any."""
    everywhere: Counter[str] = Counter()
    for counts in found.counts.values():
        everywhere.update(counts)
    lists = {}
    for language in found.languages():
        ranked = _ranked(found.counts[language])
        frequent = ranked[: math.ceil(_FREQUENT * len(ranked))]
        lists[language] = tuple(word for word, count in frequent if count >= _AFFINITY * everywhere[word])
    return {language: listed for language, listed in lists.items() if listed}
