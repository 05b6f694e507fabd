"""The guard's figures against the tree that resiliparse builds, and its limits on pages made to hurt."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from resiliparse.parse.html import HTMLTree

from gristmill.extract.guard import Size, measure
from gristmill.extract.tags import TAG_KEYS, VOID, flags_of, tag_hash

NO_LIMIT = 10**6
DEEP = 4000


def size(html: str) -> Size:
    return measure(html.encode(), NO_LIMIT, DEEP)


def size_of_tree(html: str) -> tuple[int, int]:
    """Elements and depth of the parsed tree: the reference."""
    root: Any = HTMLTree.parse(html).document.document_element  # type: ignore[union-attr]
    elements = deepest = 0
    waiting = [(root, 1)]
    while waiting:
        element, depth = waiting.pop()
        elements += 1
        deepest = max(deepest, depth)
        waiting += [(child, depth + 1) for child in element.children.values()]
    return elements, deepest


@pytest.mark.parametrize(
    "html",
    [
        "<p>one<p>two<p>three",
        "<ul><li>a<li>b<ul><li>c</ul><li>d</ul>",
        "<table><tr><td>1<td>2<tr><td>3</table>",
        "<table><td>tbody and tr are implied</table>",
        "<dl><dt>a<dd>b<dt>c<dd>d</dl>",
        "<p><b>bold<p>still bold<p>and here</b> not here",
        "<a href=1>x<a href=2>y</a>",
        '<div title="a > b <div>">quoted</div>',
        "<img><br><hr><input><div/>not closed by its slash",
        "<svg><g/><path/><g><path/></g></svg><p>after</p>",
        "<svg><foreignObject><div><p>html</div></foreignObject></svg>",
        "<math><mi>x</mi><mo>=</mo></math>",
        "<script>if (a<b) document.write('<div><div>')</script><p>x",
        "<script><!-- <script> </script> <div> --></script><p>x",
        "<style>a > b {} <div></style><textarea><div></textarea>",
        "<!-- <div> --><!--><p>x<!-- --!><p>y<?php <div> ?>",
        "<p>a<td>outside a table</td><tr>",
        "<form><form><p>one form</form>",
        "<select><option>1<option>2</select>",
        "<h1>a<h2>b</h2>",
        "a < b && c <3 </ x> <!doctype html>",
        "<p>cut in a tag <b clas",
        "",
    ],
)
def test_figures_are_those_of_the_tree(html: str) -> None:
    elements, depth = size_of_tree(html)
    measured = size(html)
    assert measured.elements == elements
    assert measured.depth == max(depth, 3)  # text makes it as deep as html, body, element


_TAGS = (
    *("div", "p", "b", "i", "a", "font", "span", "li", "ul", "table", "tr", "td", "h1", "h2", "dl", "dd", "dt", "form"),
    *("svg", "g", "math", "mi", "button", "br", "img", "script", "x-y"),
)
_PIECES = st.one_of(
    st.sampled_from([f"<{tag}>" for tag in _TAGS]),
    st.sampled_from([f"</{tag}>" for tag in _TAGS if tag != "script"]),
    st.sampled_from(["x", "<b id=1>", "<svg/>", "<!-- <div> -->", "</script>"]),
)


@given(st.lists(_PIECES, min_size=1, max_size=5))
def test_what_grows_in_the_tree_grows_in_the_figures(pieces: list[str]) -> None:
    """A page of one pattern again and again: the pass may be off by a constant factor, but not by a power."""
    html = "".join(pieces) * 60
    elements, depth = size_of_tree(html)
    measured = size(html)
    assert 3 * measured.elements + 30 >= elements
    assert 2 * measured.depth + 30 >= depth


@given(st.binary(max_size=400) | st.text("<>/!-='\" abpdivtr\n").map(str.encode))
def test_any_bytes_are_measured(data: bytes) -> None:
    measured = measure(data, NO_LIMIT, DEEP)
    assert measured.elements >= 3
    assert measured.attributes <= len(data)


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 50_000,
        "<b>" * 50_000,
        "<table><tr><td>" * 20_000,
        "<ul><li>" * 50_000,
        "<svg>" * 50_000,
        "<x-y>" * 50_000,
        "<a href=x>y<div>" * 20_000,
        "".join(f"<p><font size={i}>x" for i in range(5_000)),  # each p reopens all fonts before it
    ],
)
def test_deep_pages_are_seen_and_the_pass_stops(html: str) -> None:
    assert measure(html.encode(), NO_LIMIT, 512).depth == 513


@pytest.mark.parametrize("unclosed", ["<p>text", "<li>text", "<br>", "<p><b></b>text", "<td>text", "<option>x"])
def test_many_elements_side_by_side_are_not_deep(unclosed: str) -> None:
    measured = measure((unclosed * 20_000).encode(), NO_LIMIT, 64)
    assert measured.depth <= 5


def test_counting_stops_above_the_limit() -> None:
    assert 1000 < measure(b"<p>x" * 50_000, 1000, 512).elements < 1010


def test_attributes_are_counted() -> None:
    assert size("<p a b=1 c='2 x' d=\"3>\" e = f>").attributes == 5
    assert size("<p " + "a=1 " * 20_000 + ">").attributes == 20_000


@pytest.mark.parametrize("endless", ["<!-- " + "x" * 100_000, "<a b='" + "<p>" * 50_000, "<title>" + "<p>" * 50_000])
def test_what_never_ends_holds_no_elements(endless: str) -> None:
    assert size("<p>x</p>" + endless).elements <= 6


def test_tag_names_are_found_whatever_their_case() -> None:
    assert flags_of(tag_hash("BR")) & VOID
    assert flags_of(tag_hash("no-such-tag")) == 0
    assert len(set(TAG_KEYS.tolist())) == int((TAG_KEYS != 0).sum()) + 1  # no two names share a hash
