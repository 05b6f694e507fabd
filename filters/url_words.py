"""Kernels over URLs as they were captured: which listed words and strings they hold."""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel
from gristmill.filters.hash_table import HashTable, backward_hash, look_up
from gristmill.filters.subwords import SKIPPED, Automaton

_PERCENT = 0x25


@kernel
def _is_word_byte(byte: np.uint8) -> bool:
    return bool(0x30 <= byte <= 0x39 or 0x41 <= byte <= 0x5A or 0x61 <= byte <= 0x7A or byte >= 0x80)


@kernel
def distinct_words(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], lists: tuple[HashTable, HashTable], size: int
) -> NDArray[np.int64]:
    """How many different words of two tables of at most `size` words each URL holds as whole words: int64[2, urls].

    A word is a run of letters and digits; an escape such as %20 stands between words.
    """
    counts = np.zeros((2, len(offsets) - 1), np.int64)
    seen = np.full((2, size), -1, np.int64)  # the last URL that held the word
    for row in range(len(offsets) - 1):
        position, stop = offsets[row], offsets[row + 1]
        while position < stop:
            start = position
            while position < stop and _is_word_byte(data[position]):
                position += 1
            if start < position:
                key = backward_hash(data, start, position)
                for i in range(2):
                    word = look_up(lists[i], key)
                    if word >= 0 and seen[i, word] != row:
                        seen[i, word] = row
                        counts[i, row] += 1
            position += 3 if position < stop and data[position] == _PERCENT else 1
    return counts


@kernel
def subword_counts(data: NDArray[np.uint8], offsets: NDArray[np.int64], machine: Automaton) -> NDArray[np.int64]:
    """How often words of an automaton end inside each URL, bytes of the class SKIPPED deleted: int64[urls]."""
    counts = np.zeros(len(offsets) - 1, np.int64)
    for row in range(len(counts)):
        state = 0
        for position in range(offsets[row], offsets[row + 1]):
            kind = machine.classes[data[position]]
            if kind != SKIPPED:
                state = machine.steps[state, kind]
                counts[row] += machine.ends[state]
    return counts
