"""Blocks of text from a page's tokens.

A block is text with no block-level tag and no two <br> in it: a paragraph, a heading, a cell. It knows the bytes of the
page that it came from and the element that it stands in. Elements are rows in document order with their parent, so that
what is inherited is one pass forwards and what is summed is one pass backwards.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import inlined, kernel
from gristmill.extract import tags, tokens
from gristmill.extract.elements import (
    FIRST,
    LAST,
    MARKS,
    PARENT,
    SKIP,
    TEX_CLASSES,
    find_attribute,
    has_class,
    tag_flags,
    value_hash,
    value_is,
)
from gristmill.extract.nesting import (
    COUNT,
    CURRENT,
    DEEPEST,
    OPEN_TABLES,
    Nesting,
    begin_nesting,
    end_element,
    open_element,
)
from gristmill.extract.tags import tag_number, text_hash, whole
from gristmill.extract.tokens import ATTRIBUTES, VALUE, VALUE_END, Tokens
from gristmill.extract.writing import (
    BLOCKS,
    OUT,
    Writing,
    add_line_break,
    add_tex,
    add_text,
    begin_writing,
    end_block,
)

_TEX_REACH = 4096  # tokens of a formula
_TEX_TYPE, _BLOCK = text_hash("application/x-tex"), text_hash("block")
_TEX_SCRIPT, _TEX_DISPLAY = text_hash("math/tex"), text_hash("math/tex;mode=display")
_CLASS, _TYPE, _ENCODING, _ALT, _ALTTEXT, _DISPLAY = map(
    ATTRIBUTES.index, ("class", "type", "encoding", "alt", "alttext", "display")
)
_BR, _HR, _IMG, _HTML, _BODY, _HEAD = map(tag_number, ("br", "hr", "img", "html", "body", "head"))
_MATH, _ANNOTATION, _SCRIPT, _TITLE = map(tag_number, ("math", "annotation", "script", "title"))
_BREAK, _IN_TABLE = tags.BREAK, tags.IN_TABLE


class Blocks(NamedTuple):
    """A page in blocks."""

    text: NDArray[np.uint8]
    """All blocks' text in UTF-8, a line end behind each, uint8[bytes]."""
    rows: NDArray[np.int32]
    """int32[blocks, 10]: see the columns ELEMENT to BREAKS of extract/writing.py."""
    elements: NDArray[np.int64]
    """int64[elements, 7], html and body first: see the columns PARENT to BOX of extract/elements.py."""
    title: tuple[int, int]
    """Bytes of the page that are the title, (0, 0) if there is none."""
    depth: int
    """Open elements at the deepest place, html and body left out."""


@kernel
def build_blocks(data: NDArray[np.uint8], page: Tokens) -> Blocks:
    """The blocks of a page.

    Args:
        data: the page in UTF-8, uint8[bytes].
        page: its tokens.
    """
    nesting = begin_nesting(data, page)
    out = begin_writing(nesting)
    title = _fill(page, nesting, out)
    nodes = nesting.nodes[: nesting.state[COUNT]]
    return Blocks(out.text[: out.state[OUT]], out.rows[: out.state[BLOCKS]], nodes, title, nesting.state[DEEPEST])


@inlined
def _fill(page: Tokens, nesting: Nesting, out: Writing) -> tuple[int, int]:
    """Build elements and blocks; the place of the title."""
    title = (0, 0)
    for token in range(len(page.rows) - 1):
        kind, tag = page.rows[token, tokens.KIND], page.rows[token, tokens.TAG]
        begin, stop = whole(page.rows[token, tokens.BEGIN]), whole(page.rows[token, tokens.STOP])
        if kind in (tokens.TEXT, tokens.CDATA):
            add_text(begin, stop, kind == tokens.TEXT, nesting, out)
        elif kind == tokens.START:
            _start_tag(token, nesting, out)
        elif kind == tokens.END:
            if tag == _BR:
                add_line_break(nesting, out)
                continue
            if tag_flags(tag) & _BREAK:
                end_block(nesting, out)
            end_element(tag, nesting)
        elif tag == _TITLE:
            if title[1] == 0:
                title = (begin, stop)
        elif tag == _SCRIPT:
            _add_script(token, nesting, out)
        else:
            add_text(begin, stop, False, nesting, out)
    end_block(nesting, out)
    return title


@inlined
def _start_tag(token: int, page: Nesting, out: Writing) -> None:
    """Take a start tag into account."""
    tag = page.tokens.rows[token, tokens.TAG]
    flags = tag_flags(tag)
    if flags & _BREAK or tag == _HR:
        end_block(page, out)
    if tag == _BR:
        add_line_break(page, out)
    elif tag in (_HTML, _BODY):
        node = 0 if tag == _HTML else 1
        if page.nodes[node, LAST] == 0:
            page.nodes[node, FIRST] = page.tokens.rows[token, tokens.FIRST]
            page.nodes[node, LAST] = page.tokens.rows[token + 1, tokens.FIRST]
    elif tag == _MATH:
        has_tex = _add_formula(token, page, out)
        node = open_element(token, page)
        if has_tex:
            page.nodes[node, MARKS] |= SKIP
    elif tag != _HEAD and not (flags & _IN_TABLE and page.state[OPEN_TABLES] == 0):
        if tag == _IMG:
            _add_picture(token, page, out)
        open_element(token, page)


@inlined
def _add_picture(token: int, page: Nesting, out: Writing) -> None:
    """Add the formula that a picture shows, if its class says so."""
    attributes = page.tokens.attributes
    first, last = page.tokens.rows[token, tokens.FIRST], page.tokens.rows[token + 1, tokens.FIRST]
    alt, names = find_attribute(attributes, first, last, _ALT), find_attribute(attributes, first, last, _CLASS)
    if (
        alt >= 0
        and names >= 0
        and has_class(page.data, attributes[names, VALUE], attributes[names, VALUE_END], TEX_CLASSES)
    ):
        add_tex(whole(attributes[alt, VALUE]), whole(attributes[alt, VALUE_END]), False, True, page, out)


@inlined
def _annotation(token: int, page: Nesting) -> int:
    """Token with the TeX of the formula whose start tag is `token`: its annotation's text; -1 if it has none."""
    rows = page.tokens.rows
    for at in range(token + 1, min(len(rows) - 2, token + _TEX_REACH)):
        kind, tag = rows[at, tokens.KIND], rows[at, tokens.TAG]
        if tag == _MATH and kind in (tokens.START, tokens.END):
            return -1
        if kind == tokens.START and tag == _ANNOTATION and rows[at + 1, tokens.KIND] == tokens.TEXT:
            first, last = rows[at, tokens.FIRST], rows[at + 1, tokens.FIRST]
            if value_is(page.data, page.tokens.attributes, first, last, _ENCODING, _TEX_TYPE):
                return at + 1
    return -1


@inlined
def _add_formula(token: int, page: Nesting, out: Writing) -> bool:
    """Add the TeX of the formula whose start tag is `token`; false if the page carries none."""
    rows, attributes = page.tokens.rows, page.tokens.attributes
    first, last = rows[token, tokens.FIRST], rows[token + 1, tokens.FIRST]
    is_display = value_is(page.data, attributes, first, last, _DISPLAY, _BLOCK)
    found = _annotation(token, page)
    if found >= 0:
        begin, end = whole(rows[found, tokens.BEGIN]), whole(rows[found, tokens.STOP])
    else:
        row = find_attribute(attributes, first, last, _ALTTEXT)
        if row < 0:
            return False
        begin, end = whole(attributes[row, VALUE]), whole(attributes[row, VALUE_END])
    add_tex(begin, end, is_display, True, page, out)
    return True


@inlined
def _add_script(token: int, page: Nesting, out: Writing) -> None:
    """Add the formula of a script of MathJax; other scripts are no text."""
    rows, attributes = page.tokens.rows, page.tokens.attributes
    row = find_attribute(attributes, rows[token - 1, tokens.FIRST], rows[token, tokens.FIRST], _TYPE)
    if row < 0:
        return
    mode = value_hash(page.data, attributes[row, VALUE], attributes[row, VALUE_END])
    if mode in (_TEX_SCRIPT, _TEX_DISPLAY):
        script = page.state[CURRENT]
        page.state[CURRENT] = page.nodes[script, PARENT]
        begin, stop = whole(rows[token, tokens.BEGIN]), whole(rows[token, tokens.STOP])
        add_tex(begin, stop, mode == _TEX_DISPLAY, False, page, out)
        page.state[CURRENT] = script
