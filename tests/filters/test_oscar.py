"""OSCAR's signals against plain Python."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.filters.oscar import Params, judge
from tests.filters.heuristic_texts import batch_of

LINES = st.sampled_from(["", "a", "水" * 6, "é" * 9, "1 2 3 4", "x" * 10, "y" * 25, "...", "ab\r"])
TEXTS = st.lists(st.lists(LINES, max_size=16).map("\n".join), max_size=4)
LONG = 10


def plain(text: str) -> dict[str, float]:
    lines = text.split("\n")
    lines = [line.removesuffix("\r") if i + 1 < len(lines) else line for i, line in enumerate(lines)]
    lines = lines[:-1] if not lines[-1] else lines
    long = [line for line in lines if len(line) >= LONG]
    fifth = len(lines) // 5
    header = sum(len(line.encode()) < LONG for line in lines[:fifth]) > fifth // 2
    footer = sum(len(line.encode()) < LONG for line in lines[len(lines) - fifth :]) > fifth // 2
    letters = sum(unicodedata.category(character)[0] in "LM" for character in text)
    tiny, short = len(lines) < 5, len(lines) - len(long) > len(lines) // 2
    noisy = len(text) - letters > len(text) // 2
    total = sum(map(len, lines))
    signals = {
        "n_lines": len(lines),
        "n_long_lines": len(long),
        "long_line_mass": sum(map(len, long)) / total if total else 0.0,
        "tiny": tiny,
        "short_sentences": short,
        "header": header,
        "footer": footer,
        "noisy": noisy,
        "noisy_tiny": noisy and tiny and not (short or header or footer),
    }
    return {f"oscar.{name}": float(value) for name, value in signals.items()}


@given(TEXTS, st.integers(0, 2))
def test_signals_match_plain_python(texts: list[str], start: int) -> None:
    verdict = judge(batch_of(texts, start), Params(long_line_chars=LONG))
    for row, text in enumerate(texts[start:]):
        for name, value in plain(text).items():
            assert verdict.signals[name][row] == pytest.approx(value), name


def test_a_document_on_the_bound_passes() -> None:
    on, beyond = "x" * 150 + "\n" + "y" * 50 + "\n" + "z" * 50, "x" * 149 + "\n" + "y" * 50 + "\n" + "z" * 50
    assert judge(batch_of([on, beyond]), Params()).failed["oscar.long_line_mass"].tolist() == [False, True]
