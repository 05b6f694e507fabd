import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gristmill.dedup.hashing import chain, mix, mix_pairs

ALL = 2**64 - 1
NUMBERS = st.integers(0, ALL)


def reference(value: int) -> int:
    value = (value ^ value >> 33) * 0xFF51AFD7ED558CCD & ALL
    value = (value ^ value >> 33) * 0xC4CEB9FE1A85EC53 & ALL
    return value ^ value >> 33


@settings(deadline=None)
@given(NUMBERS, NUMBERS)
def test_hashes_match_exact_arithmetic(left: int, right: int) -> None:
    assert int(mix(np.uint64(left))) == reference(left)
    product = (left ^ right) * 0x9FB21C651E98DF25 & ALL
    assert int(chain(np.uint64(left), np.uint64(right), np.uint64(0x9FB21C651E98DF25))) == product ^ product >> 32
    pairs = mix_pairs(np.array([left], np.uint64), np.array([right], np.uint64))
    assert pairs.tolist() == [reference(left ^ reference(right))]


def test_mix_spreads_small_numbers_evenly() -> None:
    buckets = np.array([int(mix(np.uint64(number))) >> 60 for number in range(16_000)])
    assert np.abs(np.bincount(buckets, minlength=16) - 1000).max() < 150
