"""HTML's tokenizer (HTML Standard, 13.2.5) as a kernel: one pass over a page's bytes, flat arrays out, no recursion.

Text stays where it is: a token holds positions. Comments, doctypes and processing instructions make no token; nor do
tags that never end. What is kept of attributes are those of `ATTRIBUTES` that have a value, the first of each name.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel
from gristmill.extract.scan import comment_end, ends_name, is_blank, is_letter, name_at, raw_text_end, skip_blanks
from gristmill.extract.tags import FOREIGN, LAST, RAW_TEXT, TAG_FLAGS, TAGS, mix, tag_of, text_hash, whole

TEXT, START, END, RAW, CDATA = range(5)  # kinds of token; RAW and CDATA are text without character references

_ATTRIBUTES_TEXT = """
    class id href style hidden aria-hidden role itemprop rel lang xml:lang alt type encoding name property http-equiv
    content datetime start display alttext resource itemtype title colspan rowspan
"""
ATTRIBUTES = _ATTRIBUTES_TEXT.split()

KIND, BEGIN, STOP, TAG, FIRST = range(5)
"""Columns of tokens: kind, first byte and byte behind the last (of a tag with its brackets), the tag's number,
first of its attributes (they end where those of the next token begin)."""

NAME, VALUE, VALUE_END = range(3)
"""Columns of attributes: index into ATTRIBUTES, first byte of the value and byte behind the last."""

_SLOTS = 128
_LESS, _GREATER, _SLASH, _BANG, _DASH, _QUESTION, _EQUALS = 0x3C, 0x3E, 0x2F, 0x21, 0x2D, 0x3F, 0x3D
_DOUBLE, _SINGLE, _BRACKET = 0x22, 0x27, 0x5B
_HIDDEN = ATTRIBUTES.index("hidden")


def _attribute_table() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    keys = np.zeros(_SLOTS, np.int64)
    values = np.zeros(_SLOTS, np.int64)
    for index, name in enumerate(ATTRIBUTES):
        slot = text_hash(name) % _SLOTS
        while keys[slot]:
            slot = (slot + 1) % _SLOTS
        keys[slot], values[slot] = text_hash(name), index
    keys.flags.writeable = values.flags.writeable = False
    return keys, values


_KEYS, _VALUES = _attribute_table()


class Tokens(NamedTuple):
    """A page's tokens."""

    rows: NDArray[np.int32]
    """int32[tokens + 1, 5]: see the columns KIND to FIRST; the last row only ends the attributes."""
    attributes: NDArray[np.int32]
    """int32[attributes, 3]: see the columns NAME to VALUE_END."""


@kernel
def tokenize_page(data: NDArray[np.uint8]) -> Tokens:
    """The tokens of a page.

    Args:
        data: the page in UTF-8, uint8[bytes], fewer than 2³¹.
    """
    tags = equals = 0
    for byte in data:
        tags += byte == _LESS
        equals += byte == _EQUALS
    rows = np.empty((2 * tags + 2, 5), np.int32)  # each tag may have text behind it; pages not touched cost nothing
    attributes = np.empty((equals + tags, 3), np.int32)
    token, attribute = _fill(data, rows, attributes)
    rows[token] = 0
    rows[token, FIRST] = attribute
    return Tokens(rows[: token + 1], attributes[:attribute])


@kernel
def _fill(data: NDArray[np.uint8], rows: NDArray[np.int32], attributes: NDArray[np.int32]) -> tuple[int, int]:
    """Write the tokens and attributes; how many there are of each."""
    length = len(data)
    token = attribute = foreign = at = text = 0
    while True:
        while at < length and data[at] != _LESS:
            at += 1
        if at + 1 >= length:
            break
        after = data[at + 1]
        if is_letter(after) or (after == _SLASH and at + 2 < length and is_letter(data[at + 2])):
            begin = at
            kind = END if after == _SLASH else START
            name, at = name_at(data, at + 1 + (kind == END))
            at, last, closed = read_attributes(data, at, attributes, attribute)
            if at < 0:
                return _add(rows, token, TEXT, text, begin, 0, attribute), attribute
            token = _add(rows, token, TEXT, text, begin, 0, attribute)
            if kind == END:
                last = attribute
            tag = tag_of(name)
            token = _put(rows, token, kind, begin, at, tag, attribute)
            attribute = last
            text = at
            flags = TAG_FLAGS[tag] if tag < TAGS else 0
            if flags & FOREIGN and not closed:
                foreign = max(0, foreign + (1 if kind == START else -1))
            elif kind == START and flags & LAST and not foreign:
                return _add(rows, token, RAW, at, length, tag, attribute), attribute
            elif kind == START and flags & RAW_TEXT and not foreign:
                at = raw_text_end(data, at, name)
                token = _add(rows, token, RAW, text, at, tag, attribute)
                text = at
        elif after in (_BANG, _QUESTION, _SLASH):
            token = _add(rows, token, TEXT, text, at, 0, attribute)
            end = markup_end(data, at, foreign > 0)
            if foreign and _is_cdata(data, at):
                token = _add(rows, token, CDATA, at + 9, max(at + 9, end - 3), 0, attribute)
            at = text = end
        else:
            at += 1
    return _add(rows, token, TEXT, text, length, 0, attribute), attribute


@kernel
def _put(rows: NDArray[np.int32], token: int, kind: int, begin: int, stop: int, tag: int, first: int) -> int:
    rows[token, KIND] = kind
    rows[token, BEGIN] = begin
    rows[token, STOP] = stop
    rows[token, TAG] = tag
    rows[token, FIRST] = first
    return token + 1


@kernel
def _add(rows: NDArray[np.int32], token: int, kind: int, begin: int, stop: int, tag: int, first: int) -> int:
    """Add a token of text if there is any."""
    return _put(rows, token, kind, begin, stop, tag, first) if begin < stop else token


@kernel
def _is_cdata(data: NDArray[np.uint8], at: int) -> bool:
    """Whether "<![CDATA[" stands at `at`."""
    return (
        at + 9 <= len(data)
        and data[at + 1] == _BANG
        and data[at + 2] == _BRACKET
        and data[at + 3] == 0x43
        and data[at + 4] == 0x44
        and data[at + 5] == 0x41
        and data[at + 6] == 0x54
        and data[at + 7] == 0x41
        and data[at + 8] == _BRACKET
    )


@kernel
def markup_end(data: NDArray[np.uint8], at: int, foreign: bool) -> int:
    """Position behind a comment, doctype, processing instruction or (in SVG and MathML) CDATA section."""
    length = len(data)
    if data[at + 1] == _BANG and at + 3 < length and data[at + 2] == _DASH and data[at + 3] == _DASH:
        return comment_end(data, at + 4)
    if foreign and _is_cdata(data, at):
        at += 9
        while at < length:
            if data[at] == _GREATER and data[at - 1] == 0x5D and data[at - 2] == 0x5D:
                return at + 1
            at += 1
        return length
    at += 2
    while at < length and data[at] != _GREATER:
        at += 1
    return min(at + 1, length)


@kernel
def read_attributes(
    data: NDArray[np.uint8], at: int, attributes: NDArray[np.int32], count: int
) -> tuple[int, int, bool]:
    """Read a tag from behind its name: position behind the tag (-1 if it never ends), attributes kept until then,
    whether it closes itself."""
    length = len(data)
    seen = 0
    while True:
        at = skip_blanks(data, at)
        if at >= length:
            return -1, count, False
        if data[at] == _GREATER:
            return at + 1, count, data[at - 1] == _SLASH
        if data[at] == _SLASH:
            at += 1
            continue
        name = 0
        start = at
        while at < length and (at == start or (data[at] != _EQUALS and not ends_name(data[at]))):
            byte = whole(data[at])
            name = mix(name, byte | 0x20 if 0x41 <= byte <= 0x5A else byte)
            at += 1
        at = skip_blanks(data, at)
        value = value_end = 0
        unquoted = False
        if at < length and data[at] == _EQUALS:
            at = skip_blanks(data, at + 1)
            if at < length and (data[at] == _DOUBLE or data[at] == _SINGLE):
                quote = data[at]
                at += 1
                value = at
                while at < length and data[at] != quote:
                    at += 1
                value_end = at
                at += 1
            else:
                value = at
                while at < length and data[at] != _GREATER and not is_blank(data[at]):
                    at += 1
                value_end = at
                unquoted = True
        which = _attribute_of(name)
        if which >= 0 and not seen >> which & 1 and (value < value_end or which == _HIDDEN):
            attributes[count, NAME] = which
            attributes[count, VALUE] = value
            attributes[count, VALUE_END] = min(value_end, length)
            count += 1
        if which >= 0:
            seen |= 1 << which
        if unquoted and value < value_end and at < length and data[at] == _GREATER:  # a slash there is the value's
            return at + 1, count, False


@kernel
def _attribute_of(name: int) -> int:
    """Index into ATTRIBUTES, or -1."""
    slot = name & (_SLOTS - 1)
    while _KEYS[slot] != 0:
        if _KEYS[slot] == name:
            return whole(_VALUES[slot])
        slot = (slot + 1) & (_SLOTS - 1)
    return -1
