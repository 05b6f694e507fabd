"""The shipped stop words of some sixty languages (lists/stop_words.txt), as sorted hashes."""

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gristmill.core.word_totals import word_hashes

FILE = Path(__file__).parent / "lists" / "stop_words.txt"


@lru_cache
def stop_words(path: Path = FILE) -> dict[str, tuple[str, ...]]:
    """Language to its stop words, lower-case."""
    found = {}
    for line in path.read_text("utf-8").splitlines():
        if not line.startswith("#"):
            language, _, words = line.partition(":")
            found[language.strip()] = tuple(words.split())
    return found


@lru_cache
def stop_word_hashes(language: str) -> NDArray[np.uint64]:
    """Hashes of a language's stop words; none for a language without a list."""
    return word_hashes(*stop_words().get(language, ()))
