"""The tokenizer against a slow reference, cases written from the HTML Standard, and pages made to hurt."""

from itertools import pairwise

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.extract import tokens
from gristmill.extract.tags import tag_name
from gristmill.extract.tokens import ATTRIBUTES, tokenize_page
from tests.extract.plain_html import Token, tokenize
from tests.paths import shared

KINDS = ("text", "start", "end", "raw", "cdata")
_PIECES = """
    < > </ /> <p <p> </p> </div> href='q' id=7 hidden = == " ' / <!-- --> --!> <!--> <!---> -- <! <?x ?> </> <title> </title>
    <textarea> </textarea <br/> &amp; a é 水 class class=b class="" <plaintext> <style> </style> =x <p/class=c>
"""
_BLANKS = (
    " ",
    "\n",
    "\n    ",
    '<div\tclass="a>b"',
    "<A\nHREF=x/y>",
    "<!doctype\thtml>",
    "</TITLE\t>",
    "</p\tid=d>",
    "\t",
)
PIECES = st.sampled_from((*_PIECES.split(), *_BLANKS))


def read(page: str) -> list[Token]:
    """What the kernel says, in the reference's words."""
    data = page.encode()
    rows, attributes = tokenize_page(np.frombuffer(data, np.uint8))
    found: list[Token] = []
    for row, behind in pairwise(rows):
        kind = KINDS[row[tokens.KIND]]
        if kind in ("start", "end"):
            own = attributes[row[tokens.FIRST] : behind[tokens.FIRST]]
            values = {ATTRIBUTES[name]: data[begin:end].decode() for name, begin, end in own}
            found.append((kind, tag_name(int(row[tokens.TAG])), values))
        else:
            found.append((kind, data[row[tokens.BEGIN] : row[tokens.STOP]].decode(), {}))
    return found


def expected(page: str) -> list[Token]:
    """The reference's tokens without what the kernel does not keep: unknown tags' names, other and empty attributes."""
    known = []
    for kind, text, attributes in tokenize(page):
        kept = {key: value for key, value in attributes.items() if key in ATTRIBUTES and (value or key == "hidden")}
        name = text if kind in ("text", "raw") or tag_name_known(text) else ""
        known.append((kind, name, kept))
    return known


def tag_name_known(name: str) -> bool:
    return name in {tag_name(number) for number in range(1024)}


@given(st.lists(PIECES, max_size=14).map("".join))
def test_tokens_are_those_of_the_reference(page: str) -> None:
    assert read(page) == expected(page)


def test_real_pages_have_the_references_tokens() -> None:
    table = pq.read_table(shared("extraction", "pages.parquet"), columns=["html"]).slice(0, 400)
    pages = [page.as_py().decode("utf-8", "replace") for page in table["html"]]
    plain = [page for page in pages if not any(word in page for word in ("<svg", "<math", "<script", "<SCRIPT"))][:6]
    plain += [drop_foreign(page) for page in pages[:4]]
    for page in plain:
        assert read(page) == expected(page)


def drop_foreign(page: str) -> str:
    """Without the tags whose content the reference does not read."""
    for name in ("svg", "math", "script", "SCRIPT"):
        page = page.replace(f"<{name}", "<span").replace(f"</{name}", "</span")
    return page


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("<p>a</p>", [("start", "p", {}), ("text", "a", {}), ("end", "p", {})]),
        ("a<b", [("text", "a", {})]),  # a tag that never ends is no text
        ("a < b", [("text", "a < b", {})]),
        ("<3", [("text", "<3", {})]),
        ("</>x", [("text", "x", {})]),
        ("<!-->x", [("text", "x", {})]),
        ("<!--a--!>x", [("text", "x", {})]),
        ("<!--a-- >x", []),
        ("<p class=a class=b>", [("start", "p", {"class": "a"})]),
        ("<p class=''id=x>", [("start", "p", {"id": "x"})]),
        ("<a href=x/>", [("start", "a", {"href": "x/"})]),
        ("<P CLASS = \n 'A B'>", [("start", "p", {"class": "A B"})]),
        ("<![CDATA[a]]>b", [("text", "b", {})]),  # a comment outside SVG and MathML
        (
            "<svg><![CDATA[a<b]]></svg>",
            [("start", "svg", {}), ("cdata", "a<b", {}), ("end", "svg", {})],
        ),
        (
            "<svg><title>x</title>",
            [("start", "svg", {}), ("start", "title", {}), ("text", "x", {}), ("end", "title", {})],
        ),
        ("<title><p></title>", [("start", "title", {}), ("raw", "<p>", {}), ("end", "title", {})]),
        (
            "<script>'</scriptx>' // <!-- <script> </script> --></script>x",
            [
                ("start", "script", {}),
                ("raw", "'</scriptx>' // <!-- <script> </script> -->", {}),
                ("end", "script", {}),
                ("text", "x", {}),
            ],
        ),
        ("<plaintext></plaintext>", [("start", "plaintext", {}), ("raw", "</plaintext>", {})]),
    ],
)
def test_cases_of_the_standard(page: str, said: list[Token]) -> None:
    assert read(page) == said


@pytest.mark.parametrize(
    "page", [b"<" * 5000, b"<a " * 5000, b"<p a=" * 5000, b"<!--" * 5000, b"<p hidden>" * 5000, b""]
)
def test_hostile_pages_fit(page: bytes) -> None:
    rows, attributes = tokenize_page(np.frombuffer(page, np.uint8))
    assert rows[-1, tokens.FIRST] == len(attributes)
    assert len(rows) <= 2 * page.count(b"<") + 2
