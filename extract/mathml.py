"""Presentation MathML as TeX, for formulas whose page carries no TeX: one pass over a formula's tokens, with a stack of bounded
height.

What TeX says with a command before its arguments, MathML says with an element around them (extract/mathml_forms.py).
Characters stay what they are (α, ∑, ≤).
"""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel
from gristmill.extract import tags
from gristmill.extract.elements import LINK, tag_flags
from gristmill.extract.mathml_forms import (
    BEFORE,
    BEHIND,
    CHILDREN,
    SCRIPTS,
    TURNED,
    form_of,
    put_byte,
    put_dollars,
    put_escape,
    put_fence,
    put_piece,
    turn,
)
from gristmill.extract.nesting import CURRENT, Nesting
from gristmill.extract.scan import is_blank, name_at
from gristmill.extract.tags import tag_hash, tag_number, whole
from gristmill.extract.tokens import BEGIN, END, KIND, START, STOP, TAG, TEXT
from gristmill.extract.writing import (
    COPY,
    FORMULA_ROOM,
    IN_LINKS,
    OUT,
    SPACE,
    SRC_END,
    WAITING,
    Writing,
    begin_character,
    next_character,
    put_character,
)

_FORM, _NAME, _COUNT, _BRACED, _FIRST_AT, _SECOND_AT, _TOKEN = range(7)
"""Columns of open elements: their form (-1 if none), hash of the name, children so far, whether it stands in braces as a base,
where in the text its first and its second child begin, its start tag."""

_MATH = tag_number("math")
_LEAVES = tuple(map(tag_hash, ("mi", "mn", "mo", "ms", "mtext", "mfenced")))  # need no braces as a base
_HIDDEN = tuple(map(tag_hash, ("annotation", "annotation-xml", "mphantom")))
_MTEXT, _FENCED, _MANY, _ROOT = map(tag_hash, ("mtext", "mfenced", "mmultiscripts", "math"))
_REACH = 4096  # tokens of a formula
_SP, _SLASH, _OPENING, _CLOSING = 0x20, 0x2F, 0x7B, 0x7D
_IS_BREAK = tags.BREAK | tags.BREAKS_OUT


@kernel
def add_presentation(token: int, is_display: bool, page: Nesting, out: Writing) -> bool:
    """Add the formula whose start tag is `token`; false, and nothing added, if it cannot be told as TeX."""
    last = _formula_end(token, page)
    if last < 0:
        return False
    rows, state = page.tokens.rows, out.state
    began, waiting = state[OUT], state[WAITING]
    source = whole(rows[token, BEGIN])
    begin_character(source, page, out)
    put_dollars(is_display, out)
    first = state[OUT]
    fits = _fill(token, last, page, out)
    if not fits or state[OUT] == first:
        state[OUT], state[WAITING] = began, waiting
        return False
    put_dollars(is_display, out)
    if page.nodes[page.state[CURRENT], LINK]:
        state[IN_LINKS] += state[OUT] - began
    state[WAITING] = 0
    state[SRC_END] = rows[last, STOP]
    return True


@kernel
def _formula_end(token: int, page: Nesting) -> int:
    """The end tag of the formula; -1 if it is none that can be told: without an end, with HTML or formulas in it, or without
    an element that holds characters."""
    rows = page.tokens.rows
    has_leaf = False
    for at in range(token + 1, min(len(rows) - 1, token + _REACH)):
        kind, tag = rows[at, KIND], rows[at, TAG]
        if tag == _MATH and kind == END:
            return at if has_leaf else -1
        if kind == START:
            name = _name_of(at, page)
            if name in (_ROOT, _MANY) or tag_flags(tag) & _IS_BREAK:
                return -1
            has_leaf |= name in _LEAVES
    return -1


@kernel
def _name_of(token: int, page: Nesting) -> int:
    """Hash of a tag's name: tags that are not in the table have no number of their own."""
    begin = whole(page.tokens.rows[token, BEGIN]) + 1
    return name_at(page.data, begin + (page.data[begin] == _SLASH))[0]


@kernel
def _fill(token: int, last: int, page: Nesting, out: Writing) -> bool:
    """Write what is in the formula; false if it does not fit: nested too deeply, or longer than its source."""
    rows, state, stack = page.tokens.rows, out.state, out.formula
    longest = state[OUT] - rows[token, BEGIN] + FORMULA_ROOM // 4
    depth, hidden = 0, -1
    was_long = False
    stack[0, _FORM] = -1
    stack[0, _COUNT] = 0
    for at in range(token + 1, last + 1):
        kind = rows[at, KIND]
        if state[OUT] > longest + rows[at, BEGIN]:
            return False
        if kind == START:
            if depth + 1 == len(stack):
                return False
            depth += 1
            name = _name_of(at, page)
            stack[depth, _FORM] = -1
            stack[depth, _NAME] = name
            stack[depth, _COUNT] = 0
            stack[depth, _BRACED] = 0
            stack[depth, _TOKEN] = at
            if hidden < 0:
                _open(depth, name, page, out)
                if name in _HIDDEN:
                    hidden = depth
            if page.data[rows[at, STOP] - 2] == _SLASH:
                depth, hidden = _close(depth, hidden, page, out)
        elif kind == END:
            name = _name_of(at, page)
            opener = depth
            while opener > 0 and stack[opener, _NAME] != name:
                opener -= 1
            while depth > 0 and (opener > 0 or name == _ROOT) and depth >= opener:
                depth, hidden = _close(depth, hidden, page, out)
        elif kind == TEXT and hidden < 0:
            is_text = stack[depth, _NAME] == _MTEXT
            fits, was_long = _write(rows[at, BEGIN], rows[at, STOP], was_long, is_text, longest, page, out)
            if not fits:
                return False
    return True


@kernel
def _open(depth: int, name: int, page: Nesting, out: Writing) -> None:
    """Write what stands before an element."""
    stack = out.formula
    parent = stack[depth - 1, _FORM]
    child = min(stack[depth - 1, _COUNT], CHILDREN - 1)
    if child < 2:
        stack[depth - 1, _FIRST_AT + child] = out.state[OUT]
    put_piece(parent, 1 + 2 * child, out)
    if child == 0 and 0 <= parent < SCRIPTS and name not in _LEAVES:
        stack[depth, _BRACED] = 1
        put_byte(_OPENING, out)
    stack[depth, _FORM] = form_of(name)
    put_piece(stack[depth, _FORM], BEFORE, out)
    if name == _FENCED:
        _put_fence(depth, False, page, out)


@kernel
def _close(depth: int, hidden: int, page: Nesting, out: Writing) -> tuple[int, int]:
    """Write what stands behind the innermost element and close it: open elements, and which of them is hidden."""
    stack = out.formula
    if hidden >= 0 and hidden < depth:
        return depth - 1, hidden
    form, parent = stack[depth, _FORM], stack[depth - 1, _FORM]
    put_piece(form, BEHIND, out)
    if stack[depth, _NAME] == _FENCED:
        _put_fence(depth, True, page, out)
    if form in TURNED and stack[depth, _COUNT] >= 2:
        turn(stack[depth, _FIRST_AT], stack[depth, _SECOND_AT], out)
    if stack[depth, _BRACED]:
        put_byte(_CLOSING, out)
    child = min(stack[depth - 1, _COUNT], CHILDREN - 1)
    put_piece(parent, 2 + 2 * child, out)
    stack[depth - 1, _COUNT] += 1
    return depth - 1, -1


@kernel
def _put_fence(depth: int, closes: bool, page: Nesting, out: Writing) -> None:
    row = page.tokens.rows[out.formula[depth, _TOKEN]]
    put_fence(page.data, whole(row[BEGIN]) + 1, whole(row[STOP]), closes, out)


@kernel
def _write(
    at: int, end: int, was_long: bool, is_text: bool, longest: int, page: Nesting, out: Writing
) -> tuple[bool, bool]:
    """Write an element's characters without the blanks around them; whether they fit, and whether there are several.

    Two names stand apart if one of them has several letters: "sin x".
    """
    state = out.state
    while at < end and is_blank(page.data[at]):
        at += 1
    while end > at and is_blank(page.data[end - 1]):
        end -= 1
    if at == end:
        return True, was_long
    is_long = end - at > 1
    before = out.text[state[OUT] - 1]
    if not is_text and (is_long or was_long) and _is_letter(before) and _is_letter(page.data[at]):
        put_byte(_SP, out)
    limit = longest + end
    while at < end:
        if state[OUT] > limit:
            return False, is_long
        source = at
        at, kind, length, is_reference = next_character(at, end, True, page, out)
        if kind == SPACE and out.text[state[OUT] - 1] != _SP:
            put_byte(_SP, out)
        elif kind == COPY:
            bytes_of = out.scratch if is_reference else page.data
            place = 0 if is_reference else source
            if _is_operator(bytes_of, place):
                at = at if is_reference else source + 3
                continue
            put_escape(bytes_of[place], out)
            put_character(source, at, length, is_reference, page, out)
    return True, is_long


@kernel
def _is_letter(byte: int) -> bool:
    return 0x61 <= byte | 0x20 <= 0x7A


@kernel
def _is_operator(data: NDArray[np.uint8], at: int) -> bool:
    """Whether an operator without a form stands there: function application, invisible times, separator or plus (U+2061 to
    U+2064)."""
    return bool(data[at] == 0xE2 and data[at + 1] == 0x81 and 0xA1 <= data[at + 2] <= 0xA4)
