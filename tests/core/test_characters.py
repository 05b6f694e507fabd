"""The frozen table of character classes against Python's own knowledge of Unicode."""

import sys
import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.core.batch import text_buffers
from gristmill.core.characters import (
    ALPHABETIC,
    END_MARK,
    LINE_BREAK,
    SPACE,
    SYMBOL,
    UNICODE_VERSION,
    build_classes,
    classes,
    count_code_points,
    decode,
    end_marks,
)


@pytest.mark.skipif(unicodedata.unidata_version != UNICODE_VERSION, reason="the table is of another Unicode version")
def test_the_shipped_table_is_what_the_sources_give() -> None:
    assert np.array_equal(classes(), build_classes())


def test_sizes_of_the_frozen_sets() -> None:
    assert len(end_marks()) == 159
    assert np.count_nonzero(classes() & END_MARK) == 159
    assert np.count_nonzero(classes() & SYMBOL) == 281
    assert {".", "!", "?", "。", "؟", "।", "។"} <= {chr(code) for code in end_marks()}
    assert not {"…", ":", ";", '"', ")"} & {chr(code) for code in end_marks()}


def test_whitespace_and_line_breaks_are_pythons() -> None:
    for code in range(sys.maxunicode + 1):
        if not 0xD800 <= code < 0xE000:
            character = chr(code)
            assert bool(classes()[code] & SPACE) == (not character.split()), hex(code)
            assert bool(classes()[code] & LINE_BREAK) == (character.splitlines() == [""]), hex(code)


def test_letters_of_old_scripts_are_letters_in_every_python() -> None:
    for character in "aZéßΩяאعहก水あ한":
        assert classes()[ord(character)] & ALPHABETIC


@given(st.text(min_size=1))
def test_decode_reads_what_python_wrote(text: str) -> None:
    data = np.frombuffer(text.encode(), np.uint8)
    found, at = [], 0
    while at < len(data):
        code, size = decode(data, at)
        found.append(chr(code))
        at += size
    assert "".join(found) == text


@given(st.lists(st.text()), st.integers(0, 2))
def test_code_points_are_counted(texts: list[str], start: int) -> None:
    text = text_buffers(pa.array(texts, pa.large_string())[start:])
    assert count_code_points(text.data, text.offsets).tolist() == [len(text) for text in texts[start:]]
