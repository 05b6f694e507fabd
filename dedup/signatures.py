"""Shingles to MinHash signatures, and signatures to band keys.

Slot i of a signature is the minimum over a text's shingles of (a_i · x + b_i) mod 2³², where x is the upper half of the
shingle's 64-bit hash and a_i is odd, so that each slot permutes the 32-bit numbers. As the x are hashes already, the
estimate (equal slots / slots) is unbiased; tests measure its mean and variance. Rejected: the affine family modulo
2⁶¹ − 1 (datatrove, datasketch 1), for it needs 128-bit products, where this one needs one 32-bit multiplication
that all processors do in vectors; and (a·x + b mod 2⁶⁴) >> 32, for the same reason on those without AVX-512.

The band key is a 64-bit hash of the band's number and its slots in order.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gristmill.core.batch import TextBuffers
from gristmill.core.jit import kernel
from gristmill.dedup.folding import Folding, folding
from gristmill.dedup.hashing import chain, mix
from gristmill.dedup.shingles import ShingleRule, text_shingles, word_space

_EMPTY = 0xFFFFFFFF
_AT_ONCE = 4  # shingles for each pass over the slots: a fourth of the loads and stores; 8 is no faster
_HALF = np.uint64(32)
_BAND_FACTOR = np.uint64(0xA0761D6478BD642F)
_ALL = 2**64 - 1


class Permutations(NamedTuple):
    """The parameters of all slots: uint32[slots] each, read-only."""

    factors: NDArray[np.uint32]
    addends: NDArray[np.uint32]


def splitmix64(state: int) -> int:
    """The SplitMix64 generator's output for a state (Steele, Lea, Flood 2014)."""
    state = (state + 0x9E3779B97F4A7C15) & _ALL
    state = ((state ^ state >> 30) * 0xBF58476D1CE4E5B9) & _ALL
    state = ((state ^ state >> 27) * 0x94D049BB133111EB) & _ALL
    return state ^ state >> 31


@lru_cache(maxsize=8)
def permutations(seed: int, slots: int) -> Permutations:
    """The parameters that a seed gives: more slots begin with those of fewer."""
    start = splitmix64(seed & _ALL)
    drawn = np.array([splitmix64(start + step) >> 32 for step in range(2 * slots)], np.uint32).reshape(slots, 2)
    made = Permutations(drawn[:, 0] | np.uint32(1), drawn[:, 1].copy())
    for array in made:
        array.flags.writeable = False
    return made


@kernel
def fill_slots(shingles: NDArray[np.uint64], slots: Permutations, signature: NDArray[np.uint32]) -> None:
    """Write the signature of one text; all ones where there is no shingle."""
    factors, addends = slots
    signature[:] = np.uint32(_EMPTY)
    whole = len(shingles) - len(shingles) % _AT_ONCE
    for at in range(0, whole, _AT_ONCE):
        x0 = np.uint32(shingles[at] >> _HALF)
        x1 = np.uint32(shingles[at + 1] >> _HALF)
        x2 = np.uint32(shingles[at + 2] >> _HALF)
        x3 = np.uint32(shingles[at + 3] >> _HALF)
        for slot in range(len(signature)):
            factor = factors[slot]
            addend = addends[slot]
            least = signature[slot]
            least = min(least, np.uint32(factor * x0 + addend))
            least = min(least, np.uint32(factor * x1 + addend))
            least = min(least, np.uint32(factor * x2 + addend))
            signature[slot] = min(least, np.uint32(factor * x3 + addend))
    for at in range(whole, len(shingles)):
        x0 = np.uint32(shingles[at] >> _HALF)
        for slot in range(len(signature)):
            signature[slot] = min(signature[slot], np.uint32(factors[slot] * x0 + addends[slot]))


@kernel
def _signatures(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], table: Folding, rule: ShingleRule, slots: Permutations
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    rows = len(offsets) - 1
    found = np.empty((rows, len(slots.factors)), np.uint32)
    counts = np.empty(rows, np.int64)
    words = np.empty(word_space(offsets, rule), np.uint64)
    for row in range(rows):
        counts[row] = text_shingles(data[offsets[row] : offsets[row + 1]], table, rule, words)
        fill_slots(words[: max(counts[row], 0)], slots, found[row])
    return found, counts


def signatures(
    text: TextBuffers, rule: ShingleRule, slots: Permutations
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Signatures of texts, uint32[texts, slots], and their numbers of shingles, int64[texts] (as text_shingles)."""
    return _signatures(text.data, text.offsets, folding(), rule, slots)


def datasketch_signatures(
    sets: NDArray[np.uint64], bounds: NDArray[np.int64], seed: int, slots: int
) -> NDArray[np.uint32]:
    """Signatures that datasketch gives to sets of shingles (shingles.shingle_sets), uint32[sets, slots]; slow."""
    from datasketch import MinHash

    found = np.empty((len(bounds) - 1, slots), np.uint32)
    first = MinHash(num_perm=slots, seed=seed)
    for row in range(len(found)):
        one = first.copy()
        one.update_batch([value.tobytes() for value in sets[bounds[row] : bounds[row + 1]].astype("<u8")])
        found[row] = one.hashvalues
    return found


@kernel
def band_keys(found: NDArray[np.uint32], bands: int) -> NDArray[np.uint64]:
    """Keys of signatures uint32[texts, bands × rows], band by band: uint64[texts, bands]."""
    rows = found.shape[1] // bands
    keys = np.empty((len(found), bands), np.uint64)
    for text in range(len(found)):
        for band in range(bands):
            hashed = mix(np.uint64(band + 1))
            for slot in range(band * rows, (band + 1) * rows):
                hashed = chain(hashed, np.uint64(found[text, slot]), _BAND_FACTOR)
            keys[text, band] = mix(hashed)
    return keys
