"""Pages of code: the clues of a line against plain Python, counts, encoded data, names of files."""

import re
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.core.batch import Batch, text_buffers
from gristmill.core.characters import classes
from gristmill.core.lines import line_spans
from gristmill.core.words import segment
from gristmill.filters import code_lines as clues
from gristmill.filters import code_measures, code_pages
from gristmill.filters.code_files import file_names
from tests.filters.test_contract import documents

BLANKS = " \t\n\x0b\x0c\r"
PIECES = st.sampled_from(
    [
        *"ab_(;{}= \t\n",
        "    ",
        "def ",
        "RETURN ",
        "Import ",
        "import",
        "//",
        "#!",
        "->",
        " = ",
        "foo(",
        "a_b",
        "é",
        "水",
        "\\u00e9",
        "5f ",
        "0x4a,",
    ]
)
texts_of_pieces = st.lists(st.lists(PIECES, max_size=12).map("".join), max_size=4)


def batch(text: str) -> Batch:
    return Batch(documents([{"text": text}]))


def is_code(line: str) -> bool:
    """The table in code_lines.py, clue by clue."""
    body = line.strip(BLANKS)
    if not body:
        return False
    indent = line[: len(line) - len(line.lstrip(BLANKS))]
    first = re.match(r"[A-Za-z0-9_]*", body)
    word = first[0] if first else ""
    keyword = word.lower() in clues.KEYWORDS and word in (word.lower(), word.upper())
    points = 2 * (body[-1] in ";{}") + 2 * body.startswith(clues.OPENINGS)
    points += ("\t" in indent or len(indent) >= 4) + keyword + any(sign in body for sign in clues.OPERATORS)
    points += bool(re.search(r"[A-Za-z0-9_]\(|[A-Za-z0-9]_[A-Za-z0-9]", body))
    return points >= clues.POINTS


@given(texts_of_pieces, st.integers(0, 2))
def test_code_lines_are_those_of_plain_python(texts: list[str], start: int) -> None:
    buffers = text_buffers(pa.array(texts, pa.large_string())[start:])
    _, starts, sizes = line_spans(buffers.data, buffers.offsets)
    starts.flags.writeable = sizes.flags.writeable = False
    expected = [is_code(line) for text in texts[start:] for line in text.split("\n")]
    assert clues.code_lines(buffers.data, starts, sizes).tolist() == expected


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("    return x", True), ("for (i = 0; i < 9; i++) {", True), ("from mill import grind_all", True),
        ("SELECT name FROM mills WHERE sacks == 4", True), ("print('rye')", True), ("// a comment", True),
        ("Return to the mill by night.", False), ("See main() for more.", False), ("import of grain rose", False),
        ("The mill (old) stands by the river.", False), ("E = mc2, said the miller", False), ("", False),
    ],
)  # fmt: skip
def test_lines_of_code_and_prose(line: str, code: bool) -> None:
    assert is_code(line) is code


@given(texts_of_pieces, st.integers(0, 2))
def test_letters_and_digits(texts: list[str], start: int) -> None:
    buffers = text_buffers(pa.array(texts, pa.large_string())[start:])
    letters, digits = code_measures.count_classes(buffers.data, buffers.offsets, classes())
    assert letters.tolist() == [sum(map(str.isalpha, text)) for text in texts[start:]]
    assert digits.tolist() == [sum(char in "0123456789" for char in text) for text in texts[start:]]


@given(st.lists(st.lists(st.sampled_from("abcd"), max_size=9).map(" ".join), max_size=4))
def test_shares_of_the_most_frequent_words(texts: list[str]) -> None:
    table = segment(text_buffers(pa.array(texts, pa.large_string())), "spaces")
    one, two = code_measures.top_words(table.offsets, table.hashes)
    for row, text in enumerate(texts):
        counts = [count for _, count in Counter(text.split()).most_common(2)]
        assert one[row] == pytest.approx(counts[0] / len(text.split()) if counts else 0.0)
        assert two[row] == pytest.approx(sum(counts) / len(text.split()) if counts else 0.0)


@given(
    st.lists(st.sampled_from(["5f ", "0x4a,", "de,", "\\x5f", "\\u00e9", "QUJD", "x" * 20, "\n", ", ", "z", "1"])).map(
        "".join
    )
)
def test_no_encoded_data_is_overlooked(text: str) -> None:
    buffers = text_buffers(pa.array([text], pa.large_string()))
    if any(pattern.search(text) for pattern in code_measures.ENCODED):
        assert code_measures.maybe_encoded(buffers.data, buffers.offsets).all()


def test_encoded_runs_are_measured() -> None:
    verdict = code_pages.judge(batch("key = " + "QUJD" * 20 + "; " + "\\u00e9" * 9), code_pages.Params())
    assert verdict.signals["code.encoded_run"].tolist() == [80]
    assert verdict.signals["code.encoded_frac"][0] == pytest.approx((80 + 54) / 142)


@pytest.mark.parametrize(
    ("url", "stem", "end"),
    [
        ("https://mill.example/a/Grind.PY", "grind", "py"), ("https://mill.example/a.b/c.tar.gz?x=1.2#y", "c.tar", "gz"),
        ("https://mill.example", "", ""), ("https://mill.example/a.b/", "", ""), ("https://mill.example/?f=x.py", "", ""),
        ("", "", ""), ("https://mill.example/readme", "", ""),
    ],
)  # fmt: skip
def test_names_of_files(url: str, stem: str, end: str) -> None:
    stems, ends = file_names(pa.array([url]))
    assert (stems.to_pylist(), ends.to_pylist()) == ([stem], [end])


def test_lengths_of_all_lines_or_of_code_alone() -> None:
    text = f"{'prose ' * 40}\nmill(rye_flour);\n"
    code = code_pages.judge(batch(text), code_pages.Params()).signals["code.max_line_len"]
    every = code_pages.judge(batch(text), code_pages.Params(measured_lines="all")).signals["code.max_line_len"]
    np.testing.assert_array_equal([code[0], every[0]], [16, 240])
