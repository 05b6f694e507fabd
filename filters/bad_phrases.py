"""Counting words and phrases of a list among normalised words, as RedPajama-V2 and Llama 3 do: whole words only.

An entry counts wherever its words, normalised like the text (core/normal.py), follow upon each other.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gristmill.core.batch import Batch
from gristmill.core.jit import kernel
from gristmill.core.normal import normal, normal_text, normal_words
from gristmill.core.polynomial import polynomial_hash
from gristmill.core.word_totals import word_hashes
from gristmill.filters.bad_words import read_entries


def count_bad_phrases(batch: Batch, path: Path | None) -> NDArray[np.int64]:
    """How often entries of the list at `path` stand in each text; 0 without a list. int64[documents]."""
    if path is None:
        return np.zeros(len(batch), np.int64)
    table = normal_words(batch)
    return count_sequences(
        normal_text(batch).data, table.offsets, table.starts, table.sizes, table.hashes, *_prepare(path)
    )


@lru_cache
def _prepare(path: Path) -> tuple[NDArray[np.uint64], NDArray[np.uint64], int]:
    """Hashes of the entries' first words and of whole entries, sorted, and the words of the longest entry."""
    entries = {normal(entry) for entry in read_entries(path)} - {""}
    firsts = {entry.split(" ")[0] for entry in entries}
    return word_hashes(*firsts), word_hashes(*entries), max((entry.count(" ") + 1 for entry in entries), default=0)


@kernel
def count_sequences(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    starts: NDArray[np.int64],
    sizes: NDArray[np.int32],
    hashes: NDArray[np.uint64],
    firsts: NDArray[np.uint64],
    wanted: NDArray[np.uint64],
    longest: int,
) -> NDArray[np.int64]:
    """How many sequences of up to `longest` words of each text are wanted, int64[texts].

    The words are those of `Words`, single spaces between them; `firsts` are hashes of the wanted sequences' first words,
    `wanted` of the whole sequences; both sorted.
    """
    counts = np.zeros(len(offsets) - 1, np.int64)
    for row in range(len(counts)):
        for word in range(offsets[row], offsets[row + 1]):
            place = np.searchsorted(firsts, hashes[word])
            if place == len(firsts) or firsts[place] != hashes[word]:
                continue
            for last in range(word, min(word + longest, offsets[row + 1])):
                value = polynomial_hash(data, starts[word], starts[last] + sizes[last])
                place = np.searchsorted(wanted, value)
                counts[row] += place < len(wanted) and wanted[place] == value
    return counts
