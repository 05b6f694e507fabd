"""Gopher's repetition rules: exact thresholds, both ways of counting, and where units begin and end."""

import pytest

from gristmill.filters.gopher_repetition import Params, judge
from tests.filters.heuristic_texts import batch_of

DATATROVE = Params(dup_counting="first_free", top_counting="any", segmentation="tokens")


def signals(text: str, params: Params | None = None) -> dict[str, float]:
    verdict = judge(batch_of([text]), params or Params())
    return {name.partition(".")[2]: float(values[0]) for name, values in verdict.signals.items()}


@pytest.mark.parametrize("k", [2, 3, 5])
def test_a_text_said_k_times(k: int) -> None:
    words = " ".join(f"w{i:02}" for i in range(20))
    text = (words + " ") * k
    assert signals(text, DATATROVE)["dup_10gram_char_frac"] == pytest.approx((k - 1) * 60 / len(text))
    assert signals(text)["dup_10gram_char_frac"] == 1.0


def test_repeated_lines_on_the_bound_pass() -> None:
    lines = [f"line {i}" for i in range(7)]
    on = judge(batch_of(["\n".join([*lines, *lines[:3]])]), DATATROVE)
    beyond = judge(batch_of(["\n".join([*lines[:6], *lines[:3]])]), DATATROVE)
    assert on.signals["gopher_repetition.dup_line_frac"][0] == 0.3
    assert not on.failed["gopher_repetition.dup_line_frac"][0]
    assert beyond.failed["gopher_repetition.dup_line_frac"][0]


def test_every_copy_of_a_line_is_a_repetition() -> None:
    lines = [f"line {i}" for i in range(17)]
    on = judge(batch_of(["\n".join([*lines, *lines[:3]])]), Params())
    assert on.signals["gopher_repetition.dup_line_frac"][0] == 0.3
    assert not on.failed["gopher_repetition.dup_line_frac"][0]


def test_newlines_at_both_ends_make_two_equal_lines_for_datatrove() -> None:
    assert signals("\none\ntwo\n", DATATROVE)["dup_line_frac"] == 0.25
    assert signals("\n\n\n", DATATROVE)["dup_line_frac"] == 0.5
    assert signals("one\n\n\ntwo", DATATROVE)["dup_line_frac"] == 0.0
    assert signals("\none\ntwo\n")["dup_line_frac"] == 0.0


def test_paragraphs_are_of_the_stripped_text() -> None:
    assert signals("\n\n one\n\none \n\n", DATATROVE)["dup_para_frac"] == 0.5
    assert signals("\n\n one\n\none \n\n")["dup_para_frac"] == 1.0
    assert signals("one\n \none")["dup_para_frac"] == 0.0


def test_the_first_of_equally_frequent_sequences_counts() -> None:
    text = "aaa bb x aaa bb c d y c d"
    assert signals(text)["top_2gram_char_frac"] == pytest.approx(2 * len("aaabb") / len(text.replace(" ", "")))
    assert signals(text, DATATROVE)["top_2gram_char_frac"] == pytest.approx(2 * len("aaa bb") / len(text))


def test_only_for_datatrove_is_a_sequence_frequent_that_occurs_once() -> None:
    assert signals("one two", DATATROVE)["top_2gram_char_frac"] == 1.0
    assert signals("one two")["top_2gram_char_frac"] == 0.0


def test_languages_without_spaces_are_spared_the_top_sequences() -> None:
    text = "水車は川にある。 粉をひく。"
    assert judge(batch_of([text]), DATATROVE).failed["gopher_repetition.top_2gram_char_frac"][0]
    assert not judge(batch_of([text], labels=["ja"]), DATATROVE).failed["gopher_repetition.top_2gram_char_frac"][0]
