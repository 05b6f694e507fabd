"""Traces of a wrong decoding, counted in plain Python."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.filters.encoding import Params, judge
from tests.filters.heuristic_texts import batch_of


@given(
    st.lists(st.text("aé\ufffd\ufffc\x00\x1b\x85\t\n\r\ue000\U000f0000", max_size=20), max_size=4), st.integers(0, 2)
)
def test_shares_are_those_of_plain_python(texts: list[str], start: int) -> None:
    verdict = judge(batch_of(texts, start), Params())
    for row, text in enumerate(texts[start:]):
        kinds = [unicodedata.category(character) for character in text if character not in "\t\n\r"]
        counts = {"replacement_char": text.count("\ufffd"), "control_char": kinds.count("Cc"), "pua": kinds.count("Co")}
        for name, count in counts.items():
            found = verdict.signals[f"encoding.{name}_frac"][row]
            assert found == pytest.approx(count / len(text) if text else 0)


def test_a_document_on_the_bound_passes() -> None:
    on, beyond = "\ufffd" + "x" * 999, "\ufffd" + "x" * 998
    assert judge(batch_of([on, beyond]), Params()).failed["encoding.replacement_char_frac"].tolist() == [False, True]
