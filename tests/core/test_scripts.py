"""Letters by writing system."""

import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gristmill.core.batch import text_buffers
from gristmill.core.characters import UNICODE_VERSION
from gristmill.core.scripts import SCRIPTS, build_scripts, script_counts, scripts

LETTERS = {
    "a": "Latn",
    "ß": "Latn",
    "Ж": "Cyrl",
    "水": "Hani",
    "の": "Hira",
    "カ": "Kana",
    "한": "Hang",
    "θ": "Grek",
    "ก": "Thai",
}


@settings(deadline=None)
@given(st.lists(st.text("".join(LETTERS) + " 1.😀", max_size=12), max_size=5), st.integers(0, 2))
def test_letters_are_counted_by_script(texts: list[str], start: int) -> None:
    buffers = text_buffers(pa.array(texts, pa.large_string())[start:])
    counts = script_counts(buffers.data, buffers.offsets, scripts(), len(SCRIPTS))
    for row, text in enumerate(texts[start:]):
        expected = {script: sum(LETTERS.get(letter) == script for letter in text) for script in LETTERS.values()}
        assert {script: counts[row, SCRIPTS.index(script)] for script in expected} == expected
        assert counts[row].sum() == sum(letter in LETTERS for letter in text)


def test_only_letters_have_a_script() -> None:
    table = scripts()
    assert all(unicodedata.category(chr(code)).startswith("L") for code in np.flatnonzero(table)[:100_000:7])
    assert SCRIPTS[table[ord("・")]] == ""


@pytest.mark.skipif(unicodedata.unidata_version != UNICODE_VERSION, reason="the table is made by another Unicode")
def test_the_shipped_table_is_the_built_one() -> None:
    np.testing.assert_array_equal(scripts(), build_scripts())
