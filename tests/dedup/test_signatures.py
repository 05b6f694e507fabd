import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gristmill.core.batch import text_buffers
from gristmill.dedup.shingles import ShingleRule, shingle_sets
from gristmill.dedup.signatures import (
    band_keys,
    datasketch_signatures,
    fill_slots,
    permutations,
    signatures,
    splitmix64,
)
from tests.dedup.tables import batch

SLOTS, BANDS, TRIALS = 112, 14, 2000
Pair = tuple[NDArray[np.uint32], NDArray[np.uint32]]


@cache
def pairs_of_signatures(shared: int, union: int) -> Pair:
    """Signatures of TRIALS pairs of random sets of equal size with a Jaccard of exactly shared / union."""
    rng = np.random.default_rng(2024)
    slots = permutations(1, SLOTS)
    found = np.empty((2, TRIALS, SLOTS), np.uint32)
    size = (union + shared) // 2
    for trial in range(TRIALS):
        values = rng.integers(0, 2**64, union, dtype=np.uint64)
        fill_slots(values[:size], slots, found[0, trial])
        fill_slots(values[union - size :], slots, found[1, trial])
    return found[0], found[1]


@pytest.mark.parametrize(("shared", "union"), [(20, 100), (100, 200), (140, 200), (160, 200), (380, 400)])
def test_the_estimate_is_unbiased_and_as_sharp_as_theory_says(shared: int, union: int) -> None:
    left, right = pairs_of_signatures(shared, union)
    jaccard = shared / union
    estimates = (left == right).mean(axis=1)
    deviation = math.sqrt(jaccard * (1 - jaccard) / SLOTS)
    assert abs(estimates.mean() - jaccard) < 3 * deviation / math.sqrt(TRIALS)
    assert estimates.std() == pytest.approx(deviation, rel=0.08)


@pytest.mark.parametrize(
    ("shared", "union", "printed"), [(100, 200, 0.053), (120, 200, 0.211), (140, 200, 0.565), (160, 200, 0.924)]
)
def test_candidates_follow_the_s_curve(shared: int, union: int, printed: float) -> None:
    left, right = pairs_of_signatures(shared, union)
    expected = 1 - (1 - (shared / union) ** (SLOTS // BANDS)) ** BANDS
    assert expected == pytest.approx(printed, abs=0.0005)
    rate = (band_keys(left, BANDS) == band_keys(right, BANDS)).any(axis=1).mean()
    assert abs(rate - expected) < 3 * math.sqrt(expected * (1 - expected) / TRIALS)


@settings(deadline=None)
@given(st.lists(st.integers(0, 2**64 - 1), max_size=11), st.integers(1, 20), st.integers(0, 2**32 - 1))
def test_slots_match_exact_arithmetic(shingles: list[int], slots: int, seed: int) -> None:
    drawn = permutations(seed, slots)
    signature = np.empty(slots, np.uint32)
    fill_slots(np.array(shingles, np.uint64), drawn, signature)
    parameters = list(zip(drawn.factors.tolist(), drawn.addends.tolist(), strict=True))
    expected = [min(((a * (x >> 32) + b) % 2**32 for x in shingles), default=2**32 - 1) for a, b in parameters]
    assert signature.tolist() == expected


def test_permutations() -> None:
    assert splitmix64(0) == 0xE220A8397B1DCDAF  # the generator's published first output for seed 0
    few, many, others = permutations(1, 8), permutations(1, 112), permutations(2, 112)
    assert (many.factors % 2 == 1).all()
    assert (many.factors[:8] == few.factors).all() and (many.addends[:8] == few.addends).all()
    assert len(set(many.factors.tolist()) | set(others.factors.tolist())) == 224


def test_band_keys_tell_bands_orders_and_values_apart() -> None:
    same = np.full((1, 12), 7, np.uint32)
    assert len(set(band_keys(same, 4)[0].tolist())) == 4
    swapped = np.array([[1, 2, 3], [2, 1, 3], [1, 2, 3]], np.uint32)
    keys = band_keys(swapped, 1)[:, 0]
    assert keys[0] == keys[2] != keys[1]


def test_a_signature_does_not_depend_on_the_texts_beside_it() -> None:
    texts = ["", "a b c d e f g", "one two three four five", "a b c d e f g", "many words " * 50]
    rule, slots = ShingleRule(5, 8, 1000, False), permutations(1, 16)
    column = batch(texts).column("text")
    together, counts = signatures(text_buffers(column), rule, slots)
    alone = [signatures(text_buffers(column[row : row + 1]), rule, slots)[0][0] for row in range(len(texts))]
    np.testing.assert_array_equal(together, alone)
    assert counts.tolist() == [0, 3, 1, 3, 96]


def test_datasketch_estimates_the_same_jaccard() -> None:
    left = " ".join(f"word{i}" for i in range(400))
    right = left.replace(" word100 ", " x ").replace(" word200 ", " y ").replace(" word300 ", " z ")
    text = batch([left, right, left]).text
    rule = ShingleRule(5, 8, 1000, False)
    sets, bounds = shingle_sets(text, np.arange(3), rule)
    theirs = datasketch_signatures(sets, bounds, 1, 512)
    ours, _ = signatures(text, rule, permutations(1, 512))
    jaccard = 381 / 411
    for found in (theirs, ours):
        assert found.dtype == np.uint32
        assert (found[0] == found[2]).all()
        assert (found[0] == found[1]).mean() == pytest.approx(jaccard, abs=3 * math.sqrt(jaccard * (1 - jaccard) / 512))
    assert (theirs != ours).any()
