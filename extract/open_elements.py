"""A page's tree under construction as far as its size needs it (HTML Standard, 13.2.4): the stack of open elements, and the list
of formatting elements, which are reopened after whatever closed them."""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel
from gristmill.extract import tags

Tree = NDArray[np.int64]
"""int64[7, open elements]. One array, because each array that a kernel hands to another costs seven registers; a NamedTuple of
three took 1.5 times as long."""

NAME, FLAGS, NAMESPACE, KIND, OWNER, PLACE, STATE = range(7)
"""Rows of the tree: of open elements the hash of the name (~hash in SVG and MathML), the flags, the namespace (0 is HTML); of
formatting elements the hash of the tag, that of its name, its place in the stack; counters."""

DEPTH, FORMATS, REOPEN, ELEMENTS, DEEPEST, ATTRIBUTES, LIMIT, TABLES, FORMS = range(9)
"""Columns of the row of counters: open elements, formatting elements, whether some are to be reopened, elements so far, open
ones at the deepest place, most attributes of a tag, most open ones that count, open tables and forms."""

_MARKER = -2  # a formatting list's entry that hides what is before it
_CLOSED = -1  # place of a formatting element that will be reopened


@kernel
def begin_tree(max_depth: int) -> Tree:
    """A page with html, head and body."""
    tree = np.zeros((STATE + 1, max(max_depth, FORMS) + 2), np.int64)
    tree[STATE, ELEMENTS] = 3
    tree[STATE, DEEPEST] = 1
    tree[STATE, LIMIT] = max_depth
    return tree


@kernel
def pop_to(size: int, tree: Tree) -> None:
    """Close all but the first `size` open elements; formatting elements among them will be reopened."""
    for place in range(size, tree[STATE, DEPTH]):
        tree[STATE, TABLES] -= tree[NAME, place] == tags.TABLE
        tree[STATE, FORMS] -= (tree[FLAGS, place] & tags.FORM) != 0
    tree[STATE, DEPTH] = min(size, tree[STATE, DEPTH])
    for entry in range(tree[STATE, FORMATS] - 1, -1, -1):
        place = tree[PLACE, entry]
        if place >= size:
            if tree[KIND, entry] == _MARKER:
                tree[STATE, FORMATS] = entry
            else:
                tree[PLACE, entry] = _CLOSED
                tree[STATE, REOPEN] = 1
        elif place >= 0:
            break


@kernel
def count_element(tree: Tree) -> None:
    """One more element, at the current depth."""
    tree[STATE, ELEMENTS] += 1
    tree[STATE, DEEPEST] = max(tree[STATE, DEEPEST], tree[STATE, DEPTH] + 1)


@kernel
def push(name: int, flags: int, tree: Tree) -> None:
    """Open an HTML element. Beyond the limit the stack does not grow: the answer is known."""
    count_element(tree)
    depth = tree[STATE, DEPTH]
    if depth > tree[STATE, LIMIT]:
        return
    tree[NAME, depth] = name
    tree[FLAGS, depth] = flags
    tree[NAMESPACE, depth] = 0
    tree[STATE, TABLES] += name == tags.TABLE
    tree[STATE, FORMS] += (flags & tags.FORM) != 0
    if flags & tags.SCOPE and name != tags.TABLE and tree[STATE, FORMATS] < tree.shape[1]:
        tree[KIND, tree[STATE, FORMATS]] = _MARKER
        tree[PLACE, tree[STATE, FORMATS]] = depth
        tree[STATE, FORMATS] += 1
    tree[STATE, DEPTH] += 1


@kernel
def reopen(tree: Tree) -> None:
    """Open again what was closed implicitly, as the parser does before text and inline elements."""
    first = tree[STATE, FORMATS]
    while first > 0 and tree[KIND, first - 1] != _MARKER:
        first -= 1
    for entry in range(first, tree[STATE, FORMATS]):
        if tree[PLACE, entry] == _CLOSED:
            tree[PLACE, entry] = tree[STATE, DEPTH]
            push(tree[OWNER, entry], tags.FORMATTING, tree)
    tree[STATE, REOPEN] = 0


@kernel
def remember(kind: int, name: int, tree: Tree) -> None:
    """Put the formatting element just opened on the list; of equal ones the list holds three ("Noah's Ark")."""
    equal = 0
    oldest = -1
    for entry in range(tree[STATE, FORMATS] - 1, -1, -1):
        if tree[KIND, entry] == _MARKER:
            break
        if tree[KIND, entry] == kind:
            equal += 1
            oldest = entry
    if equal >= 3:
        _forget(oldest, tree)
    if tree[STATE, FORMATS] == tree.shape[1]:
        tree[STATE, DEEPEST] = tree[STATE, LIMIT] + 1  # as many reopened elements as this list has would be too deep
        return
    tree[KIND, tree[STATE, FORMATS]] = kind
    tree[OWNER, tree[STATE, FORMATS]] = name
    tree[PLACE, tree[STATE, FORMATS]] = tree[STATE, DEPTH] - 1
    tree[STATE, FORMATS] += 1


@kernel
def _forget(entry: int, tree: Tree) -> None:
    for later in range(entry + 1, tree[STATE, FORMATS]):
        for row in (KIND, OWNER, PLACE):
            tree[row, later - 1] = tree[row, later]
    tree[STATE, FORMATS] -= 1


@kernel
def end_formatting(name: int, tree: Tree) -> None:
    """End tag of a formatting element; one with a block open inside stays on the stack, as its copies do in the
    tree."""
    for entry in range(tree[STATE, FORMATS] - 1, -1, -1):
        if tree[KIND, entry] == _MARKER:
            return
        if tree[OWNER, entry] == name:
            place = tree[PLACE, entry]
            _forget(entry, tree)
            if place >= 0:
                for above in range(place + 1, tree[STATE, DEPTH]):
                    if tree[FLAGS, above] & tags.SPECIAL:
                        tree[STATE, ELEMENTS] += 1  # the copy
                        return
                pop_to(place, tree)
            return


@kernel
def find_in_scope(name: int, tree: Tree, barrier: int) -> int:
    """Place of the innermost open element of that name with no barrier element above it, or -1."""
    for place in range(tree[STATE, DEPTH] - 1, -1, -1):
        if tree[NAME, place] == name:
            return place
        if tree[FLAGS, place] & barrier:
            return -1
    return -1
