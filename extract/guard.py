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
from gristmill.extract.tags import flags_of, mix

# The tree under construction, as far as it matters: int64[7, open elements]. One array, because each array that a
# kernel hands to another costs seven registers; a NamedTuple of three took 1.5 times as long.
_Tree = NDArray[np.int64]

_NAME, _FLAGS, _NAMESPACE = 0, 1, 2  # rows of the stack of open elements
_KIND, _OWNER, _PLACE = (
    3,
    4,
    5,
)  # rows of the list of formatting elements: hash of the tag, its name, place in the stack
_STATE = 6  # the row of counters:
_DEPTH, _FORMATS, _REOPEN, _ELEMENTS, _DEEPEST, _ATTRIBUTES, _LIMIT, _TABLES, _FORMS = range(9)
_ROWS = 7
_MARKER = -2  # a formatting list's entry that hides what is before it
_CLOSED = -1  # place of a formatting element that will be reopened

_A, _NOBR, _BUTTON, _OPTION, _OPTGROUP = tags.A, tags.NOBR, tags.BUTTON, tags.OPTION, tags.OPTGROUP
_P, _LI, _DD, _DT, _BR = tags.P, tags.LI, tags.DD, tags.DT, tags.BR
_TABLE, _TR, _TD, _TH, _TEMPLATE = tags.TABLE, tags.TR, tags.TD, tags.TH, tags.TEMPLATE
_TBODY, _THEAD, _TFOOT = tags.TBODY, tags.THEAD, tags.TFOOT
_ADDRESS, _DIV, _MATH_NAME = tags.ADDRESS, tags.DIV, tags.tag_hash("math")
_VOID, _RAW_TEXT, _SPECIAL, _CLOSES_P = tags.VOID, tags.RAW_TEXT, tags.SPECIAL, tags.CLOSES_P
_FORMATTING, _INLINE, _SVG_POINT, _MATH_POINT = tags.FORMATTING, tags.INLINE, tags.SVG_POINT, tags.MATH_POINT
_LIST, _BUTTON_SCOPE, _TABLE_SCOPE = tags.LIST, tags.BUTTON_SCOPE, tags.TABLE_SCOPE
_SVG, _MATH = 1, 2  # the stack's namespaces; 0 is HTML
_SCOPE, _BREAKS_OUT, _HEADING = tags.SCOPE, tags.BREAKS_OUT, tags.HEADING
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
    for place in range(size, tree[_STATE, _DEPTH]):
        tree[_STATE, _TABLES] -= tree[_NAME, place] == _TABLE
        tree[_STATE, _FORMS] -= (tree[_FLAGS, place] & _FORM) != 0
    tree[_STATE, _DEPTH] = min(size, tree[_STATE, _DEPTH])
    for entry in range(tree[_STATE, _FORMATS] - 1, -1, -1):
        place = tree[_PLACE, entry]
        if place >= size:
            if tree[_KIND, entry] == _MARKER:
                tree[_STATE, _FORMATS] = entry
            else:
                tree[_PLACE, entry] = _CLOSED
                tree[_STATE, _REOPEN] = 1
        elif place >= 0:
            break


@kernel
def _count(tree: _Tree) -> None:
    """One more element, at the current depth."""
    tree[_STATE, _ELEMENTS] += 1
    tree[_STATE, _DEEPEST] = max(tree[_STATE, _DEEPEST], tree[_STATE, _DEPTH] + 1)


@kernel
def _push(name: int, flags: int, tree: _Tree) -> None:
    """Open an HTML element. Beyond the limit the stack does not grow: the answer is known."""
    _count(tree)
    depth = tree[_STATE, _DEPTH]
    if depth > tree[_STATE, _LIMIT]:
        return
    tree[_NAME, depth] = name
    tree[_FLAGS, depth] = flags
    tree[_NAMESPACE, depth] = 0
    tree[_STATE, _TABLES] += name == _TABLE
    tree[_STATE, _FORMS] += (flags & _FORM) != 0
    if flags & _SCOPE and name != _TABLE and tree[_STATE, _FORMATS] < tree.shape[1]:
        tree[_KIND, tree[_STATE, _FORMATS]] = _MARKER
        tree[_PLACE, tree[_STATE, _FORMATS]] = depth
        tree[_STATE, _FORMATS] += 1
    tree[_STATE, _DEPTH] += 1


@kernel
def _reopen(tree: _Tree) -> None:
    """Open again what was closed implicitly, as the parser does before text and inline elements."""
    first = tree[_STATE, _FORMATS]
    while first > 0 and tree[_KIND, first - 1] != _MARKER:
        first -= 1
    for entry in range(first, tree[_STATE, _FORMATS]):
        if tree[_PLACE, entry] == _CLOSED:
            tree[_PLACE, entry] = tree[_STATE, _DEPTH]
            _push(tree[_OWNER, entry], _FORMATTING, tree)
    tree[_STATE, _REOPEN] = 0


@kernel
def _remember(kind: int, name: int, tree: _Tree) -> None:
    """Put the formatting element just opened on the list; of equal ones the list holds three ("Noah's Ark")."""
    equal = 0
    oldest = -1
    for entry in range(tree[_STATE, _FORMATS] - 1, -1, -1):
        if tree[_KIND, entry] == _MARKER:
            break
        if tree[_KIND, entry] == kind:
            equal += 1
            oldest = entry
    if equal >= 3:
        _forget(oldest, tree)
    if tree[_STATE, _FORMATS] == tree.shape[1]:
        tree[_STATE, _DEEPEST] = (
            tree[_STATE, _LIMIT] + 1
        )  # as many reopened elements as this list has would be too deep
        return
    tree[_KIND, tree[_STATE, _FORMATS]] = kind
    tree[_OWNER, tree[_STATE, _FORMATS]] = name
    tree[_PLACE, tree[_STATE, _FORMATS]] = tree[_STATE, _DEPTH] - 1
    tree[_STATE, _FORMATS] += 1


@kernel
def _forget(entry: int, tree: _Tree) -> None:
    for later in range(entry + 1, tree[_STATE, _FORMATS]):
        for row in (_KIND, _OWNER, _PLACE):
            tree[row, later - 1] = tree[row, later]
    tree[_STATE, _FORMATS] -= 1


@kernel
def _end_formatting(name: int, tree: _Tree) -> None:
    """End tag of a formatting element; one with a block open inside stays on the stack, as its copies do in the
    tree."""
    for entry in range(tree[_STATE, _FORMATS] - 1, -1, -1):
        if tree[_KIND, entry] == _MARKER:
            return
        if tree[_OWNER, entry] == name:
            place = tree[_PLACE, entry]
            _forget(entry, tree)
            if place >= 0:
                for above in range(place + 1, tree[_STATE, _DEPTH]):
                    if tree[_FLAGS, above] & _SPECIAL:
                        tree[_STATE, _ELEMENTS] += 1  # the copy
                        return
                _pop_to(place, tree)
            return


@kernel
def _find_in_scope(name: int, tree: _Tree, barrier: int) -> int:
    """Place of the innermost open element of that name with no barrier element above it, or -1."""
    for place in range(tree[_STATE, _DEPTH] - 1, -1, -1):
        if tree[_NAME, place] == name:
            return place
        if tree[_FLAGS, place] & barrier:
            return -1
    return -1


@kernel
def _end_item(first: int, second: int, tree: _Tree) -> None:
    """End the list item (li, or dd and dt) that a new one follows."""
    for place in range(tree[_STATE, _DEPTH] - 1, -1, -1):
        name = tree[_NAME, place]
        if name in (first, second):
            _pop_to(place, tree)
            return
        if tree[_FLAGS, place] & _SPECIAL and name not in (_ADDRESS, _DIV, _P):
            return


@kernel
def _open_table_part(name: int, tree: _Tree) -> None:
    """End what a row, a cell or another part of a table ends, and open the parts it implies."""
    is_cell = name in (_TD, _TH)
    keep = 0
    for place in range(tree[_STATE, _DEPTH] - 1, -1, -1):
        owner = tree[_NAME, place]
        is_body = owner in (_TBODY, _THEAD, _TFOOT)
        if owner in (_TABLE, _TEMPLATE) or (is_cell and owner == _TR) or (is_body and (is_cell or name == _TR)):
            keep = place + 1
            break
    _pop_to(keep, tree)
    if (is_cell or name == _TR) and keep and tree[_NAME, keep - 1] == _TABLE:
        _push(_TBODY, _IN_TABLE | _SPECIAL, tree)
    if is_cell and tree[_STATE, _DEPTH] and tree[_NAME, tree[_STATE, _DEPTH] - 1] != _TR:
        _push(_TR, _IN_TABLE | _SPECIAL, tree)


@kernel
def _close_implied(name: int, flags: int, tree: _Tree) -> None:
    """End whatever the start tag of an HTML element ends."""
    if flags & _CLOSES_P:
        place = _find_in_scope(_P, tree, _SCOPE | _BUTTON_SCOPE)
        if place >= 0:
            _pop_to(place, tree)
    top = tree[_NAME, tree[_STATE, _DEPTH] - 1] if tree[_STATE, _DEPTH] else np.int64(0)
    if name == _LI:
        _end_item(_LI, _LI, tree)
        return
    if name in (_DD, _DT):
        _end_item(_DD, _DT, tree)
    elif flags & _HEADING:
        if tree[_STATE, _DEPTH] and tree[_FLAGS, tree[_STATE, _DEPTH] - 1] & _HEADING:
            _pop_to(tree[_STATE, _DEPTH] - 1, tree)
    elif name in (_A, _NOBR):
        _end_formatting(name, tree)
    elif name == _BUTTON:
        place = _find_in_scope(_BUTTON, tree, _SCOPE)
        if place >= 0:
            _pop_to(place, tree)
    elif name in (_OPTION, _OPTGROUP):
        if top == _OPTION:
            _pop_to(tree[_STATE, _DEPTH] - 1, tree)
    elif name == _TABLE and top in (_TABLE, _TBODY, _TR, _THEAD, _TFOOT):
        place = _find_in_scope(_TABLE, tree, 0)
        _pop_to(place, tree)
    elif flags & _IN_TABLE:
        _open_table_part(name, tree)


@kernel
def _is_foreign(place: int, tree: _Tree) -> bool:
    """Whether what stands in this element is SVG or MathML; not so in the points where their content is HTML again."""
    return place >= 0 and tree[_NAMESPACE, place] != 0 and tree[_FLAGS, place] == 0


@kernel
def _leave_foreign(tree: _Tree) -> None:
    depth = tree[_STATE, _DEPTH]
    while _is_foreign(depth - 1, tree):
        depth -= 1
    _pop_to(depth, tree)


@kernel
def _push_foreign(name: int, flags: int, tree: _Tree) -> None:
    """Open an element of SVG or MathML. Its name is stored as ~name: no HTML tag ends it."""
    _count(tree)
    depth = tree[_STATE, _DEPTH]
    if depth > tree[_STATE, _LIMIT]:
        return
    inside = tree[_NAMESPACE, depth - 1] if _is_foreign(depth - 1, tree) else 0
    namespace = inside if inside else (_MATH if name == _MATH_NAME else _SVG)
    is_point = flags & (_MATH_POINT if namespace == _MATH else _SVG_POINT)
    tree[_NAME, depth] = ~name
    tree[_FLAGS, depth] = _SCOPE | _SPECIAL if is_point else 0
    tree[_NAMESPACE, depth] = namespace
    tree[_STATE, _DEPTH] += 1


@kernel
def _start_tag(name: int, flags: int, kind: int, closes_itself: bool, tree: _Tree) -> bool:
    """Take a start tag into account; true if raw text follows."""
    if flags & _BREAKS_OUT and _is_foreign(tree[_STATE, _DEPTH] - 1, tree):
        _leave_foreign(tree)
    inside_foreign = _is_foreign(tree[_STATE, _DEPTH] - 1, tree)
    if inside_foreign or flags & _FOREIGN:
        if not inside_foreign and tree[_STATE, _REOPEN]:
            _reopen(tree)
        if closes_itself:
            _count(tree)
        else:
            _push_foreign(name, flags, tree)
        return False
    if flags & _ROOT or (flags & _IN_TABLE and not tree[_STATE, _TABLES]) or (flags & _FORM and tree[_STATE, _FORMS]):
        return False
    _close_implied(name, flags, tree)
    if tree[_STATE, _REOPEN] and (flags & _INLINE or not flags & (_SPECIAL | _CLOSES_P)):
        _reopen(tree)
    if flags & (_VOID | _RAW_TEXT):
        _count(tree)
        return flags & _RAW_TEXT != 0
    _push(name, flags, tree)
    if flags & _FORMATTING:
        _remember(kind, name, tree)
    return False


@kernel
def _end_tag(name: int, flags: int, tree: _Tree) -> None:
    """Take an end tag into account."""
    place = tree[_STATE, _DEPTH] - 1
    if name in (_P, _BR) and _is_foreign(place, tree):
        _leave_foreign(tree)
    while place >= 0 and tree[_NAMESPACE, place]:
        if tree[_NAME, place] == ~name:
            _pop_to(place, tree)
            return
        place -= 1
    if flags & _ROOT:
        return
    if flags & _FORMATTING:
        _end_formatting(name, tree)
        return
    if name == _BR:
        _count(tree)
        return
    place = _find_in_scope(name, tree, _reach(name, flags))
    if place >= 0 and flags & _FORM and place < tree[_STATE, _DEPTH] - 1:
        tree[_NAME, place] = tree[_FLAGS, place] = 0  # what is open in it stays open, and where it is
        tree[_STATE, _FORMS] -= 1
    elif place >= 0:
        _pop_to(place, tree)
    elif name == _P:
        _count(tree)


@kernel
def _reach(name: int, flags: int) -> int:
    """The barriers for an end tag."""
    if name == _P:
        return _SCOPE | _BUTTON_SCOPE
    if name == _LI:
        return _SCOPE | _LIST
    if flags & _IN_TABLE or name == _TABLE:
        return _TABLE_SCOPE
    return _SCOPE if flags & (_CLOSES_P | _SCOPE | _BUTTON_SCOPE) else _SPECIAL


@kernel
def tree_size(data: NDArray[np.uint8], max_elements: int, max_depth: int) -> tuple[int, int, int]:
    """Elements, depth of the deepest and most attributes of one in the tree of a page: see Size.

    Args:
        data: the page in UTF-8, uint8[bytes].
        max_elements: the count ends above it.
        max_depth: the count ends above it; memory is proportional to it.
    """
    tree = np.zeros((_ROWS, max(max_depth, _FORMS) + 2), np.int64)
    tree[_STATE, _ELEMENTS] = 3
    tree[_STATE, _DEEPEST] = 1
    tree[_STATE, _LIMIT] = max_depth
    base = 2  # html and body, which are not on the stack
    length = len(data)
    at = 0
    while at < length and tree[_STATE, _ELEMENTS] <= max_elements and tree[_STATE, _DEEPEST] + base <= max_depth:
        start = at
        while at < length and data[at] != _LESS:
            at += 1
        if tree[_STATE, _REOPEN] and at > start:
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
            tree[_STATE, _ATTRIBUTES] = max(tree[_STATE, _ATTRIBUTES], attributes)
            flags = flags_of(name)
            if flags & _LAST:
                _count(tree)
                break
            kind = 0
            if flags & _FORMATTING:
                for place in range(start, at):
                    kind = mix(kind, int(data[place]))
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
    return tree[_STATE, _ELEMENTS], tree[_STATE, _DEEPEST] + base, tree[_STATE, _ATTRIBUTES]
