"""The shipped stop words of some sixty languages (lists/stop_words.txt), as sorted hashes."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from gristmill.core.batch import Batch
from gristmill.core.limits import LANGUAGE, in_languages
from gristmill.core.word_totals import word_hashes
from gristmill.filters.word_lists import read_word_lists

FILE = Path(__file__).parent / "lists" / "stop_words.txt"


@lru_cache
def stop_words(path: Path = FILE) -> dict[str, tuple[str, ...]]:
    """Language to its stop words, lower-case."""
    return read_word_lists(path)


def listed_languages(batch: Batch) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """The languages of a batch's documents that have a list, and which documents are in each."""
    labels = batch.upstream.get(LANGUAGE)
    told = [] if labels is None else pc.unique(labels).to_pylist()
    for language in dict.fromkeys(("en", *told)):  # whose language nobody told is English
        if language in stop_words():
            yield language, in_languages(batch, (language,))


@lru_cache
def stop_word_hashes(language: str) -> NDArray[np.uint64]:
    """Hashes of a language's stop words; none for a language without a list."""
    return word_hashes(*stop_words().get(language, ()))
