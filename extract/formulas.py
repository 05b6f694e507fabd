"""Formulas, between dollars: the TeX that a page carries (annotations, alttext, MathJax's scripts, pictures' alt), else TeX made
of its presentation MathML."""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import inlined
from gristmill.extract import tokens
from gristmill.extract.elements import MARKS, PARENT, SKIP, TEX_CLASSES, find_attribute, has_class, value_hash, value_is
from gristmill.extract.mathml import add_presentation
from gristmill.extract.mathml_forms import put_dollars
from gristmill.extract.nesting import CURRENT, Nesting
from gristmill.extract.scan import is_blank
from gristmill.extract.tags import mix, tag_number, text_hash, whole
from gristmill.extract.tokens import ATTRIBUTES, VALUE, VALUE_END
from gristmill.extract.writing import SRC_END, WAITING, Writing, add_text, begin_character

_TEX_REACH = 4096  # tokens of a formula
_TEX_TYPE, _BLOCK = text_hash("application/x-tex"), text_hash("block")
_TEX_SCRIPT, _TEX_DISPLAY = text_hash("math/tex"), text_hash("math/tex;mode=display")
_DISPLAYSTYLE = text_hash("displaystyle")
_CLASS, _TYPE, _ENCODING, _ALT, _ALTTEXT, _DISPLAY = map(
    ATTRIBUTES.index, ("class", "type", "encoding", "alt", "alttext", "display")
)
_MATH, _ANNOTATION = map(tag_number, ("math", "annotation"))


@inlined
def add_picture(token: int, page: Nesting, out: Writing) -> None:
    """Add the formula that a picture shows, if its class says so."""
    attributes = page.tokens.attributes
    first, last = page.tokens.rows[token, tokens.FIRST], page.tokens.rows[token + 1, tokens.FIRST]
    alt, names = find_attribute(attributes, first, last, _ALT), find_attribute(attributes, first, last, _CLASS)
    if (
        alt >= 0
        and names >= 0
        and has_class(page.data, attributes[names, VALUE], attributes[names, VALUE_END], TEX_CLASSES)
    ):
        _add_tex(whole(attributes[alt, VALUE]), whole(attributes[alt, VALUE_END]), False, True, page, out)


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
def add_formula(token: int, page: Nesting, out: Writing) -> bool:
    """Add the TeX of the formula whose start tag is `token`; false if there is none to be had."""
    rows, attributes = page.tokens.rows, page.tokens.attributes
    first, last = rows[token, tokens.FIRST], rows[token + 1, tokens.FIRST]
    is_display = value_is(page.data, attributes, first, last, _DISPLAY, _BLOCK)
    found = _annotation(token, page)
    if found >= 0:
        begin, end = whole(rows[found, tokens.BEGIN]), whole(rows[found, tokens.STOP])
    else:
        row = find_attribute(attributes, first, last, _ALTTEXT)
        if row < 0:
            return page.nodes[page.state[CURRENT], MARKS] & SKIP == 0 and add_presentation(token, is_display, page, out)
        begin, end = whole(attributes[row, VALUE]), whole(attributes[row, VALUE_END])
    _add_tex(begin, end, is_display, True, page, out)
    return True


@inlined
def add_script(token: int, page: Nesting, out: Writing) -> None:
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
        _add_tex(begin, stop, mode == _TEX_DISPLAY, False, page, out)
        page.state[CURRENT] = script


@inlined
def _add_tex(begin: int, end: int, is_display: bool, has_references: bool, page: Nesting, out: Writing) -> None:
    """Add a formula between dollars; MediaWiki's "{\\displaystyle …}" is unwrapped."""
    data = page.data
    begin, end = _trim(data, begin, end)
    if _is_displaystyle(data, begin, end):
        begin, end = _trim(data, begin + 15, end - 1)
    if begin >= end or page.nodes[page.state[CURRENT], MARKS] & SKIP:
        return
    begin_character(begin, page, out)
    put_dollars(is_display, out)
    add_text(begin, end, has_references, page, out)
    put_dollars(is_display, out)
    out.state[WAITING] = 0
    out.state[SRC_END] = end


@inlined
def _trim(data: NDArray[np.uint8], begin: int, end: int) -> tuple[int, int]:
    """The range without white space at its ends."""
    while begin < end and is_blank(data[begin]):
        begin += 1
    while end > begin and is_blank(data[end - 1]):
        end -= 1
    return begin, end


@inlined
def _is_displaystyle(data: NDArray[np.uint8], begin: int, end: int) -> bool:
    """Whether the formula is "{\\displaystyle …}"."""
    if end - begin < 17 or data[begin] != 0x7B or data[begin + 1] != 0x5C or data[end - 1] != 0x7D:
        return False
    value = 0
    for at in range(begin + 2, begin + 14):
        value = mix(value, whole(data[at]))
    return value == _DISPLAYSTYLE
