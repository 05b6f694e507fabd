"""Llama 3's heuristics: dirty words on the bound, divergence against plain Python, repetitive lines."""

import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.core.errors import InputError
from gristmill.core.normal import normal_words
from gristmill.filters.llama3 import Params, files, judge
from gristmill.filters.word_frequencies import (
    BINS,
    count_frequencies,
    divergences,
    length_bins,
    load_frequencies,
    save_frequencies,
    usual_bounds,
)
from tests.filters.heuristic_texts import batch_of

TEXTS = st.lists(
    st.lists(st.sampled_from(["the", "mill", "of", "water", "rare"]), max_size=12).map(" ".join), max_size=4
)


def dirty(tmp_path: Path) -> Params:
    path = tmp_path / "words.txt"
    path.write_text("bad\n", "utf-8")
    return Params(dirty_words=path)


def test_three_dirty_words_and_more_than_one_in_a_hundred(tmp_path: Path) -> None:
    texts = ["bad " * 2, "bad " * 3, "bad " * 3 + "mill " * 297, "bad " * 3 + "mill " * 296]
    verdict = judge(batch_of(texts), dirty(tmp_path))
    assert verdict.failed["llama3.dirty_words"].tolist() == [False, True, False, True]


@given(TEXTS, TEXTS)
def test_divergences_match_plain_python(corpus: list[str], texts: list[str]) -> None:
    frequencies = count_frequencies(lambda: [batch_of(corpus[:1]), batch_of(corpus[1:])])
    known = Counter(word for text in corpus for word in text.split())
    total = sum(known.values()) + len(known) + 1
    found = divergences(normal_words(batch_of(texts)), frequencies)
    for row, text in enumerate(texts):
        words = Counter(text.split())
        mass = sum(words.values()) + 0.5 * len(words)
        shares = {word: (count + 0.5) / mass for word, count in words.items()}
        expected = sum(p * math.log(p * total / (known[word] + 1)) for word, p in shares.items())
        assert found[row] == pytest.approx(expected)


def test_the_frequencies_of_a_corpus_do_not_depend_on_its_batches() -> None:
    texts = ["the mill of the river", "the water", "", "rare"]
    whole = count_frequencies(lambda: [batch_of(texts)])
    parts = count_frequencies(lambda: [batch_of([text]) for text in texts])
    for name, values in vars(whole).items():
        assert np.array_equal(values, vars(parts)[name]), name


def test_a_document_of_outlandish_words_fails(tmp_path: Path) -> None:
    path = tmp_path / "frequencies.npz"
    usual = [f"the mill of the river and the water {i % 7} stands still" for i in range(50)]
    save_frequencies(count_frequencies(lambda: [batch_of(usual)]), path)
    params = Params(frequencies=path)
    odd = "xylophone quagga zymurgy fjord sphinx vortex jackdaw wyvern pyx mnemonic"
    assert judge(batch_of([usual[0], odd]), params).failed["llama3.token_kl"].tolist() == [False, True]
    assert files(params) == (path,)
    assert np.array_equal(load_frequencies(path).counts, count_frequencies(lambda: [batch_of(usual)]).counts)


def test_bounds_are_of_the_length_or_its_neighbour() -> None:
    assert length_bins(np.array([0, 1, 2, 3, 4, 1023, 1024])).tolist() == [0, 0, 1, 1, 2, 9, 10]
    bounds = usual_bounds(np.array([1.0, 2.0, 3.0, 7.0]), np.array([3, 3, 3, 5]))
    assert bounds.tolist() == [7.0] * 5 + [7.0] * (
        BINS - 5
    )  # median 2 + 5 · 1 up to bin 4, the one document's 7 behind
    assert np.isinf(usual_bounds(np.zeros(0), np.zeros(0, np.int64))).all()


@pytest.mark.parametrize("content", [None, b"", b"no archive"])
def test_bad_frequencies_are_a_clear_error(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "frequencies.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"frequencies\.npz.*train frequencies"):
        judge(batch_of(["one"]), Params(frequencies=path))


def test_long_lines_that_repeat_themselves_are_counted() -> None:
    repetitive, plain = "error in line of file " * 6, " ".join(f"word{i}" for i in range(30))
    verdict = judge(
        batch_of([f"{repetitive}\n{plain}\nerror in line\n{repetitive}", ""]), Params(max_repetitive_lines=1)
    )
    assert verdict.signals["llama3.n_repetitive_lines"].tolist() == [2, 0]
    assert verdict.failed["llama3.dup_ngram_coverage"].tolist() == [True, False]
