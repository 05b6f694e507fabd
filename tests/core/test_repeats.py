"""Repetition against plain counting."""

from collections import Counter
from itertools import chain

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from gristmill.core.repeats import first_places, overlapping_repeats, repeated_sequences
from tests.plain_heuristics import covered_chars, repeated_chars, sequences

DOCUMENTS = st.lists(st.lists(st.sampled_from(["a", "bb", "ccc", "dd"]), max_size=40), max_size=4)


def columns(documents: list[list[str]]) -> tuple[NDArray[np.int64], NDArray[np.uint64], NDArray[np.int32]]:
    flat = list(chain.from_iterable(documents))
    numbers = {word: number for number, word in enumerate(sorted(set(flat)))}
    arrays = (
        np.cumsum([0, *map(len, documents)], dtype=np.int64),
        np.array([numbers[word] * 0x9E3779B97F4A7C15 % 2**64 for word in flat], np.uint64),
        np.array([len(word) for word in flat], np.int32),
    )
    for array in arrays:
        array.flags.writeable = False
    return arrays


def top(words: list[str], n: int, any_top: bool) -> int:
    counts = Counter(sequences(words, n))
    if not counts:
        return 0
    sequence, times = counts.most_common(1)[0]
    return len(" ".join(sequence)) * times if any_top else len("".join(sequence)) * times * (times > 1)


@given(DOCUMENTS)
@example([["a", "bb"] * 30, [], ["a"], ["a", "bb", "a", "bb"]])
def test_repeated_sequences_match_plain_counting(documents: list[list[str]]) -> None:
    for all_copies, repeated in ((False, repeated_chars), (True, covered_chars)):
        expected = [
            [*(top(words, n, not all_copies) for n in range(2, 5)), *(repeated(words, n) for n in range(5, 11))]
            for words in documents
        ]
        found = repeated_sequences(*columns(documents), all_copies, not all_copies, not all_copies)
        assert found.shape == (len(documents), 9)
        assert found.tolist() == expected


@given(DOCUMENTS)
def test_first_places_match_plain_search(documents: list[list[str]]) -> None:
    offsets, hashes, _ = columns(documents)
    expected = [start + words.index(word) for start, words in zip(offsets, documents, strict=False) for word in words]
    assert first_places(offsets, hashes).tolist() == expected


def test_a_text_said_k_times() -> None:
    words = [f"w{i:02}" for i in range(20)]
    for k in (2, 3, 5):
        arrays = columns([words * k])
        assert repeated_sequences(*arrays, False, False, False)[0, 3] == (k - 1) * 60
        assert repeated_sequences(*arrays, True, False, False)[0, 3] == k * 60


@given(DOCUMENTS)
def test_overlapping_repeats_match_plain_counting(documents: list[list[str]]) -> None:
    found = overlapping_repeats(*columns(documents))
    for row, words in enumerate(documents):
        for n in range(5, 11):
            counts = Counter(sequences(words, n))
            sizes = {sequence: sum(map(len, sequence)) for sequence in counts}
            repeated = sum(sizes[sequence] * times for sequence, times in counts.items() if times > 1)
            everything = sum(sizes[sequence] * times for sequence, times in counts.items())
            assert found[row, n - 5].tolist() == [repeated, everything]


@given(DOCUMENTS)
def test_a_sequence_that_occurs_once_may_count(documents: list[list[str]]) -> None:
    found = repeated_sequences(*columns(documents), True, False, True)
    for row, words in enumerate(documents):
        for n in range(2, 5):
            sequence, times = Counter(sequences(words, n)).most_common(1)[0] if len(words) >= n else ((), 0)
            assert found[row, n - 2] == len("".join(sequence)) * times
