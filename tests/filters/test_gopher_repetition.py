"""Gopher's repetition rules: exact thresholds, both ways of counting, and where units begin and end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.filters.gopher_repetition import Params, judge
from tests.filters.heuristic_texts import TEXTS, batch_of
from tests.plain_heuristics import repetition
from tests.plain_words import plain_words


def signals(text: str, **params: object) -> dict[str, float]:
    verdict = judge(batch_of([text]), Params.model_validate(params))
    return {name.partition(".")[2]: float(values[0]) for name, values in verdict.signals.items()}


@given(TEXTS, st.integers(0, 2))
def test_all_copies_match_plain_python(texts: list[str], start: int) -> None:
    verdict = judge(batch_of(texts, start), Params(dup_counting="all_copies"))
    for row, text in enumerate(texts[start:]):
        if not text.strip():
            continue  # of nothing, plain Python finds one empty line and paragraph
        for name, value in repetition(text, plain_words(text), all_copies=True).items():
            assert verdict.signals[name][row] == pytest.approx(value, abs=1e-12), name


@pytest.mark.parametrize("k", [2, 3, 5])
def test_a_text_said_k_times(k: int) -> None:
    words = " ".join(f"w{i:02}" for i in range(20))
    text = (words + " ") * k
    assert signals(text)["dup_10gram_char_frac"] == pytest.approx((k - 1) * 60 / len(text))
    assert signals(text, dup_counting="all_copies")["dup_10gram_char_frac"] == 1.0


def test_repeated_lines_on_the_bound_pass() -> None:
    lines = [f"line {i}" for i in range(7)]
    on = judge(batch_of(["\n".join([*lines, *lines[:3]])]), Params())
    beyond = judge(batch_of(["\n".join([*lines[:6], *lines[:3]])]), Params())
    assert on.signals["gopher_repetition.dup_line_frac"][0] == 0.3
    assert not on.failed["gopher_repetition.dup_line_frac"][0]
    assert beyond.failed["gopher_repetition.dup_line_frac"][0]


def test_newlines_at_both_ends_make_two_equal_lines() -> None:
    assert signals("\none\ntwo\n")["dup_line_frac"] == 0.25
    assert signals("\n\n\n")["dup_line_frac"] == 0.5
    assert signals("one\n\n\ntwo")["dup_line_frac"] == 0.0


def test_paragraphs_are_of_the_stripped_text() -> None:
    assert signals("\n\n one\n\none \n\n")["dup_para_frac"] == 0.5
    assert signals("one\n \none")["dup_para_frac"] == 0.0


def test_the_first_of_equally_frequent_sequences_counts() -> None:
    text = "aa bb x aa bb cc dd y cc dd"
    assert signals(text)["top_2gram_char_frac"] == pytest.approx(2 * len("aa bb") / len(text))


def test_a_sequence_need_not_repeat_to_be_the_most_frequent() -> None:
    assert signals("one two")["top_2gram_char_frac"] == 1.0


def test_languages_without_spaces_are_spared_the_top_sequences() -> None:
    text = "水車は川にある。 粉をひく。"
    assert judge(batch_of([text]), Params()).failed["gopher_repetition.top_2gram_char_frac"][0]
    assert not judge(batch_of([text], labels=["ja"]), Params()).failed["gopher_repetition.top_2gram_char_frac"][0]
