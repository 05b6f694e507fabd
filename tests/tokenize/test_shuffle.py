import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gristmill.tokenize.shuffle import mix, permuted, shuffle_keys, shuffle_order

IDS = st.lists(st.binary(min_size=16, max_size=16), unique=True, max_size=30)


def slow_mix(value: int) -> int:
    word = (1 << 64) - 1
    value = (value + 0x9E3779B97F4A7C15) & word
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & word
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & word
    return value ^ (value >> 31)


def slow_key(identifier: bytes, seed: int) -> int:
    key = slow_mix(seed % (1 << 64))
    for half in (identifier[:8], identifier[8:]):
        key = slow_mix(key ^ int.from_bytes(half, "little"))
    return key


def test_mix_is_splitmix64() -> None:
    # The generator's published first outputs for the seed 1234567: its state grows by the golden ratio at each step.
    states = np.uint64(1234567) + np.arange(3, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    assert mix(states).tolist() == [6457827717110365317, 3203168211198807973, 9817491932198370423]


@settings(deadline=None)
@given(IDS, st.integers(-5, 2**70), st.integers(0, 30))
def test_keys_depend_on_seed_and_id_alone(ids: list[bytes], seed: int, cut: int) -> None:
    column = pa.array(ids, pa.binary(16))
    keys = shuffle_keys(column, seed)
    assert keys.dtype == np.uint64
    assert keys.tolist() == [slow_key(identifier, seed) for identifier in ids]
    parts = [shuffle_keys(column[:cut], seed), shuffle_keys(column[cut:], seed)]
    assert np.concatenate(parts).tolist() == keys.tolist()


@settings(deadline=None)
@given(IDS, st.randoms(use_true_random=False))
def test_the_order_does_not_depend_on_the_order_of_the_input(ids: list[bytes], random: np.random.Generator) -> None:
    def ordered(identifiers: list[bytes]) -> list[bytes]:
        return [identifiers[place] for place in shuffle_order(pa.array(identifiers, pa.binary(16)), 7)]

    again = list(ids)
    random.shuffle(again)
    assert ordered(again) == ordered(ids) == sorted(ids, key=lambda identifier: (slow_key(identifier, 7), identifier))


def test_equal_keys_are_ordered_by_id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gristmill.tokenize.shuffle.shuffle_keys", lambda ids, seed: np.zeros(len(ids), np.uint64))
    ids = [b"\xff" * 16, b"\x00" * 8 + b"\xff" * 8, b"\x01" + b"\x00" * 15]
    assert shuffle_order(pa.array(ids, pa.binary(16)), 0).tolist() == [1, 2, 0]


def test_another_seed_gives_another_order() -> None:
    ids = pa.array([bytes([value]) * 16 for value in range(100)], pa.binary(16))
    assert shuffle_order(ids, 1).tolist() != shuffle_order(ids, 2).tolist()


def test_other_columns_are_refused() -> None:
    with pytest.raises(ValueError, match=r"binary\(16\)"):
        shuffle_keys(pa.array([b"short"]), 0)


@settings(deadline=None)
@given(st.integers(1, 600), st.integers(-(2**65), 2**65), st.integers(0, 2**40))
def test_a_permutation_hits_every_place_once(size: int, seed: int, epoch: int) -> None:
    places = np.arange(size)
    moved = permuted(places, size, seed, epoch)
    assert sorted(moved.tolist()) == places.tolist()
    assert permuted(places[::-1], size, seed, epoch).tolist() == moved[::-1].tolist()


def test_a_permutation_is_fixed_for_ever() -> None:
    # Not computed elsewhere: whoever changes this order changes every resumed training.
    assert permuted(np.arange(10), 10, seed=0, epoch=0).tolist() == [0, 1, 2, 9, 8, 3, 4, 7, 6, 5]
    assert permuted(np.array([0, 10**12 - 1]), 10**12, seed=1, epoch=2).tolist() == [976703990461, 149176298113]


def test_a_permutation_moves_places_evenly() -> None:
    counts = np.zeros((8, 8), np.int64)
    for seed in range(1000):
        counts[np.arange(8), permuted(np.arange(8), 8, seed, 0)] += 1
    assert abs(counts - 125).max() < 53  # 5 standard deviations of √(125 · 7/8)
