"""How large and how deeply nested a page's tree will be, from one pass over its bytes, before any parser sees it.

Parsers survive deep trees, but their time does not: resiliparse 2.0 reads 3,000 nested <div> in 0.2 s, 30,000 in 40 s,
and one tag of 30,000 attributes in 3 s. These limits must not be clocks, so the pass follows tree construction closely
enough to
count: implied end tags, foster-free tables, formatting elements that are reopened (`<p><font>` grows quadratically),
raw text. On real pages the figures are those of the parser or a little above; a page made to mislead the pass (a
<textarea> where the parser ignores it) costs time and is the business of the task's time-out.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel
from gristmill.extract import tags
from gristmill.extract.scan import comment_end, is_letter, name_at, raw_text_end, tag_end
from gristmill.extract.tags import HASH_BASE, flags_of


class _Tree(NamedTuple):
    """The tree under construction, as far as it matters; rows and entries are named below."""

    stack: NDArray[np.int64]  # open elements, [3, depth]
    formats: NDArray[np.int64]  # formatting elements that are open or will be reopened, [3, entries]
    state: NDArray[np.int64]  # counters


# Rows of the state array; its counters are shared by the small kernels below.
_DEPTH, _FORMATS, _REOPEN, _ELEMENTS, _DEEPEST, _ATTRIBUTES, _LIMIT, _TABLES, _FORMS = range(9)
_NAME, _FLAGS, _IS_FOREIGN = range(3)  # rows of the stack of open elements, int64[3, depth]
_KIND, _OWNER, _PLACE = range(3)  # rows of the list of formatting elements: hash of the tag, name, place in the stack
_MARKER = -2  # a formatting list's entry that hides what is before it
_CLOSED = -1  # place of a formatting element that will be reopened

_A, _NOBR, _BUTTON, _OPTION, _OPTGROUP = tags.A, tags.NOBR, tags.BUTTON, tags.OPTION, tags.OPTGROUP
_P, _LI, _DD, _DT, _BR = tags.P, tags.LI, tags.DD, tags.DT, tags.BR
_TABLE, _TR, _TD, _TH, _TEMPLATE = tags.TABLE, tags.TR, tags.TD, tags.TH, tags.TEMPLATE
_TBODY, _THEAD, _TFOOT = tags.TBODY, tags.THEAD, tags.TFOOT
_ADDRESS, _DIV = tags.ADDRESS, tags.DIV
_VOID, _RAW_TEXT, _SPECIAL, _CLOSES_P = tags.VOID, tags.RAW_TEXT, tags.SPECIAL, tags.CLOSES_P
_FORMATTING = tags.FORMATTING
_SCOPE, _BREAKS_OUT, _INTEGRATION, _HEADING = tags.SCOPE, tags.BREAKS_OUT, tags.INTEGRATION, tags.HEADING
_ROOT, _IN_TABLE, _FOREIGN, _FORM, _LAST = tags.ROOT, tags.IN_TABLE, tags.FOREIGN, tags.FORM, tags.LAST

_LESS, _GREATER, _SLASH, _BANG, _DASH, _QUESTION = 0x3C, 0x3E, 0x2F, 0x21, 0x2D, 0x3F


class Size(NamedTuple):
    """What the tree of a page will measure. A page over a limit is measured only up to the place where that is
    certain."""

    elements: int
    """Elements, html, head and body included."""
    depth: int
    """Open elements at the deepest place."""
    attributes: int
    """Most attributes on one tag."""


def measure(html: bytes, max_elements: int, max_depth: int) -> Size:
    """Measure a page of UTF-8 bytes; the count stops once it is above a limit."""
    data = np.frombuffer(html, np.uint8)
    elements, depth, attributes = tree_size(data, max_elements, max_depth)
    return Size(int(elements), int(depth), int(attributes))


@kernel
def _pop_to(size: int, tree: _Tree) -> None:
    """Close all but the first `size` open elements; formatting elements among them will be reopened."""
    for place in range(size, tree.state[_DEPTH]):
        tree.state[_TABLES] -= tree.stack[_NAME, place] == _TABLE
        tree.state[_FORMS] -= (tree.stack[_FLAGS, place] & _FORM) != 0
    tree.state[_DEPTH] = min(size, tree.state[_DEPTH])
    for entry in range(tree.state[_FORMATS] - 1, -1, -1):
        place = tree.formats[_PLACE, entry]
        if place >= size:
            if tree.formats[_KIND, entry] == _MARKER:
                tree.state[_FORMATS] = entry
            else:
                tree.formats[_PLACE, entry] = _CLOSED
                tree.state[_REOPEN] = 1
        elif place >= 0:
            break


@kernel
def _count(tree: _Tree) -> None:
    """One more element, at the current depth."""
    tree.state[_ELEMENTS] += 1
    tree.state[_DEEPEST] = max(tree.state[_DEEPEST], tree.state[_DEPTH] + 1)


@kernel
def _push(name: int, flags: int, foreign: bool, tree: _Tree) -> None:
    """Open an element. Beyond the limit the stack does not grow: the answer is known."""
    _count(tree)
    depth = tree.state[_DEPTH]
    if depth > tree.state[_LIMIT]:
        return
    tree.stack[_NAME, depth] = name
    tree.stack[_FLAGS, depth] = flags
    tree.stack[_IS_FOREIGN, depth] = foreign
    tree.state[_TABLES] += name == _TABLE
    tree.state[_FORMS] += (flags & _FORM) != 0
    if flags & _SCOPE and name != _TABLE and not foreign and tree.state[_FORMATS] < tree.formats.shape[1]:
        tree.formats[_KIND, tree.state[_FORMATS]] = _MARKER
        tree.formats[_PLACE, tree.state[_FORMATS]] = depth
        tree.state[_FORMATS] += 1
    tree.state[_DEPTH] += 1


@kernel
def _reopen(tree: _Tree) -> None:
    """Open again what was closed implicitly, as the parser does before text and inline elements."""
    first = tree.state[_FORMATS]
    while first > 0 and tree.formats[_KIND, first - 1] != _MARKER:
        first -= 1
    for entry in range(first, tree.state[_FORMATS]):
        if tree.formats[_PLACE, entry] == _CLOSED:
            tree.formats[_PLACE, entry] = tree.state[_DEPTH]
            _push(tree.formats[_OWNER, entry], _FORMATTING, False, tree)
    tree.state[_REOPEN] = 0


@kernel
def _remember(kind: int, name: int, tree: _Tree) -> None:
    """Put the formatting element just opened on the list; of equal ones the list holds three ("Noah's Ark")."""
    equal = 0
    oldest = -1
    for entry in range(tree.state[_FORMATS] - 1, -1, -1):
        if tree.formats[_KIND, entry] == _MARKER:
            break
        if tree.formats[_KIND, entry] == kind:
            equal += 1
            oldest = entry
    if equal >= 3:
        _forget(oldest, tree)
    if tree.state[_FORMATS] == tree.formats.shape[1]:
        tree.state[_DEEPEST] = tree.state[_LIMIT] + 1  # as many reopened elements as this list has would be too deep
        return
    tree.formats[_KIND, tree.state[_FORMATS]] = kind
    tree.formats[_OWNER, tree.state[_FORMATS]] = name
    tree.formats[_PLACE, tree.state[_FORMATS]] = tree.state[_DEPTH] - 1
    tree.state[_FORMATS] += 1


@kernel
def _forget(entry: int, tree: _Tree) -> None:
    for later in range(entry + 1, tree.state[_FORMATS]):
        tree.formats[:, later - 1] = tree.formats[:, later]
    tree.state[_FORMATS] -= 1


@kernel
def _end_formatting(name: int, tree: _Tree) -> None:
    """End tag of a formatting element; one with a block open inside stays on the stack, as its copies do in the
    tree."""
    for entry in range(tree.state[_FORMATS] - 1, -1, -1):
        if tree.formats[_KIND, entry] == _MARKER:
            return
        if tree.formats[_OWNER, entry] == name:
            place = tree.formats[_PLACE, entry]
            _forget(entry, tree)
            if place >= 0:
                for above in range(place + 1, tree.state[_DEPTH]):
                    if tree.stack[_FLAGS, above] & _SPECIAL:
                        tree.state[_ELEMENTS] += 1  # the copy
                        return
                _pop_to(place, tree)
            return


@kernel
def _find_in_scope(name: int, tree: _Tree, barrier: int) -> int:
    """Place of the innermost open element of that name with no barrier element above it, or -1."""
    for place in range(tree.state[_DEPTH] - 1, -1, -1):
        if tree.stack[_NAME, place] == name:
            return place
        if tree.stack[_FLAGS, place] & barrier:
            return -1
    return -1


@kernel
def _end_item(first: int, second: int, tree: _Tree) -> None:
    """End the list item (li, or dd and dt) that a new one follows."""
    for place in range(tree.state[_DEPTH] - 1, -1, -1):
        name = tree.stack[_NAME, place]
        if name in (first, second):
            _pop_to(place, tree)
            return
        if tree.stack[_FLAGS, place] & _SPECIAL and name not in (_ADDRESS, _DIV, _P):
            return


@kernel
def _open_table_part(name: int, tree: _Tree) -> None:
    """End what a row, a cell or another part of a table ends, and open the parts it implies."""
    is_cell = name in (_TD, _TH)
    keep = 0
    for place in range(tree.state[_DEPTH] - 1, -1, -1):
        owner = tree.stack[_NAME, place]
        is_body = owner in (_TBODY, _THEAD, _TFOOT)
        if owner in (_TABLE, _TEMPLATE) or (is_cell and owner == _TR) or (is_body and (is_cell or name == _TR)):
            keep = place + 1
            break
    _pop_to(keep, tree)
    if (is_cell or name == _TR) and keep and tree.stack[_NAME, keep - 1] == _TABLE:
        _push(_TBODY, _IN_TABLE | _SPECIAL, False, tree)
    if is_cell and tree.state[_DEPTH] and tree.stack[_NAME, tree.state[_DEPTH] - 1] != _TR:
        _push(_TR, _IN_TABLE | _SPECIAL, False, tree)


@kernel
def _close_implied(name: int, flags: int, tree: _Tree) -> None:
    """End whatever the start tag of an HTML element ends."""
    if flags & _CLOSES_P:
        place = _find_in_scope(_P, tree, _SCOPE)
        if place >= 0 and _find_in_scope(_BUTTON, tree, _SCOPE) < place:
            _pop_to(place, tree)
    top = tree.stack[_NAME, tree.state[_DEPTH] - 1] if tree.state[_DEPTH] else np.int64(0)
    if name == _LI:
        _end_item(_LI, _LI, tree)
        return
    if name in (_DD, _DT):
        _end_item(_DD, _DT, tree)
    elif flags & _HEADING:
        if tree.state[_DEPTH] and tree.stack[_FLAGS, tree.state[_DEPTH] - 1] & _HEADING:
            _pop_to(tree.state[_DEPTH] - 1, tree)
    elif name in (_A, _NOBR):
        _end_formatting(name, tree)
    elif name == _BUTTON:
        place = _find_in_scope(_BUTTON, tree, _SCOPE)
        if place >= 0:
            _pop_to(place, tree)
    elif name in (_OPTION, _OPTGROUP):
        if top == _OPTION:
            _pop_to(tree.state[_DEPTH] - 1, tree)
    elif name == _TABLE and top in (_TABLE, _TBODY, _TR, _THEAD, _TFOOT):
        place = _find_in_scope(_TABLE, tree, 0)
        _pop_to(place, tree)
    elif flags & _IN_TABLE:
        _open_table_part(name, tree)


@kernel
def _start_tag(name: int, flags: int, kind: int, closes_itself: bool, tree: _Tree) -> bool:
    """Take a start tag into account; true if raw text follows."""
    depth = tree.state[_DEPTH]
    inside_foreign = (
        depth > 0 and tree.stack[_IS_FOREIGN, depth - 1] and not tree.stack[_FLAGS, depth - 1] & _INTEGRATION
    )
    if inside_foreign and flags & _BREAKS_OUT:
        while depth > 0 and tree.stack[_IS_FOREIGN, depth - 1] and not tree.stack[_FLAGS, depth - 1] & _INTEGRATION:
            depth -= 1
        _pop_to(depth, tree)
        inside_foreign = False
    if inside_foreign or flags & _FOREIGN:
        if not inside_foreign and tree.state[_REOPEN]:
            _reopen(tree)
        if closes_itself:
            _count(tree)
        else:
            _push(name, flags & (_INTEGRATION | _FOREIGN), True, tree)
        return False
    if flags & _ROOT or (flags & _IN_TABLE and not tree.state[_TABLES]) or (flags & _FORM and tree.state[_FORMS]):
        return False
    _close_implied(name, flags, tree)
    if tree.state[_REOPEN] and (flags & _VOID or not flags & (_SPECIAL | _CLOSES_P)):
        _reopen(tree)
    if flags & (_VOID | _RAW_TEXT):
        _count(tree)
        return flags & _RAW_TEXT != 0
    _push(name, flags, False, tree)
    if flags & _FORMATTING:
        _remember(kind, name, tree)
    return False


@kernel
def _end_tag(name: int, flags: int, tree: _Tree) -> None:
    """Take an end tag into account."""
    if flags & _ROOT:
        return
    if flags & _FORMATTING:
        _end_formatting(name, tree)
        return
    if name == _BR:
        _count(tree)
        return
    part = flags & _IN_TABLE or name == _TABLE
    barrier = 0 if part else (_SCOPE if flags & (_SPECIAL | _CLOSES_P) else _SPECIAL)
    place = _find_in_scope(name, tree, barrier)
    if place >= 0:
        _pop_to(place, tree)
    elif name == _P:
        _count(tree)


@kernel
def tree_size(data: NDArray[np.uint8], max_elements: int, max_depth: int) -> tuple[int, int, int]:
    """Elements, depth of the deepest and most attributes of one in the tree of a page: see Size.

    Args:
        data: the page in UTF-8, uint8[bytes].
        max_elements: the count ends above it.
        max_depth: the count ends above it; memory is proportional to it.
    """
    stack = np.zeros((3, max_depth + 2), np.int64)
    formats = np.zeros((3, max_depth + 2), np.int64)
    tree = _Tree(stack, formats, np.zeros(9, np.int64))
    tree.state[_ELEMENTS] = 3
    tree.state[_DEEPEST] = 1
    tree.state[_LIMIT] = max_depth
    base = 2  # html and body, which are not on the stack
    length = len(data)
    at = 0
    while at < length and tree.state[_ELEMENTS] <= max_elements and tree.state[_DEEPEST] + base <= max_depth:
        start = at
        while at < length and data[at] != _LESS:
            at += 1
        if tree.state[_REOPEN] and at > start:
            _reopen(tree)
        if at + 1 >= length:
            break
        after = data[at + 1]
        if is_letter(after):
            start = at
            name, at = name_at(data, at + 1)
            at, attributes, closes_itself = tag_end(data, at)
            if at < 0:
                break
            tree.state[_ATTRIBUTES] = max(tree.state[_ATTRIBUTES], attributes)
            flags = flags_of(name)
            if flags & _LAST:
                _count(tree)
                break
            kind = 0
            if flags & _FORMATTING:
                for place in range(start, at):
                    kind = kind * HASH_BASE + int(data[place])
            if _start_tag(name, flags, kind, closes_itself, tree):
                at = raw_text_end(data, at, name)
        elif after == _SLASH and at + 2 < length and is_letter(data[at + 2]):
            name, at = name_at(data, at + 2)
            at, _, _ = tag_end(data, at)
            if at < 0:
                break
            _end_tag(name, flags_of(name), tree)
        elif after == _BANG and at + 3 < length and data[at + 2] == _DASH and data[at + 3] == _DASH:
            at = comment_end(data, at + 4)
        elif after in (_BANG, _QUESTION, _SLASH):
            while at < length and data[at] != _GREATER:
                at += 1
            at += 1
        else:
            at += 1
    return tree.state[_ELEMENTS], tree.state[_DEEPEST] + base, tree.state[_ATTRIBUTES]
