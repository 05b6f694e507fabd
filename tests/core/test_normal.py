"""Normalised texts: known ones, and what a second time leaves alone."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.core.batch import Batch
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


MIXED = st.sampled_from([*"aZ9 ,\n\0éÉßΣσΐİ\u0301\u0323\u0344\u1fc1\u212b\u2003…水가😀", "the mill "])


@given(st.lists(st.lists(MIXED, max_size=12).map("".join), max_size=5), st.integers(0, 2))
def test_texts_of_a_batch_are_those_of_plain_python(texts: list[str], start: int) -> None:
    found = normal_text(Batch(batch_of(texts).documents.slice(start)))
    data = found.data.tobytes()
    pieces = [data[found.offsets[i] : found.offsets[i + 1]].decode() for i in range(len(found))]
    assert pieces == list(map(normal, texts[start:]))


def test_all_characters_of_the_table_are_those_of_plain_python() -> None:
    texts = [f"a{chr(code)} {chr(code)}{chr(code)}b" for code in range(1, 0x3001)]
    found = normal_text(batch_of(texts))
    data = found.data.tobytes()
    assert [data[i:j].decode() for i, j in itertools.pairwise(found.offsets)] == list(map(normal, texts))
