"""Which elements are open: what start and end tags open and close (HTML Standard, 13.2.6), as far as text needs it.

A tag looks at no more than `_REACH` open elements, so that the time is linear for any page; real pages are 20 deep.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import inlined, kernel
from gristmill.extract import tags
from gristmill.extract.elements import A_MARK, BOX, FIRST, LAST, LINK, MARKS, PARENT, TAG, own_marks, tag_flags
from gristmill.extract.tags import tag_number, whole
from gristmill.extract.tokens import FIRST as FIRST_ATTRIBUTE
from gristmill.extract.tokens import STOP, Tokens
from gristmill.extract.tokens import TAG as TOKEN_TAG

_REACH = 256

CURRENT, COUNT, OPEN_P, OPEN_TABLES, OPEN_FOREIGN, DEPTH, DEEPEST, FRESH = range(8)
"""Columns of the state of elements: innermost open element, elements so far, open <p>, tables, SVG and MathML, open
elements now and at the deepest place, whether the last token opened an element."""


class Nesting(NamedTuple):
    """A page's elements under construction."""

    data: NDArray[np.uint8]
    tokens: Tokens
    nodes: NDArray[np.int64]
    """int64[elements, 7], of which state[COUNT] are there."""
    state: NDArray[np.int64]
    """int64[8]: see the columns CURRENT to FRESH."""


_P, _LI, _DD, _DT, _A, _BUTTON, _OPTION = map(tag_number, ("p", "li", "dd", "dt", "a", "button", "option"))
_TABLE, _TR, _TD, _TH, _TBODY, _THEAD, _TFOOT, _TEMPLATE = map(
    tag_number, ("table", "tr", "td", "th", "tbody", "thead", "tfoot", "template")
)
_FORM, _ADDRESS, _DIV, _SVG, _MATH, _HTML, _BODY = map(
    tag_number, ("form", "address", "div", "svg", "math", "html", "body")
)
_BREAK, _SCOPE, _SPECIAL, _CLOSES_P, _HEADING = tags.BREAK, tags.SCOPE, tags.SPECIAL, tags.CLOSES_P, tags.HEADING
_VOID, _IN_TABLE, _LIST = tags.VOID, tags.IN_TABLE, tags.LIST
_TABLE_SCOPE, _BUTTON_SCOPE, _BREAKS_OUT = tags.TABLE_SCOPE, tags.BUTTON_SCOPE, tags.BREAKS_OUT
_SLASH = 0x2F


@kernel
def begin_nesting(data: NDArray[np.uint8], tokens: Tokens) -> Nesting:
    """A page with nothing open but html and body."""
    nodes = np.empty((len(tokens.rows) + 2, 7), np.int64)
    nodes[:2] = 0
    nodes[0, TAG] = _HTML
    nodes[1, TAG] = _BODY
    nodes[1, BOX] = 1
    state = np.zeros(8, np.int64)
    state[CURRENT] = 1
    state[COUNT] = 2
    return Nesting(data, tokens, nodes, state)


@inlined
def close_to(size: int, page: Nesting) -> None:
    """Close open elements until `size` is the innermost."""
    while page.state[CURRENT] != size:
        tag = page.nodes[page.state[CURRENT], TAG]
        page.state[OPEN_P] -= tag == _P
        page.state[OPEN_TABLES] -= tag == _TABLE
        page.state[OPEN_FOREIGN] -= tag in (_SVG, _MATH)
        page.state[DEPTH] -= 1
        page.state[CURRENT] = page.nodes[page.state[CURRENT], PARENT]


@inlined
def _find_open(tag: int, barrier: int, page: Nesting) -> int:
    """Innermost open element of that tag with none of the barrier's above it, or -1."""
    node = page.state[CURRENT]
    for _ in range(_REACH):
        if node <= 1:
            return -1
        found = page.nodes[node, TAG]
        if found == tag:
            return whole(node)
        if tag_flags(found) & barrier:
            return -1
        node = page.nodes[node, PARENT]
    return -1


@inlined
def _end_item(first: int, second: int, page: Nesting) -> None:
    """Close the list item (li, or dd and dt) that a new one follows."""
    node = page.state[CURRENT]
    for _ in range(_REACH):
        tag = page.nodes[node, TAG]
        if node <= 1:
            return
        if tag in (first, second):
            close_to(page.nodes[node, PARENT], page)
            return
        if tag_flags(tag) & _SPECIAL and tag not in (_ADDRESS, _DIV, _P):
            return
        node = page.nodes[node, PARENT]


@inlined
def _open_table_part(tag: int, page: Nesting) -> None:
    """Close what a row, a cell or another part of a table closes."""
    is_cell = tag in (_TD, _TH)
    node = page.state[CURRENT]
    for _ in range(_REACH):
        if node <= 1:
            return
        owner = page.nodes[node, TAG]
        is_body = owner in (_TBODY, _THEAD, _TFOOT)
        if owner in (_TABLE, _TEMPLATE) or (is_cell and owner == _TR) or (is_body and (is_cell or tag == _TR)):
            close_to(node, page)
            return
        node = page.nodes[node, PARENT]


@inlined
def _end_link(page: Nesting) -> None:
    """End the open link. What is open inside stays open and is no link any more, as its copies are in the tree."""
    link = page.nodes[page.state[CURRENT], LINK]
    if link == 0:
        return
    node = page.state[CURRENT]
    for _ in range(_REACH):
        if node == link or node <= 1 or tag_flags(page.nodes[node, TAG]) & (_SPECIAL | _SCOPE):
            break
        node = page.nodes[node, PARENT]
    if node == link:
        close_to(page.nodes[link, PARENT], page)
        return
    node = page.state[CURRENT]
    for _ in range(_REACH):
        if page.nodes[node, LINK] != link:
            break
        page.nodes[node, LINK] = 0
        page.nodes[node, MARKS] &= ~A_MARK
        node = page.nodes[node, PARENT]


@inlined
def _close_implied(tag: int, flags: int, page: Nesting) -> None:
    """Close whatever a start tag closes."""
    if page.state[OPEN_FOREIGN] and flags & _BREAKS_OUT:
        place = max(_find_open(_SVG, 0, page), _find_open(_MATH, 0, page))
        if place >= 0:
            close_to(page.nodes[place, PARENT], page)
    if flags & _CLOSES_P and page.state[OPEN_P]:
        place = _find_open(_P, _SCOPE | _BUTTON_SCOPE, page)
        if place >= 0:
            close_to(page.nodes[place, PARENT], page)
    if tag == _LI:
        _end_item(_LI, _LI, page)
    elif tag in (_DD, _DT):
        _end_item(_DD, _DT, page)
    elif flags & _HEADING:
        if tag_flags(page.nodes[page.state[CURRENT], TAG]) & _HEADING:
            close_to(page.nodes[page.state[CURRENT], PARENT], page)
    elif tag == _A:
        _end_link(page)
    elif tag == _BUTTON:
        place = _find_open(_BUTTON, _SCOPE, page)
        if place >= 0:
            close_to(page.nodes[place, PARENT], page)
    elif tag == _OPTION:
        if page.nodes[page.state[CURRENT], TAG] == _OPTION:
            close_to(page.nodes[page.state[CURRENT], PARENT], page)
    elif tag == _TABLE:
        if tag_flags(page.nodes[page.state[CURRENT], TAG]) & _IN_TABLE and page.nodes[page.state[CURRENT], TAG] not in (
            _TD,
            _TH,
        ):
            place = _find_open(_TABLE, 0, page)
            if place >= 0:
                close_to(page.nodes[place, PARENT], page)
    elif flags & _IN_TABLE:
        _open_table_part(tag, page)


@inlined
def end_element(tag: int, page: Nesting) -> None:
    """Take an end tag into account."""
    flags = tag_flags(tag)
    if tag == _A:
        _end_link(page)
        return
    if tag == _P:
        barrier = _SCOPE | _BUTTON_SCOPE
    elif tag == _LI:
        barrier = _SCOPE | _LIST
    elif flags & _IN_TABLE or tag == _TABLE:
        barrier = _TABLE_SCOPE
    elif flags & (_CLOSES_P | _SCOPE | _BUTTON_SCOPE):
        barrier = _SCOPE
    else:
        barrier = _SPECIAL
    place = _find_open(tag, barrier, page)
    if place < 0:
        return
    if tag == _FORM and place != page.state[CURRENT]:
        page.nodes[place, TAG] = _DIV  # what is open in it stays open
    else:
        close_to(page.nodes[place, PARENT], page)


@inlined
def open_element(token: int, page: Nesting) -> int:
    """Close what a start tag closes, add its element, open unless it is void; the element's row."""
    tag = page.tokens.rows[token, TOKEN_TAG]
    first, last = page.tokens.rows[token, FIRST_ATTRIBUTE], page.tokens.rows[token + 1, FIRST_ATTRIBUTE]
    flags = tag_flags(tag)
    state, nodes = page.state, page.nodes
    _close_implied(tag, flags, page)
    parent = state[CURRENT]
    node = state[COUNT]
    state[COUNT] = node + 1
    marks, is_link = own_marks(page.data, tag, first, last, page.tokens.attributes)
    nodes[node, PARENT] = parent
    nodes[node, TAG] = tag
    nodes[node, FIRST] = first
    nodes[node, LAST] = last
    nodes[node, MARKS] = nodes[parent, MARKS] | marks
    nodes[node, LINK] = node if is_link else nodes[parent, LINK]
    nodes[node, BOX] = node if flags & _BREAK else nodes[parent, BOX]
    closes_itself = state[OPEN_FOREIGN] > 0 and page.data[page.tokens.rows[token, STOP] - 2] == _SLASH
    if flags & _VOID or closes_itself:
        return whole(node)
    state[CURRENT] = node
    state[OPEN_P] += tag == _P
    state[OPEN_TABLES] += tag == _TABLE
    state[OPEN_FOREIGN] += tag in (_SVG, _MATH)
    state[DEPTH] += 1
    state[DEEPEST] = max(state[DEEPEST], state[DEPTH])
    state[FRESH] = 1
    return whole(node)
