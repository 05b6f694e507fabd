"""Word frequencies of a corpus, and how far a document's are from them: Kullback-Leibler divergence of unigrams.

A frequency file is an .npz archive:

    hashes  uint64[words]   of the normalised words (core/normal.py), ascending
    counts  int64[words]    how often each occurs in the corpus
    bounds  float64[32]     largest usual divergence, in nats, of documents of 2ⁿ to 2ⁿ⁺¹ - 1 words
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gristmill.core.batch import Batch
from gristmill.core.errors import InputError
from gristmill.core.jit import kernel
from gristmill.core.normal import normal_words
from gristmill.core.words import Words
from gristmill.filters.array_files import read_arrays

BINS = 32
_ALPHA = 0.5  # added to each count of a document's own types
_DEVIATIONS = 5  # median absolute deviations above the median that are usual


@dataclass(frozen=True)
class Frequencies:
    """A frequency file, read; arrays as in the module's docstring, read-only."""

    hashes: NDArray[np.uint64]
    counts: NDArray[np.int64]
    bounds: NDArray[np.float64]


@lru_cache(maxsize=4)
def load_frequencies(path: Path) -> Frequencies:
    """Read a frequency file; InputError if it is none."""
    try:
        found = Frequencies(**read_arrays(path, *Frequencies.__dataclass_fields__))
        if len(found.bounds) != BINS or len(found.counts) != len(found.hashes):
            raise ValueError("its arrays have the wrong sizes")
    except ValueError as error:
        raise InputError(
            f"{path} holds no word frequencies: {error}. Make them with 'gristmill train frequencies'."
        ) from error
    return _frozen(found)


def save_frequencies(frequencies: Frequencies, path: Path) -> None:
    """Write a frequency file; the same frequencies give the same bytes."""
    with path.open("wb") as file:
        np.savez(file, **vars(frequencies))


def count_frequencies(read: Callable[[], Iterable[Batch]]) -> Frequencies:
    """Count the words of a corpus, and take the bounds from its own documents; `read` is called twice."""
    hashes, counts = np.zeros(0, np.uint64), np.zeros(0, np.int64)
    for batch in read():
        some, times = np.unique(normal_words(batch).hashes, return_counts=True)
        hashes, places = np.unique(np.concatenate((hashes, some)), return_inverse=True)
        totals = np.zeros(len(hashes), np.int64)
        np.add.at(totals, places, np.concatenate((counts, times)))
        counts = totals
    plain = _frozen(Frequencies(hashes, counts, np.zeros(BINS)))
    found, bins = [np.zeros(0)], [np.zeros(0, np.int64)]
    for batch in read():
        table = normal_words(batch)
        found.append(divergences(table, plain))
        bins.append(length_bins(np.diff(table.offsets)))
    return _frozen(Frequencies(hashes, counts, usual_bounds(np.concatenate(found), np.concatenate(bins))))


def usual_bounds(found: NDArray[np.float64], bins: NDArray[np.int64]) -> NDArray[np.float64]:
    """Median + 5 median absolute deviations of each bin's values, float64[BINS]; a bin without values has its neighbour's.

    The neighbour is the nearest shorter bin with values, else the nearest longer one; without any all are infinite.
    """
    bounds = np.full(BINS, np.inf)
    filled = np.unique(bins)
    for number in filled.tolist():
        values = found[bins == number]
        median = np.median(values)
        bounds[number] = median + _DEVIATIONS * np.median(np.abs(values - median))
    if len(filled):
        below = np.searchsorted(filled, np.arange(BINS), side="right") - 1
        bounds = bounds[filled[np.maximum(below, 0)]]
    return bounds


def length_bins(n_words: NDArray[np.int64]) -> NDArray[np.int64]:
    """floor(log2(words)) of each document, 0 for one without, int64[documents]."""
    exponents = np.frexp(np.maximum(n_words, 1).astype(np.float64))[1].astype(np.int64) - 1
    bins: NDArray[np.int64] = np.minimum(exponents, BINS - 1)
    return bins


def divergences(table: Words, frequencies: Frequencies) -> NDArray[np.float64]:
    """Divergence of each document's words from the corpus's in nats, 0.0 without words; float64[documents]."""
    return kl_divergences(table.offsets, table.hashes, frequencies.hashes, frequencies.counts)


def _frozen(frequencies: Frequencies) -> Frequencies:
    for array in vars(frequencies).values():
        array.flags.writeable = False
    return frequencies


@kernel
def kl_divergences(
    offsets: NDArray[np.int64], hashes: NDArray[np.uint64], known: NDArray[np.uint64], counts: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The sum of p ln(p / q) over the words of each document, float64[documents].

    p is the word's share of the document, 0.5 added to each count; q its share of the corpus, 1 added to each count and
    one more word for all that it does not know.
    """
    found = np.zeros(len(offsets) - 1)
    total = len(known) + 1.0
    for count in counts:
        total += count
    for row in range(len(found)):
        ordered = np.sort(hashes[offsets[row] : offsets[row + 1]])
        size = len(ordered)
        types = 0
        for i in range(size):
            types += i == 0 or ordered[i] != ordered[i - 1]
        start = 0
        for i in range(1, size + 1):
            if i == size or ordered[i] != ordered[start]:
                p = (i - start + _ALPHA) / (size + _ALPHA * types)
                place = np.searchsorted(known, ordered[start])
                seen = place < len(known) and known[place] == ordered[start]
                q = ((counts[place] if seen else 0) + 1) / total
                found[row] += p * np.log(p / q)
                start = i
    return found
