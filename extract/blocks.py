"""Blocks of text from a page's tokens: tree construction (HTML Standard, 13.2.6) as far as it decides what stands where.

A block is text with no block-level tag and no two <br> in it: a paragraph, a heading, a cell. Its characters are
decoded, its white space is collapsed (but in <pre>), a <br> is a line end; formulas are TeX between dollars. It knows
the bytes of the page that it came from and the element that it stands in.

Elements are rows in document order with their parent, so that what is inherited is one pass forwards and what is summed
is one pass backwards. Every tag looks at a bounded number of open elements (`_REACH`): time is linear for any page.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel
from gristmill.extract import tags, tokens
from gristmill.extract.references import LONGEST_VALUE, read_reference
from gristmill.extract.scan import is_blank
from gristmill.extract.tags import HASH_BASE, TAG_FLAGS, TAGS, tag_number, text_hash
from gristmill.extract.tokens import ATTRIBUTES, Tokens

PARENT, TAG, FIRST, LAST, MARKS, LINK, BOX = range(7)
"""Columns of elements: row of the parent, number of the tag, attributes from and to, marks, row of the enclosing link (0
if none), row of the nearest block-level element, itself included."""

ELEMENT, LEAF, BEGIN, STOP, SOURCE, SOURCE_END, LINK_BYTES, LINKS, BOLD_BYTES, BREAKS = range(10)
"""Columns of blocks: block-level and innermost element at its first character, its text from and to, its bytes of the
page from and to, bytes of it in links, links, bytes of it in bold, line breaks."""

SKIP, PRE, HIDDEN, NOSCRIPT, STRONG, SEEN_LINK = 1, 2, 4, 8, 16, 32
"""Marks, inherited by what is inside: no text of the page, white space counts, hidden, in <noscript>, bold."""

# The marks that tell what kind of element a text is in; features.
_MARK_NAMES_TEXT = """
    article main section aside nav header footer form table ul ol figure details blockquote button dialog
    address dl figcaption a h1 h2 h3 summary label li p td th dt dd pre code
"""
_MARK_NAMES = _MARK_NAMES_TEXT.split()
MARK_OF = {name: 6 + place for place, name in enumerate(_MARK_NAMES)}

_ROLES = {
    "navigation": "nav",
    "banner": "header",
    "contentinfo": "footer",
    "complementary": "aside",
    "main": "main",
    "article": "article",
    "search": "form",
    "dialog": "dialog",
    "alertdialog": "dialog",
    "menu": "nav",
    "menubar": "nav",
    "button": "button",
}
_TWINS = "katex-html MathJax MathJax_Preview MathJax_Display MathJax_SVG MathJax_CHTML mwe-math-fallback-image-inline"
_GUTTERS = "gutter linenos lineno line-numbers-rows lnt rouge-gutter blob-num linenodiv"

_REACH = 256  # open elements that a tag looks at
_TEX_REACH = 4096  # tokens of a formula

CUR, OUT, START_AT, SPACE, SRC, SRC_END, IN_LINKS, LINK_COUNT, LAST_LINK, BOLD, BR, LEAF_AT, BLOCKS, NODES = range(14)
TITLE, TITLE_END, OPEN_P, TABLES, DEPTH, DEEPEST, FRESH, FOREIGNS = range(14, 22)
_STATES = 22
_BLANK, _NEWLINE = 1, 2  # what SPACE waits for


class Blocks(NamedTuple):
    """A page in blocks."""

    text: NDArray[np.uint8]
    """All blocks' text in UTF-8, a line end behind each, uint8[bytes]."""
    rows: NDArray[np.int32]
    """int32[blocks, 10]: see the columns ELEMENT to BREAKS."""
    elements: NDArray[np.int32]
    """int32[elements, 7], html and body first: see the columns PARENT to BOX."""
    title: tuple[int, int]
    """Bytes of the page that are the title, (0, 0) if there is none."""
    depth: int
    """Open elements at the deepest place."""


def _marks_of_tags() -> NDArray[np.int64]:
    marks = np.zeros(TAGS, np.int64)
    for name, bit in MARK_OF.items():
        marks[tag_number(name)] = 1 << bit
    flags = ((tags.SKIPPED, SKIP), (tags.PREFORMATTED, PRE), (tags.BOLD, STRONG))
    for flag, mark in flags:
        marks[(TAG_FLAGS & flag) != 0] |= mark
    marks[tag_number("noscript")] |= NOSCRIPT
    marks.flags.writeable = False
    return marks


def _hashes(words: str) -> NDArray[np.int64]:
    found = np.array(sorted(text_hash(word) for word in words.split()), np.int64)
    found.flags.writeable = False
    return found


def _roles() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    keys = np.array([text_hash(role) for role in _ROLES], np.int64)
    marks = np.array([1 << MARK_OF[name] for name in _ROLES.values()], np.int64)
    keys.flags.writeable = marks.flags.writeable = False
    return keys, marks


_MARKS_OF_TAGS = _marks_of_tags()
_ROLE_KEYS, _ROLE_MARKS = _roles()
_TWIN_KEYS, _GUTTER_KEYS, _TEX_KEYS = _hashes(_TWINS), _hashes(_GUTTERS), _hashes("latex tex mwe-math-fallback-png")
_TRUE, _NONE, _TEX_TYPE = text_hash("true"), text_hash("display:none"), text_hash("application/x-tex")
_INVISIBLE = text_hash("visibility:hidden")
_BLOCK = text_hash("block")
_MATH_TEX, _DISPLAY_MODE = text_hash("math/tex"), text_hash("math/tex;mode=display")
_A_CLASS, _A_STYLE, _A_HIDDEN, _A_ARIA, _A_ROLE, _A_HREF, _A_TYPE, _A_ENCODING, _A_ALT, _A_ALTTEXT, _A_DISPLAY = map(
    ATTRIBUTES.index,
    ("class", "style", "hidden", "aria-hidden", "role", "href", "type", "encoding", "alt", "alttext", "display"),
)
_P, _LI, _DD, _DT, _A, _BR, _HR, _IMG, _BUTTON, _BODY, _HTML, _HEAD = map(
    tag_number, ("p", "li", "dd", "dt", "a", "br", "hr", "img", "button", "body", "html", "head")
)
_TABLE, _TR, _TD, _TH, _TBODY, _THEAD, _TFOOT, _TEMPLATE = map(
    tag_number, ("table", "tr", "td", "th", "tbody", "thead", "tfoot", "template")
)
_MATH, _ANNOTATION, _SCRIPT, _TITLE, _FORM, _ADDRESS, _DIV, _Q, _PRE, _OPTION, _SVG, _NOSCRIPT = map(
    tag_number,
    ("math", "annotation", "script", "title", "form", "address", "div", "q", "pre", "option", "svg", "noscript"),
)
_BREAK, _SCOPE, _SPECIAL, _CLOSES_P, _HEADING = tags.BREAK, tags.SCOPE, tags.SPECIAL, tags.CLOSES_P, tags.HEADING
_VOID, _IN_TABLE, _TABLE_SCOPE, _LIST, _BUTTON_SCOPE = (
    tags.VOID,
    tags.IN_TABLE,
    tags.TABLE_SCOPE,
    tags.LIST,
    tags.BUTTON_SCOPE,
)
_FORMATTING, _FOREIGN = tags.FORMATTING, tags.FOREIGN
_A_MARK = 1 << MARK_OF["a"]
_SLASH, _AMPERSAND, _DOLLAR, _LF, _SP = 0x2F, 0x26, 0x24, 0x0A, 0x20
_KIND, _TOKEN_BEGIN, _TOKEN_STOP, _TOKEN_TAG, _TOKEN_FIRST = (
    tokens.KIND,
    tokens.BEGIN,
    tokens.STOP,
    tokens.TAG,
    tokens.FIRST,
)
_NAME, _VALUE, _VALUE_END = tokens.NAME, tokens.VALUE, tokens.VALUE_END


@kernel
def _flags(tag: int) -> int:
    return np.int64(TAG_FLAGS[tag]) if tag < TAGS else np.int64(0)


# ---- text ------------------------------------------------------------------------------------------------------------


@kernel
def _flush(
    state: NDArray[np.int64], text: NDArray[np.uint8], rows: NDArray[np.int32], nodes: NDArray[np.int32]
) -> None:
    """End the block that is being written, if it has any text."""
    state[SPACE] = 0
    begin, stop = state[START_AT], state[OUT]
    if stop == begin:
        return
    while stop > begin and (text[stop - 1] == _LF or text[stop - 1] == _SP or text[stop - 1] == 0x09):
        stop -= 1
    if stop > begin:
        row = state[BLOCKS]
        leaf = state[LEAF_AT]
        rows[row, ELEMENT] = nodes[leaf, BOX]
        rows[row, LEAF] = leaf
        rows[row, BEGIN] = begin
        rows[row, STOP] = stop
        rows[row, SOURCE] = state[SRC]
        rows[row, SOURCE_END] = state[SRC_END]
        rows[row, LINK_BYTES] = min(state[IN_LINKS], stop - begin)
        rows[row, LINKS] = state[LINK_COUNT]
        rows[row, BOLD_BYTES] = min(state[BOLD], stop - begin)
        rows[row, BREAKS] = state[BR]
        state[BLOCKS] = row + 1
        text[stop] = _LF
        stop += 1
    state[OUT] = state[START_AT] = stop
    state[IN_LINKS] = state[LINK_COUNT] = state[LAST_LINK] = state[BOLD] = state[BR] = 0


@kernel
def _kind_of(data: NDArray[np.uint8], at: int, end: int) -> tuple[int, int]:
    """What the character at `at` is, and its bytes: 0 text, 1 blank, 2 nothing (invisible or control)."""
    byte = data[at]
    if byte < 0x80:
        if byte > _SP:
            return (2, 1) if byte == 0x7F else (0, 1)
        return (1, 1) if is_blank(byte) else (2, 1)
    if byte == 0xC2 and at + 1 < end:
        if data[at + 1] == 0xA0:
            return 1, 2
        if data[at + 1] == 0xAD:
            return 2, 2
        return 0, 2
    if byte == 0xE2 and at + 2 < end and data[at + 1] == 0x80:
        last = data[at + 2]
        if last in (0x8B, 0x8E, 0x8F):
            return 2, 3
        if 0x80 <= last <= 0x8A or last in (0xA8, 0xA9, 0xAF):
            return 1, 3
        return 0, 3
    if byte == 0xE3 and at + 2 < end and data[at + 1] == 0x80 and data[at + 2] == 0x80:
        return 1, 3
    if byte == 0xEF and at + 2 < end and data[at + 1] == 0xBB and data[at + 2] == 0xBF:
        return 2, 3
    return 0, 1


@kernel
def _begin_text(
    state: NDArray[np.int64], text: NDArray[np.uint8], nodes: NDArray[np.int32], node: int, source: int
) -> None:
    """Before a visible character: what white space is waiting, and where the block began."""
    out = state[OUT]
    if out == state[START_AT]:
        state[SRC] = source
        state[LEAF_AT] = node
    elif state[SPACE]:
        text[out] = _LF if state[SPACE] == _NEWLINE else _SP
        state[OUT] = out + 1
    state[SPACE] = 0
    link = nodes[node, LINK]
    if link and state[LAST_LINK] != link:
        state[LAST_LINK] = link
        state[LINK_COUNT] += 1


@kernel
def _append(
    data: NDArray[np.uint8],
    begin: int,
    end: int,
    has_references: bool,
    state: NDArray[np.int64],
    text: NDArray[np.uint8],
    nodes: NDArray[np.int32],
    scratch: NDArray[np.uint8],
) -> None:
    """Add the text of the page's bytes from `begin` to `end` to the block."""
    node = state[CUR]
    marks = nodes[node, MARKS]
    if marks & SKIP:
        return
    preserves = marks & PRE != 0
    at = begin
    if preserves and state[FRESH] and at < end and data[at] == _LF:
        at += 1
    state[FRESH] = 0
    before = state[OUT]
    while at < end:
        source = at
        byte = data[at]
        length = 1
        kind = 0
        referenced = False
        if byte == _AMPERSAND and has_references:
            at, length = read_reference(data, at, end, False, scratch)
            if length < 0:
                at, length = source + 1, 1
            else:
                referenced = True
                kind, size = _kind_of(scratch, 0, length)
                if size != length:
                    kind = 0
        elif byte > _SP and byte < 0x7F:
            at += 1
        else:
            kind, length = _kind_of(data, at, end)
            at += length
        if kind == 1:
            if preserves:
                if byte == 0x0D:
                    continue
                if state[OUT] > state[START_AT] or byte != _LF:
                    if state[OUT] == state[START_AT]:
                        state[SRC] = source
                        state[LEAF_AT] = node
                    text[state[OUT]] = byte if byte < 0x80 and not referenced else _SP
                    state[OUT] += 1
            elif state[SPACE] == 0:
                state[SPACE] = _BLANK
        elif kind == 0:
            if state[SPACE] or state[OUT] == state[START_AT] or nodes[node, LINK]:
                _begin_text(state, text, nodes, node, source)
            out = state[OUT]
            if referenced:
                for place in range(length):
                    text[out + place] = scratch[place]
            else:
                for place in range(length):
                    text[out + place] = data[source + place]
            state[OUT] = out + length
            state[SRC_END] = at
    added = state[OUT] - before
    if nodes[node, LINK]:
        state[IN_LINKS] += added
    if marks & STRONG:
        state[BOLD] += added


@kernel
def _append_tex(
    data: NDArray[np.uint8],
    begin: int,
    end: int,
    is_display: bool,
    has_references: bool,
    state: NDArray[np.int64],
    text: NDArray[np.uint8],
    nodes: NDArray[np.int32],
    scratch: NDArray[np.uint8],
) -> None:
    """Add a formula between dollars; MediaWiki's "{\\displaystyle …}" is unwrapped."""
    while begin < end and is_blank(data[begin]):
        begin += 1
    while end > begin and is_blank(data[end - 1]):
        end -= 1
    if _starts_displaystyle(data, begin, end):
        begin += 15
        end -= 1
    if begin >= end or nodes[state[CUR], MARKS] & SKIP:
        return
    _begin_text(state, text, nodes, state[CUR], begin)
    for _ in range(2 if is_display else 1):
        text[state[OUT]] = _DOLLAR
        state[OUT] += 1
    while begin < end and is_blank(data[begin]):
        begin += 1
    _append(data, begin, end, has_references, state, text, nodes, scratch)
    for _ in range(2 if is_display else 1):
        text[state[OUT]] = _DOLLAR
        state[OUT] += 1
    state[SRC_END] = end


@kernel
def _starts_displaystyle(data: NDArray[np.uint8], begin: int, end: int) -> bool:
    if end - begin < 17 or data[begin] != 0x7B or data[begin + 1] != 0x5C or data[end - 1] != 0x7D:
        return False
    value = np.int64(0)
    for at in range(begin + 2, begin + 14):
        value = value * HASH_BASE + np.int64(data[at])
    return value == _DISPLAYSTYLE


_DISPLAYSTYLE = text_hash("displaystyle")

# ---- elements --------------------------------------------------------------------------------------------------------


@kernel
def _pop_to(size: int, state: NDArray[np.int64], nodes: NDArray[np.int32]) -> None:
    """Close open elements until `size` is the innermost."""
    while state[CUR] != size:
        tag = nodes[state[CUR], TAG]
        state[OPEN_P] -= tag == _P
        state[TABLES] -= tag == _TABLE
        state[FOREIGNS] -= tag in (_SVG, _MATH)
        state[DEPTH] -= 1
        state[CUR] = nodes[state[CUR], PARENT]


@kernel
def _find_open(tag: int, barrier: int, state: NDArray[np.int64], nodes: NDArray[np.int32]) -> int:
    """Innermost open element of that tag with none of the barrier's above it, or -1."""
    node = state[CUR]
    for _ in range(_REACH):
        if node <= 1:
            return -1
        found = nodes[node, TAG]
        if found == tag:
            return node
        if _flags(found) & barrier:
            return -1
        node = nodes[node, PARENT]
    return -1


@kernel
def _end_item(first: int, second: int, state: NDArray[np.int64], nodes: NDArray[np.int32]) -> None:
    """Close the list item (li, or dd and dt) that a new one follows."""
    node = state[CUR]
    for _ in range(_REACH):
        tag = nodes[node, TAG]
        if node <= 1:
            return
        if tag in (first, second):
            _pop_to(nodes[node, PARENT], state, nodes)
            return
        if _flags(tag) & _SPECIAL and tag not in (_ADDRESS, _DIV, _P):
            return
        node = nodes[node, PARENT]


@kernel
def _open_table_part(tag: int, state: NDArray[np.int64], nodes: NDArray[np.int32]) -> None:
    """Close what a row, a cell or another part of a table closes."""
    is_cell = tag in (_TD, _TH)
    node = state[CUR]
    for _ in range(_REACH):
        if node <= 1:
            return
        owner = nodes[node, TAG]
        is_body = owner in (_TBODY, _THEAD, _TFOOT)
        if owner in (_TABLE, _TEMPLATE) or (is_cell and owner == _TR) or (is_body and (is_cell or tag == _TR)):
            _pop_to(node, state, nodes)
            return
        node = nodes[node, PARENT]


@kernel
def _end_link(state: NDArray[np.int64], nodes: NDArray[np.int32]) -> None:
    """End the open link. What is open inside stays open and is no link any more, as its copies are in the tree."""
    link = nodes[state[CUR], LINK]
    if link == 0:
        return
    node = state[CUR]
    for _ in range(_REACH):
        if node == link or node <= 1 or _flags(nodes[node, TAG]) & (_SPECIAL | _SCOPE):
            break
        node = nodes[node, PARENT]
    if node == link:
        _pop_to(nodes[link, PARENT], state, nodes)
        return
    node = state[CUR]
    for _ in range(_REACH):
        if nodes[node, LINK] != link:
            break
        nodes[node, LINK] = 0
        nodes[node, MARKS] &= ~_A_MARK
        node = nodes[node, PARENT]


@kernel
def _close_implied(tag: int, flags: int, state: NDArray[np.int64], nodes: NDArray[np.int32]) -> None:
    """Close whatever a start tag closes."""
    if flags & _CLOSES_P and state[OPEN_P]:
        place = _find_open(_P, _SCOPE | _BUTTON_SCOPE, state, nodes)
        if place >= 0:
            _pop_to(nodes[place, PARENT], state, nodes)
    if tag == _LI:
        _end_item(_LI, _LI, state, nodes)
    elif tag in (_DD, _DT):
        _end_item(_DD, _DT, state, nodes)
    elif flags & _HEADING:
        if _flags(nodes[state[CUR], TAG]) & _HEADING:
            _pop_to(nodes[state[CUR], PARENT], state, nodes)
    elif tag == _A:
        _end_link(state, nodes)
    elif tag == _BUTTON:
        place = _find_open(_BUTTON, _SCOPE, state, nodes)
        if place >= 0:
            _pop_to(nodes[place, PARENT], state, nodes)
    elif tag == _OPTION:
        if nodes[state[CUR], TAG] == _OPTION:
            _pop_to(nodes[state[CUR], PARENT], state, nodes)
    elif tag == _TABLE:
        if _flags(nodes[state[CUR], TAG]) & _IN_TABLE and nodes[state[CUR], TAG] not in (_TD, _TH):
            place = _find_open(_TABLE, 0, state, nodes)
            if place >= 0:
                _pop_to(nodes[place, PARENT], state, nodes)
    elif flags & _IN_TABLE:
        _open_table_part(tag, state, nodes)


@kernel
def _end_tag(tag: int, state: NDArray[np.int64], nodes: NDArray[np.int32]) -> None:
    """Take an end tag into account."""
    flags = _flags(tag)
    if tag == _A:
        _end_link(state, nodes)
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
    place = _find_open(tag, barrier, state, nodes)
    if place < 0:
        return
    if tag == _FORM and place != state[CUR]:
        nodes[place, TAG] = _DIV  # what is open in it stays open
    else:
        _pop_to(nodes[place, PARENT], state, nodes)


# ---- attributes ------------------------------------------------------------------------------------------------------


@kernel
def value_hash(data: NDArray[np.uint8], begin: int, end: int) -> int:
    """Hash of a value in lower case without its blanks; long ones by their first 64 bytes."""
    value = np.int64(0)
    for at in range(begin, min(end, begin + 64)):
        byte = np.int64(data[at])
        if (byte > _SP and byte != 0x3B) or (byte == 0x3B and at + 1 < end):
            value = value * HASH_BASE + (byte | 0x20 if 0x41 <= byte <= 0x5A else byte)
    return value


@kernel
def _has_class(data: NDArray[np.uint8], begin: int, end: int, wanted: NDArray[np.int64]) -> bool:
    """Whether one of the classes (as written) is wanted."""
    value = np.int64(0)
    for at in range(begin, end + 1):
        if at == end or is_blank(data[at]):
            if value:
                for key in wanted:
                    if key == value:
                        return True
            value = np.int64(0)
        else:
            value = value * HASH_BASE + np.int64(data[at])
    return False


@kernel
def _hides(data: NDArray[np.uint8], begin: int, end: int) -> bool:
    """Whether a style hides the element: display:none or visibility:hidden among its first 256 bytes."""
    value = np.int64(0)
    for at in range(begin, min(end, begin + 256) + 1):
        if at == min(end, begin + 256) or data[at] == 0x3B or data[at] == 0x21:
            if value in (_NONE, _INVISIBLE):
                return True
            value = np.int64(0)
        elif data[at] > _SP:
            value = value * HASH_BASE + np.int64(data[at] | 0x20 if 0x41 <= data[at] <= 0x5A else data[at])
    return False


@kernel
def _own_marks(
    data: NDArray[np.uint8], tag: int, first: int, last: int, attributes: NDArray[np.int32]
) -> tuple[int, bool]:
    """Marks of an element by its tag and attributes, and whether it is a link."""
    marks = _MARKS_OF_TAGS[tag] if tag < TAGS else np.int64(0)
    is_link = False
    for row in range(first, last):
        name, begin, end = attributes[row, _NAME], attributes[row, _VALUE], attributes[row, _VALUE_END]
        if name == _A_HREF:
            is_link = tag == _A
        elif name == _A_CLASS:
            if _has_class(data, begin, end, _TWIN_KEYS) or (
                (tag in (_TD, _TH, _PRE) or not _flags(tag) & _BREAK) and _has_class(data, begin, end, _GUTTER_KEYS)
            ):
                marks |= SKIP
        elif name == _A_HIDDEN:
            marks |= HIDDEN
        elif name == _A_ARIA:
            if value_hash(data, begin, end) == _TRUE:
                marks |= HIDDEN
        elif name == _A_STYLE:
            if _hides(data, begin, end):
                marks |= HIDDEN
        elif name == _A_ROLE:
            role = value_hash(data, begin, end)
            for place in range(len(_ROLE_KEYS)):
                if _ROLE_KEYS[place] == role:
                    marks |= _ROLE_MARKS[place]
    return marks, is_link


@kernel
def _find(attributes: NDArray[np.int32], first: int, last: int, name: int) -> int:
    """Row of an attribute, or -1."""
    for row in range(first, last):
        if attributes[row, _NAME] == name:
            return row
    return -1


@kernel
def _value_is(
    data: NDArray[np.uint8], attributes: NDArray[np.int32], first: int, last: int, name: int, value: int
) -> bool:
    row = _find(attributes, first, last, name)
    return row >= 0 and value_hash(data, attributes[row, _VALUE], attributes[row, _VALUE_END]) == value


# ---- the page --------------------------------------------------------------------------------------------------------


@kernel
def _annotation(data: NDArray[np.uint8], page: Tokens, token: int) -> int:
    """Token with the TeX of the formula whose start tag is `token`: its annotation's text; -1 if it has none."""
    for at in range(token + 1, min(len(page.rows) - 2, token + _TEX_REACH)):
        kind, tag = page.rows[at, _KIND], page.rows[at, _TOKEN_TAG]
        if tag == _MATH and kind in (tokens.START, tokens.END):
            return -1
        if kind == tokens.START and tag == _ANNOTATION and page.rows[at + 1, _KIND] == tokens.TEXT:
            first, last = page.rows[at, _TOKEN_FIRST], page.rows[at + 1, _TOKEN_FIRST]
            if _value_is(data, page.attributes, first, last, _A_ENCODING, _TEX_TYPE):
                return at + 1
    return -1


@kernel
def _formula(
    data: NDArray[np.uint8],
    page: Tokens,
    token: int,
    state: NDArray[np.int64],
    text: NDArray[np.uint8],
    nodes: NDArray[np.int32],
    scratch: NDArray[np.uint8],
) -> bool:
    """Write the TeX of the formula whose start tag is `token`; false if the page carries none."""
    first, last = page.rows[token, _TOKEN_FIRST], page.rows[token + 1, _TOKEN_FIRST]
    is_display = _value_is(data, page.attributes, first, last, _A_DISPLAY, _BLOCK)
    found = _annotation(data, page, token)
    if found >= 0:
        begin, end = page.rows[found, _TOKEN_BEGIN], page.rows[found, _TOKEN_STOP]
    else:
        row = _find(page.attributes, first, last, _A_ALTTEXT)
        if row < 0:
            return False
        begin, end = page.attributes[row, _VALUE], page.attributes[row, _VALUE_END]
    _append_tex(data, begin, end, is_display, True, state, text, nodes, scratch)
    return True


@kernel
def _line_break(
    state: NDArray[np.int64], text: NDArray[np.uint8], rows: NDArray[np.int32], nodes: NDArray[np.int32]
) -> None:
    """A <br>: a line end, and the second of two ends the block."""
    if nodes[state[CUR], MARKS] & SKIP:
        return
    if nodes[state[CUR], MARKS] & PRE:
        if state[OUT] > state[START_AT]:
            text[state[OUT]] = _LF
            state[OUT] += 1
    elif state[SPACE] == _NEWLINE:
        _flush(state, text, rows, nodes)
    elif state[OUT] > state[START_AT]:
        state[SPACE] = _NEWLINE
        state[BR] += 1


@kernel
def _open(
    data: NDArray[np.uint8],
    page: Tokens,
    token: int,
    state: NDArray[np.int64],
    nodes: NDArray[np.int32],
) -> int:
    """Add the element of a start tag, open unless it is void; its row."""
    tag = page.rows[token, _TOKEN_TAG]
    first, last = page.rows[token, _TOKEN_FIRST], page.rows[token + 1, _TOKEN_FIRST]
    parent = state[CUR]
    node = state[NODES]
    state[NODES] = node + 1
    marks, is_link = _own_marks(data, tag, first, last, page.attributes)
    flags = _flags(tag)
    nodes[node, PARENT] = parent
    nodes[node, TAG] = tag
    nodes[node, FIRST] = first
    nodes[node, LAST] = last
    nodes[node, MARKS] = nodes[parent, MARKS] | marks
    nodes[node, LINK] = node if is_link else nodes[parent, LINK]
    nodes[node, BOX] = node if flags & _BREAK else nodes[parent, BOX]
    closes_itself = data[page.rows[token, _TOKEN_STOP] - 2] == _SLASH and state[FOREIGNS] > 0
    if flags & _VOID or closes_itself:
        return node
    state[CUR] = node
    state[OPEN_P] += tag == _P
    state[TABLES] += tag == _TABLE
    state[FOREIGNS] += tag in (_SVG, _MATH)
    state[DEPTH] += 1
    state[DEEPEST] = max(state[DEEPEST], state[DEPTH])
    state[FRESH] = 1
    return node


@kernel
def _start_tag(
    data: NDArray[np.uint8],
    page: Tokens,
    token: int,
    state: NDArray[np.int64],
    text: NDArray[np.uint8],
    rows: NDArray[np.int32],
    nodes: NDArray[np.int32],
    scratch: NDArray[np.uint8],
) -> None:
    """Take a start tag into account."""
    tag = page.rows[token, _TOKEN_TAG]
    first, last = page.rows[token, _TOKEN_FIRST], page.rows[token + 1, _TOKEN_FIRST]
    flags = _flags(tag)
    if flags & _BREAK or tag == _HR:
        _flush(state, text, rows, nodes)
    if tag == _BR:
        _line_break(state, text, rows, nodes)
        return
    if tag in (_HTML, _BODY):
        node = 0 if tag == _HTML else 1
        if nodes[node, LAST] == 0:
            nodes[node, FIRST], nodes[node, LAST] = first, last
        return
    if tag == _HEAD or (flags & _IN_TABLE and state[TABLES] == 0):
        return
    if state[FOREIGNS] and flags & tags.BREAKS_OUT:
        place = max(_find_open(_SVG, 0, state, nodes), _find_open(_MATH, 0, state, nodes))
        if place >= 0:
            _pop_to(nodes[place, PARENT], state, nodes)
    _close_implied(tag, flags, state, nodes)
    if tag == _MATH:
        has_tex = _formula(data, page, token, state, text, nodes, scratch)
        node = _open(data, page, token, state, nodes)
        if has_tex:
            nodes[node, MARKS] |= SKIP
        return
    if tag == _IMG:
        row = _find(page.attributes, first, last, _A_ALT)
        names = _find(page.attributes, first, last, _A_CLASS)
        if row >= 0 and names >= 0:
            begin, end = page.attributes[names, _VALUE], page.attributes[names, _VALUE_END]
            if _has_class(data, begin, end, _TEX_KEYS):
                begin, end = page.attributes[row, _VALUE], page.attributes[row, _VALUE_END]
                _append_tex(data, begin, end, False, True, state, text, nodes, scratch)
    _open(data, page, token, state, nodes)


@kernel
def _raw_text(
    data: NDArray[np.uint8],
    page: Tokens,
    token: int,
    state: NDArray[np.int64],
    text: NDArray[np.uint8],
    nodes: NDArray[np.int32],
    scratch: NDArray[np.uint8],
) -> None:
    """Text without markup: the first title's place is kept, formulas in scripts are written, other scripts are not."""
    begin, stop, tag = page.rows[token, _TOKEN_BEGIN], page.rows[token, _TOKEN_STOP], page.rows[token, _TOKEN_TAG]
    if tag == _TITLE:
        if state[TITLE_END] == 0:
            state[TITLE], state[TITLE_END] = begin, stop
    elif tag == _SCRIPT:
        row = _find(page.attributes, page.rows[token - 1, _TOKEN_FIRST], page.rows[token, _TOKEN_FIRST], _A_TYPE)
        if row < 0:
            return
        mode = value_hash(data, page.attributes[row, _VALUE], page.attributes[row, _VALUE_END])
        if mode in (_MATH_TEX, _DISPLAY_MODE):
            script = state[CUR]
            state[CUR] = nodes[script, PARENT]
            _append_tex(data, begin, stop, mode == _DISPLAY_MODE, False, state, text, nodes, scratch)
            state[CUR] = script
    else:
        _append(data, begin, stop, False, state, text, nodes, scratch)


@kernel
def build_blocks(data: NDArray[np.uint8], page: Tokens) -> Blocks:
    """The blocks of a page.

    Args:
        data: the page in UTF-8, uint8[bytes].
        page: its tokens.
    """
    count = len(page.rows) - 1
    text = np.empty(len(data) * LONGEST_VALUE // (LONGEST_VALUE - 1) + 64, np.uint8)
    rows = np.empty((count + 2, 10), np.int32)
    nodes = np.empty((count + 3, 7), np.int32)
    nodes[:2] = 0
    nodes[0, TAG] = _HTML
    nodes[1, TAG] = _BODY
    nodes[1, BOX] = 1
    scratch = np.empty(8, np.uint8)
    state = np.zeros(_STATES, np.int64)
    state[CUR] = 1
    state[NODES] = 2
    for token in range(count):
        kind = page.rows[token, _KIND]
        tag = page.rows[token, _TOKEN_TAG]
        if kind in (tokens.TEXT, tokens.CDATA):
            begin, stop = page.rows[token, _TOKEN_BEGIN], page.rows[token, _TOKEN_STOP]
            _append(data, begin, stop, kind == tokens.TEXT, state, text, nodes, scratch)
        elif kind == tokens.START:
            _start_tag(data, page, token, state, text, rows, nodes, scratch)
        elif kind == tokens.RAW:
            _raw_text(data, page, token, state, text, nodes, scratch)
        elif tag == _BR:
            _line_break(state, text, rows, nodes)
        else:
            if _flags(tag) & _BREAK:
                _flush(state, text, rows, nodes)
            _end_tag(tag, state, nodes)
    _flush(state, text, rows, nodes)
    title = (state[TITLE], state[TITLE_END])
    return Blocks(text[: state[OUT]], rows[: state[BLOCKS]], nodes[: state[NODES]], title, state[DEEPEST])
