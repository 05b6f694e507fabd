"""Normalised texts: known ones, and what a second time leaves alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.core.normal import normal, normal_text, normal_words
from tests.filters.heuristic_texts import batch_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The  Mill's,\n\told WHEEL!", "the mills old wheel"),
        (" - ", ""),
        ("É", "e\u0301"),
        ("well-known «Wort»", "wellknown «wort»"),
        ("", ""),
    ],
)
def test_known_texts(text: str, expected: str) -> None:
    assert normal(text) == expected


@given(st.lists(st.text(max_size=20), max_size=3))
def test_words_are_what_stands_between_the_spaces(texts: list[str]) -> None:
    batch = batch_of(texts)
    table = normal_words(batch)
    data = normal_text(batch).data.tobytes()
    for row, text in enumerate(texts):
        rows = range(table.offsets[row], table.offsets[row + 1])
        found = [data[table.starts[i] : table.starts[i] + table.sizes[i]].decode() for i in rows]
        assert found == normal(text).split()
