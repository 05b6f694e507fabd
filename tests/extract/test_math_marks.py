"""Marks of formulas in HTML, by themselves and as a page tells them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.extract.math_marks import count_math_marks
from gristmill.extract.page import extract_page
from gristmill.extract.params import Params

MARKS = (
    "mathjax",
    "<math",
    "math-container",
    "katex.min.css",
    "latex.php",
    "codecogs",
    "tex.cgi",
    'class="tex"',
    "class='tex'",
)
PIECES = st.sampled_from([*MARKS, *map(str.upper, MARKS), "<mat", "tex", '"', "=", "<", "é", " x "])


@given(st.lists(PIECES, max_size=12).map("".join))
def test_every_mark_counts_in_either_case(html: str) -> None:
    data = np.frombuffer(html.encode(), np.uint8)
    assert count_math_marks(data) == sum(html.lower().count(mark) for mark in MARKS)


@pytest.mark.parametrize("engine", ["gristmill", "resiliparse"])
def test_pages_tell_their_marks_if_asked(engine: str) -> None:
    html = b"<html><head><script src='/MathJax.js'></script><body><p>The area of the wheel: <math><mi>A</mi></math></p>"
    assert extract_page(html, engine=engine, params=Params(math_marks=True)).math_marks == 2
    assert extract_page(html, engine=engine).math_marks == 0
