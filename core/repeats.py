"""What occurs more than once within a document: lines, paragraphs, sequences of words.

Things are compared by 64-bit hashes. A table of one document's hashes is an array of slots, probed linearly; what a
slot holds counts only if it bears the current stamp, so that nothing needs clearing between documents.
"""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel

LONGEST = 10  # words in the longest sequence looked at
COLUMNS = 9  # sequences of 2 to 10 words

_MULTIPLIER = np.uint64(0xD6E8FEB86659FD93)
_SEQUENCE_BASE = np.uint64(0xA24BAED4963EE407)
_SHIFT = np.uint64(32)
_STAMP = 32
_PLACE = (1 << _STAMP) - 1


@kernel
def _slots_for(entries: int) -> int:
    slots = 16
    while slots < 4 * entries:  # with half as many, every fourth search meets other keys, and takes 13 % longer
        slots *= 2
    return slots


@kernel
def _largest(offsets: NDArray[np.int64]) -> int:
    largest = 0
    for row in range(len(offsets) - 1):
        largest = max(largest, offsets[row + 1] - offsets[row])
    return largest


@kernel
def _first_place(table: NDArray[np.int64], mask: int, stamp: int, key: np.uint64, place: int) -> int:
    """The place remembered for a key in this stamp's table; an unknown key is remembered with `place`.

    A slot is two numbers: the key, and stamp and place in the upper and lower 32 bits.
    """
    signed = np.int64(key)
    slot = 2 * (np.int64(key * _MULTIPLIER >> _SHIFT) & mask)
    while table[slot + 1] >> _STAMP == stamp:
        if table[slot] == signed:
            return int(table[slot + 1] & _PLACE)
        slot = (slot + 2) & (2 * mask + 1)
    table[slot] = signed
    table[slot + 1] = stamp << _STAMP | place
    return place


@kernel
def first_places(offsets: NDArray[np.int64], hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
    """For each unit the place of the first unit of its document with the same hash, int64[units]."""
    table = np.full(2 * _slots_for(_largest(offsets)), -1, np.int64)
    firsts = np.empty(len(hashes), np.int64)
    for row in range(len(offsets) - 1):
        start = offsets[row]
        mask = _slots_for(offsets[row + 1] - start) - 1
        for unit in range(start, offsets[row + 1]):
            firsts[unit] = start + _first_place(table, mask, row, hashes[unit], unit - start)
    return firsts


@kernel
def repeated_sequences(
    offsets: NDArray[np.int64],
    hashes: NDArray[np.uint64],
    chars: NDArray[np.int32],
    all_copies: bool,
    spaces: bool,
    once: bool,
) -> NDArray[np.int64]:
    """Code points in repeated sequences of words, int64[documents, 9]: column n - 2 for sequences of n words.

    For n of 2 to 4: of all copies of the most frequent sequence, each with the spaces between its words if `spaces`; of
    equally frequent ones the first. If none repeats it is the first sequence of all if `once`, else 0.
    For n of 5 to 10: of the words in sequences that occurred before, counted from left to right and going on behind
    each one found; with `all_copies` of every word covered by a sequence that occurs more than once.
    """
    found = np.zeros((len(offsets) - 1, COLUMNS), np.int64)
    largest = _largest(offsets)
    table = np.full(2 * _slots_for(largest), -1, np.int64)
    sequences = np.empty(largest, np.uint64)  # hash of the sequence that starts at each word
    firsts = np.empty(largest, np.int64)
    counts = np.empty(largest, np.int64)
    runs = np.empty(largest + 1, np.int64)  # how many sequences in a row, from each word on, occur more than once
    for row in range(len(offsets) - 1):
        start = offsets[row]
        length = offsets[row + 1] - start
        lengths = chars[start : offsets[row + 1]]
        mask = _slots_for(length) - 1
        sequences[:length] = hashes[start : offsets[row + 1]]
        runs[:length] = LONGEST
        for n in range(2, min(LONGEST, length) + 1):
            stamp = row * COLUMNS + n - 2
            last = length - n  # the last word that starts a sequence
            needed = 1 if n == 2 else 2 if n <= 4 else n - 3  # runs are of sequences of n - 1 words, at most of 4
            for i in range(last + 1):
                if runs[i] >= needed:
                    sequences[i] = sequences[i] * _SEQUENCE_BASE + hashes[start + i + n - 1]
            if n <= 4:
                top, times = _count(table, mask, stamp, sequences, last, runs, needed, firsts, counts)
                joined = n - 1 if spaces else 0
                for i in range(top, top + n):
                    joined += lengths[i]
                found[row, n - 2] = joined * times if once or times > 1 else 0
                _measure_runs(last, runs, needed, firsts, counts)
            else:
                if all_copies:
                    _count(table, mask, stamp, sequences, last, runs, needed, firsts, counts)
                    covered = _covered(n, last, runs, needed, firsts, counts, lengths)
                else:
                    covered = _seen_before(table, mask, stamp, sequences, n, last, runs, needed, lengths)
                found[row, n - 2] = covered
                if covered == 0:  # no repeated sequence of n words: none of more
                    break
    return found


@kernel
def _count(
    table: NDArray[np.int64],
    mask: int,
    stamp: int,
    sequences: NDArray[np.uint64],
    last: int,
    runs: NDArray[np.int64],
    needed: int,
    firsts: NDArray[np.int64],
    counts: NDArray[np.int64],
) -> tuple[int, int]:
    """Count the sequences that may repeat: the place of the most frequent (the first such) and how often it occurs."""
    top = 0
    times = 1
    for i in range(last + 1):
        if runs[i] < needed:
            continue
        first = _first_place(table, mask, stamp, sequences[i], i)
        firsts[i] = first
        if first == i:
            counts[i] = 1
            continue
        counts[first] += 1
        if counts[first] > times or (counts[first] == times and first < top):
            times = counts[first]
            top = first
    return top, times


@kernel
def _measure_runs(
    last: int, runs: NDArray[np.int64], needed: int, firsts: NDArray[np.int64], counts: NDArray[np.int64]
) -> None:
    """Set `runs` from the counts of the sequences that start at words 0 to `last`."""
    runs[last + 1] = 0
    for i in range(last, -1, -1):
        runs[i] = runs[i + 1] + 1 if runs[i] >= needed and counts[firsts[i]] > 1 else 0


@kernel
def _seen_before(
    table: NDArray[np.int64],
    mask: int,
    stamp: int,
    sequences: NDArray[np.uint64],
    n: int,
    last: int,
    runs: NDArray[np.int64],
    needed: int,
    lengths: NDArray[np.int32],
) -> int:
    """Code points of the sequences of n words that occurred before; the scan goes on behind each."""
    seen = 0
    i = 0
    while i <= last:
        if runs[i] >= needed and _first_place(table, mask, stamp, sequences[i], i) != i:
            for word in range(i, i + n):
                seen += lengths[word]
            i += n
        else:
            i += 1
    return seen


@kernel
def _covered(
    n: int,
    last: int,
    runs: NDArray[np.int64],
    needed: int,
    firsts: NDArray[np.int64],
    counts: NDArray[np.int64],
    lengths: NDArray[np.int32],
) -> int:
    """Code points of the words within sequences of n words that occur more than once."""
    covered = 0
    reach = 0  # words before it are counted
    for i in range(last + 1):
        if runs[i] >= needed and counts[firsts[i]] > 1:
            for word in range(max(reach, i), i + n):
                covered += lengths[word]
            reach = i + n
    return covered


@kernel
def overlapping_repeats(
    offsets: NDArray[np.int64], hashes: NDArray[np.uint64], chars: NDArray[np.int32]
) -> NDArray[np.int64]:
    """Code points of the sequences of 5 to 10 words that occur more than once, and of all: int64[documents, 6, 2].

    Each occurrence counts in full, also where occurrences overlap.
    """
    found = np.zeros((len(offsets) - 1, COLUMNS - 3, 2), np.int64)
    largest = _largest(offsets)
    table = np.full(2 * _slots_for(largest), -1, np.int64)
    sequences = np.empty(largest, np.uint64)  # hash of the sequence that starts at each word
    firsts = np.empty(largest, np.int64)
    counts = np.empty(largest, np.int64)
    ends = np.zeros(largest + 1, np.int64)  # code points up to each word
    for row in range(len(offsets) - 1):
        start = offsets[row]
        length = offsets[row + 1] - start
        mask = _slots_for(length) - 1
        for i in range(length):
            sequences[i] = hashes[start + i]
            ends[i + 1] = ends[i] + chars[start + i]
        repeats = True  # of a sequence one word shorter
        for n in range(2, min(LONGEST, length) + 1):
            last = length - n  # the last word that starts a sequence
            for i in range(last + 1):
                sequences[i] = sequences[i] * _SEQUENCE_BASE + hashes[start + i + n - 1]
            if n < 5:
                continue
            for i in range(last + 1):
                found[row, n - 5, 1] += ends[i + n] - ends[i]
            if not repeats:
                continue
            for i in range(last + 1):
                firsts[i] = _first_place(table, mask, row * COLUMNS + n - 2, sequences[i], i)
                counts[i] = 0
                counts[firsts[i]] += 1
            for i in range(last + 1):
                found[row, n - 5, 0] += ends[i + n] - ends[i] if counts[firsts[i]] > 1 else 0
            repeats = found[row, n - 5, 0] > 0
    return found
