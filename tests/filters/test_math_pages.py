"""Pages of mathematics: the counts against plain Python, and the two bounds."""

import re

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from gristmill.core.batch import Batch, text_buffers
from gristmill.filters import math_pages
from tests.filters.test_contract import documents

COMMANDS = frozenset(math_pages._COMMANDS.split())
PIECES = st.sampled_from(
    [
        *"$5\\([^_{=x πé²±≤水\n",
        "\\frac",
        "\\fraction",
        "\\alpha ",
        "\\Users",
        "^{",
        "^2",
        "_{",
        " = ",
        "==",
        "$x$",
        "\\[",
    ]
)
texts_of_pieces = st.lists(st.lists(PIECES, max_size=12).map("".join), max_size=4)


def plain_counts(text: str) -> list[int]:
    """The signs of SIGNS one after the other, then accented letters."""
    return [
        len(re.findall(r"\$(?![0-9])", text)),
        len(re.findall(r"\\[(\[]", text)),
        sum(name in COMMANDS for name in re.findall(r"\\([A-Za-z]+)", text)),
        len(re.findall(r"\^[{0-9]|_\{", text)),
        len(re.findall("[\u2200-\u22ff\u2a00-\u2aff±²³¹×÷\u2070-\u209f]", text)),
        len(re.findall("[\u0370-\u03ff]", text)),
        len(re.findall("(?<= )=(?= )", text)),
        sum(char in math_pages._ACCENTED for char in text),
    ]


@given(texts_of_pieces, st.integers(0, 2))
def test_counts_are_those_of_plain_python(texts: list[str], start: int) -> None:
    buffers = text_buffers(pa.array(texts, pa.large_string())[start:])
    counts = math_pages.count_signs(buffers.data, buffers.offsets)
    assert counts.T.tolist() == [plain_counts(text) for text in texts[start:]]


def test_commands_have_codes_of_their_own() -> None:
    assert len(set(math_pages._CODES.tolist())) == len(COMMANDS)
    assert max(map(len, COMMANDS)) <= math_pages._MOST_LETTERS


def failed(text: str, language: str = "en") -> bool:
    batch = Batch(documents([{"text": text}]), {"language.label": pa.array([language])})
    found = math_pages.judge(batch, math_pages.Params()).failed
    return bool(found["math.few_signs"][0] or found["math.hardly_any_signs"][0])


def test_latex_lowers_the_bound() -> None:
    words = "of the river and the mill " * 20
    assert failed(f"{words} $x$ and")
    assert not failed(f"{words} $x$ and \\alpha")


def test_marks_in_the_html_count_as_latex() -> None:
    text = "of the river and the mill " * 20 + " $x$ and $y$"
    table = documents([{"text": text}] * 3)
    marks = pa.array([2, 0, None], pa.int64())
    found = math_pages.judge(Batch(table, {"extract.math_marks": marks}), math_pages.Params())
    assert found.failed["math.few_signs"].tolist() == [False, True, True]
    assert found.signals["math.html_marks"].tolist() == [2, 0, 0]


def test_greek_letters_count_where_they_are_foreign() -> None:
    text = "Η αλήθεια " * 20
    assert not failed(text)
    assert failed(text, "el")
