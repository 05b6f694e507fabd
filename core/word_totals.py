"""Counts over the words of each document: how many, how long, with letters, and which of a few wanted ones."""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.characters import HAS_LETTER, NOT_SYMBOL
from gristmill.core.jit import inlined, kernel
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
    among = upper_bits(wanted)
    for row in range(len(counts)):
        for word in range(offsets[row], offsets[row + 1]):
            counts[row] += is_wanted(hashes[word], wanted, among)
    return counts


@kernel
def upper_bits(wanted: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which upper bits some wanted word has, for `is_wanted`: most words have others."""
    among = np.zeros(_CHAINS, np.bool_)
    for value in wanted:
        among[value >> _UPPER_BITS] = True
    return among


@inlined
def is_wanted(value: np.uint64, wanted: NDArray[np.uint64], among: NDArray[np.bool_]) -> bool:
    """Whether a hash is among the wanted ones, which are sorted."""
    if not among[value >> _UPPER_BITS]:
        return False
    place = np.searchsorted(wanted, value)
    return bool(place < len(wanted) and wanted[place] == value)


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
    keys = np.empty(0, np.uint64)
    counts = np.empty(0, np.int64)
    for row in range(len(distinct)):
        start, end = offsets[row], offsets[row + 1]
        bits = 1
        while 1 << bits < 2 * (end - start):
            bits += 1
        slots = (1 << bits) + (end - start)  # what is pushed behind the last slot stays in order too
        if slots > len(keys):
            keys = np.empty(2 * slots, np.uint64)
            counts = np.empty(2 * slots, np.int64)
        counts[:slots] = 0
        count, total = 0, 0.0
        for word in range(start, end):
            _count_in_order(hashes[word], np.uint64(64 - bits), keys, counts)
        once = 1 / (end - start) * np.log(1 / (end - start)) if end > start else 0.0
        for slot in range(slots):  # terms are added in the order of hashes: the last bits depend on it
            if counts[slot] > 1:
                share = counts[slot] / (end - start)
                total -= share * np.log(share)
                count += 1
            elif counts[slot]:  # most words
                total -= once
                count += 1
        distinct[row] = count
        entropy[row] = total
    return distinct, entropy


@inlined
def _count_in_order(value: np.uint64, shift: np.uint64, keys: NDArray[np.uint64], counts: NDArray[np.int64]) -> None:
    """Count a hash in a table that is probed linearly from the hash's upper bits and kept in the order of its keys."""
    slot = np.int64(value >> shift)
    while counts[slot] and keys[slot] < value:
        slot += 1
    if counts[slot] and keys[slot] == value:
        counts[slot] += 1
        return
    count = np.int64(1)
    while count:  # moves those that come behind by one slot
        keys[slot], value = value, keys[slot]
        counts[slot], count = count, counts[slot]
        slot += 1
