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
from gristmill.extract.elements import FIRST, LAST, MARKS, SKIP, tag_flags
from gristmill.extract.formulas import add_formula, add_picture, add_script
from gristmill.extract.nesting import (
    COUNT,
    DEEPEST,
    OPEN_TABLES,
    Nesting,
    begin_nesting,
    end_element,
    open_element,
)
from gristmill.extract.tags import tag_number, whole
from gristmill.extract.tokens import Tokens
from gristmill.extract.writing import (
    BLOCKS,
    OUT,
    Writing,
    add_line_break,
    add_text,
    begin_writing,
    end_block,
)

_BR, _HR, _IMG, _HTML, _BODY, _HEAD = map(tag_number, ("br", "hr", "img", "html", "body", "head"))
_MATH, _SCRIPT, _TITLE = map(tag_number, ("math", "script", "title"))
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
            add_script(token, nesting, out)
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
        has_tex = add_formula(token, page, out)
        node = open_element(token, page)
        if has_tex:
            page.nodes[node, MARKS] |= SKIP
    elif tag != _HEAD and not (flags & _IN_TABLE and page.state[OPEN_TABLES] == 0):
        if tag == _IMG:
            add_picture(token, page, out)
        open_element(token, page)
