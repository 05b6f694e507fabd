"""What start and end tags do to a page's tree as far as its size needs it (HTML Standard, 13.2.6): implied ends, parts of tables,
SVG and MathML, reopened formatting."""

import numpy as np

from gristmill.core.jit import kernel
from gristmill.extract import tags
from gristmill.extract.open_elements import (
    DEPTH,
    FLAGS,
    FORMS,
    LIMIT,
    NAME,
    NAMESPACE,
    REOPEN,
    STATE,
    TABLES,
    Tree,
    count_element,
    end_formatting,
    find_in_scope,
    pop_to,
    push,
    remember,
    reopen,
)

_MATH_NAME = tags.tag_hash("math")
_SVG, _MATH = 1, 2  # namespaces


@kernel
def _end_item(first: int, second: int, tree: Tree) -> None:
    """End the list item (li, or dd and dt) that a new one follows."""
    for place in range(tree[STATE, DEPTH] - 1, -1, -1):
        name = tree[NAME, place]
        if name in (first, second):
            pop_to(place, tree)
            return
        if tree[FLAGS, place] & tags.SPECIAL and name not in (tags.ADDRESS, tags.DIV, tags.P):
            return


@kernel
def _open_table_part(name: int, tree: Tree) -> None:
    """End what a row, a cell or another part of a table ends, and open the parts it implies."""
    is_cell = name in (tags.TD, tags.TH)
    keep = 0
    for place in range(tree[STATE, DEPTH] - 1, -1, -1):
        owner = tree[NAME, place]
        is_body = owner in (tags.TBODY, tags.THEAD, tags.TFOOT)
        if (
            owner in (tags.TABLE, tags.TEMPLATE)
            or (is_cell and owner == tags.TR)
            or (is_body and (is_cell or name == tags.TR))
        ):
            keep = place + 1
            break
    pop_to(keep, tree)
    if (is_cell or name == tags.TR) and keep and tree[NAME, keep - 1] == tags.TABLE:
        push(tags.TBODY, tags.IN_TABLE | tags.SPECIAL, tree)
    if is_cell and tree[STATE, DEPTH] and tree[NAME, tree[STATE, DEPTH] - 1] != tags.TR:
        push(tags.TR, tags.IN_TABLE | tags.SPECIAL, tree)


@kernel
def _close_implied(name: int, flags: int, tree: Tree) -> None:
    """End whatever the start tag of an HTML element ends."""
    if flags & tags.CLOSES_P:
        place = find_in_scope(tags.P, tree, tags.SCOPE | tags.BUTTON_SCOPE)
        if place >= 0:
            pop_to(place, tree)
    top = tree[NAME, tree[STATE, DEPTH] - 1] if tree[STATE, DEPTH] else np.int64(0)
    if name == tags.LI:
        _end_item(tags.LI, tags.LI, tree)
        return
    if name in (tags.DD, tags.DT):
        _end_item(tags.DD, tags.DT, tree)
    elif flags & tags.HEADING:
        if tree[STATE, DEPTH] and tree[FLAGS, tree[STATE, DEPTH] - 1] & tags.HEADING:
            pop_to(tree[STATE, DEPTH] - 1, tree)
    elif name in (tags.A, tags.NOBR):
        end_formatting(name, tree)
    elif name == tags.BUTTON:
        place = find_in_scope(tags.BUTTON, tree, tags.SCOPE)
        if place >= 0:
            pop_to(place, tree)
    elif name in (tags.OPTION, tags.OPTGROUP):
        if top == tags.OPTION:
            pop_to(tree[STATE, DEPTH] - 1, tree)
    elif name == tags.TABLE and top in (tags.TABLE, tags.TBODY, tags.TR, tags.THEAD, tags.TFOOT):
        place = find_in_scope(tags.TABLE, tree, 0)
        pop_to(place, tree)
    elif flags & tags.IN_TABLE:
        _open_table_part(name, tree)


@kernel
def _is_foreign(place: int, tree: Tree) -> bool:
    """Whether what stands in this element is SVG or MathML; not so in the points where their content is HTML again."""
    return place >= 0 and tree[NAMESPACE, place] != 0 and tree[FLAGS, place] == 0


@kernel
def _leave_foreign(tree: Tree) -> None:
    depth = tree[STATE, DEPTH]
    while _is_foreign(depth - 1, tree):
        depth -= 1
    pop_to(depth, tree)


@kernel
def _push_foreign(name: int, flags: int, tree: Tree) -> None:
    """Open an element of SVG or MathML. Its name is stored as ~name: no HTML tag ends it."""
    count_element(tree)
    depth = tree[STATE, DEPTH]
    if depth > tree[STATE, LIMIT]:
        return
    inside = tree[NAMESPACE, depth - 1] if _is_foreign(depth - 1, tree) else 0
    namespace = inside if inside else (_MATH if name == _MATH_NAME else _SVG)
    is_point = flags & (tags.MATH_POINT if namespace == _MATH else tags.SVG_POINT)
    tree[NAME, depth] = ~name
    tree[FLAGS, depth] = tags.SCOPE | tags.SPECIAL if is_point else 0
    tree[NAMESPACE, depth] = namespace
    tree[STATE, DEPTH] += 1


@kernel
def start_tag(name: int, flags: int, kind: int, closes_itself: bool, tree: Tree) -> bool:
    """Take a start tag into account; true if raw text follows."""
    if flags & tags.BREAKS_OUT and _is_foreign(tree[STATE, DEPTH] - 1, tree):
        _leave_foreign(tree)
    inside_foreign = _is_foreign(tree[STATE, DEPTH] - 1, tree)
    if inside_foreign or flags & tags.FOREIGN:
        if not inside_foreign and tree[STATE, REOPEN]:
            reopen(tree)
        if closes_itself:
            count_element(tree)
        else:
            _push_foreign(name, flags, tree)
        return False
    if (
        flags & tags.ROOT
        or (flags & tags.IN_TABLE and not tree[STATE, TABLES])
        or (flags & tags.FORM and tree[STATE, FORMS])
    ):
        return False
    _close_implied(name, flags, tree)
    if tree[STATE, REOPEN] and (flags & tags.INLINE or not flags & (tags.SPECIAL | tags.CLOSES_P)):
        reopen(tree)
    if flags & (tags.VOID | tags.RAW_TEXT):
        count_element(tree)
        return flags & tags.RAW_TEXT != 0
    push(name, flags, tree)
    if flags & tags.FORMATTING:
        remember(kind, name, tree)
    return False


@kernel
def end_tag(name: int, flags: int, tree: Tree) -> None:
    """Take an end tag into account."""
    place = tree[STATE, DEPTH] - 1
    if name in (tags.P, tags.BR) and _is_foreign(place, tree):
        _leave_foreign(tree)
    while place >= 0 and tree[NAMESPACE, place]:
        if tree[NAME, place] == ~name:
            pop_to(place, tree)
            return
        place -= 1
    if flags & tags.ROOT:
        return
    if flags & tags.FORMATTING:
        end_formatting(name, tree)
        return
    if name == tags.BR:
        count_element(tree)
        return
    place = find_in_scope(name, tree, _reach(name, flags))
    if place >= 0 and flags & tags.FORM and place < tree[STATE, DEPTH] - 1:
        tree[NAME, place] = tree[FLAGS, place] = 0  # what is open in it stays open, and where it is
        tree[STATE, FORMS] -= 1
    elif place >= 0:
        pop_to(place, tree)
    elif name == tags.P:
        count_element(tree)


@kernel
def _reach(name: int, flags: int) -> int:
    """The barriers for an end tag."""
    if name == tags.P:
        return tags.SCOPE | tags.BUTTON_SCOPE
    if name == tags.LI:
        return tags.SCOPE | tags.LIST
    if flags & tags.IN_TABLE or name == tags.TABLE:
        return tags.TABLE_SCOPE
    return tags.SCOPE if flags & (tags.CLOSES_P | tags.SCOPE | tags.BUTTON_SCOPE) else tags.SPECIAL
