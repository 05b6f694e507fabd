"""Counts over the words of each document: how many, how long, with letters, and which of a few wanted ones."""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.characters import HAS_LETTER, NOT_SYMBOL
from gristmill.core.jit import kernel
from gristmill.core.polynomial import text_hash

_ONE = np.uint64(1)
_UPPER_BITS = np.uint64(52)
_CHAINS = 4096
_LENGTHS = 64


def word_hashes(*words: str) -> NDArray[np.uint64]:
    """Hashes of words for `count_wanted`, sorted, read-only."""
    hashes = np.array(sorted(map(text_hash, words)), np.uint64)
    hashes.flags.writeable = False
    return hashes


@kernel
def total_chars(offsets: NDArray[np.int64], chars: NDArray[np.int32]) -> NDArray[np.int64]:
    """Code points of each document's words, int64[documents]; `ratios.sums` takes five times as long for so many."""
    totals = np.zeros(len(offsets) - 1, np.int64)
    for row in range(len(totals)):
        total = 0
        for length in chars[offsets[row] : offsets[row + 1]]:
            total += length
        totals[row] = total
    return totals


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
    first = np.full(_CHAINS, -1, np.int64)  # of the forms with the same upper bits; most words have none
    following = np.full(len(wanted), -1, np.int64)
    for i in range(len(wanted)):
        following[i] = first[wanted[i] >> _UPPER_BITS]
        first[wanted[i] >> _UPPER_BITS] = i
    for row in range(len(found)):
        seen = np.uint64(0)
        for word in range(offsets[row], offsets[row + 1]):
            i = first[hashes[word] >> _UPPER_BITS]
            while i >= 0:
                seen |= bits[i] if wanted[i] == hashes[word] else np.uint64(0)
                i = following[i]
        while seen:
            seen &= seen - _ONE
            found[row] += 1
    return found


@kernel
def count_wanted(
    offsets: NDArray[np.int64], hashes: NDArray[np.uint64], wanted: NDArray[np.uint64]
) -> NDArray[np.int64]:
    """How many words of each document are among the wanted ones (hashes, sorted), int64[documents]."""
    counts = np.zeros(len(offsets) - 1, np.int64)
    among = np.zeros(_CHAINS, np.bool_)  # upper bits that a wanted word has; most words have others
    for value in wanted:
        among[value >> _UPPER_BITS] = True
    for row in range(len(counts)):
        for word in range(offsets[row], offsets[row + 1]):
            if among[hashes[word] >> _UPPER_BITS]:
                place = np.searchsorted(wanted, hashes[word])
                counts[row] += place < len(wanted) and wanted[place] == hashes[word]
    return counts


@kernel
def medians(offsets: NDArray[np.int64], chars: NDArray[np.int32]) -> NDArray[np.float64]:
    """Median length of each document's words in code points, 0.0 without any; float64[documents]."""
    found = np.zeros(len(offsets) - 1)
    counts = np.zeros(_LENGTHS, np.int64)  # words of each length; the last place is for all longer ones
    for row in range(len(found)):
        count = offsets[row + 1] - offsets[row]
        counts[:] = 0
        for word in range(offsets[row], offsets[row + 1]):
            counts[min(chars[word], _LENGTHS - 1)] += 1
        if count == 0:
            continue
        low = high = -1  # lengths of the two words in the middle
        seen = length = 0
        while high < 0:
            seen += counts[length]
            low = length if low < 0 and seen > (count - 1) // 2 else low
            high = length if seen > count // 2 else high
            length += 1
        if high == _LENGTHS - 1:
            lengths = np.sort(chars[offsets[row] : offsets[row + 1]])
            low, high = lengths[(count - 1) // 2], lengths[count // 2]
        found[row] = (low + high) / 2
    return found


@kernel
def unigrams(offsets: NDArray[np.int64], hashes: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Different words of each document, int64[documents], and the entropy of their frequencies in nats, float64."""
    distinct = np.zeros(len(offsets) - 1, np.int64)
    entropy = np.zeros(len(offsets) - 1)
    for row in range(len(distinct)):
        ordered = np.sort(hashes[offsets[row] : offsets[row + 1]])
        count = len(ordered)
        start = 0
        for i in range(1, count + 1):
            if i == count or ordered[i] != ordered[start]:
                share = (i - start) / count
                entropy[row] -= share * np.log(share)
                distinct[row] += 1
                start = i
    return distinct, entropy
