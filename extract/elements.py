"""Elements of a page: their columns, and the marks that a tag and its attributes give to an element and what is in it."""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import inlined
from gristmill.extract import tags
from gristmill.extract.scan import is_blank
from gristmill.extract.tags import TAG_FLAGS, TAGS, mix, tag_number, text_hash, whole
from gristmill.extract.tokens import ATTRIBUTES, NAME, VALUE, VALUE_END

PARENT, TAG, FIRST, LAST, MARKS, LINK, BOX = range(7)
"""Columns of elements: row of the parent, number of the tag, attributes from and to, marks, row of the enclosing link (0
if none), row of the nearest block-level element, itself included."""

SKIP, PRE, HIDDEN, NOSCRIPT, STRONG = 1, 2, 4, 8, 16
"""Marks, inherited by what is inside: no text of the page, white space counts, hidden, in <noscript>, bold."""

# The marks that tell what kind of element a text is in; features.
_MARK_NAMES_TEXT = """
    article main section aside nav header footer form table ul ol figure details blockquote button dialog
    address dl figcaption a h1 h2 h3 summary label li p td th dt dd pre code
"""
_MARK_NAMES = _MARK_NAMES_TEXT.split()
MARK_OF = {name: 5 + place for place, name in enumerate(_MARK_NAMES)}

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
_TWIN_KEYS, _GUTTER_KEYS = _hashes(_TWINS), _hashes(_GUTTERS)
TEX_CLASSES = _hashes("latex tex mwe-math-fallback-png")
"""Classes of pictures of formulas whose alt is TeX."""

_TRUE, _NONE, _INVISIBLE = text_hash("true"), text_hash("display:none"), text_hash("visibility:hidden")
_CLASS, _STYLE, _HIDDEN, _ARIA_HIDDEN, _ROLE, _HREF = map(
    ATTRIBUTES.index, ("class", "style", "hidden", "aria-hidden", "role", "href")
)
_A, _TD, _TH, _PRE = map(tag_number, ("a", "td", "th", "pre"))
_BREAK = tags.BREAK
A_MARK = 1 << MARK_OF["a"]


@inlined
def tag_flags(tag: int) -> int:
    """The flags of a tag by its number."""
    return whole(TAG_FLAGS[tag]) if tag < TAGS else 0


@inlined
def value_hash(data: NDArray[np.uint8], begin: int, end: int) -> int:
    """Hash of a value in lower case without its blanks; long ones by their first 64 bytes."""
    value = 0
    for at in range(begin, min(end, begin + 64)):
        byte = whole(data[at])
        if (byte > 0x20 and byte != 0x3B) or (byte == 0x3B and at + 1 < end):
            value = mix(value, byte | 0x20 if 0x41 <= byte <= 0x5A else byte)
    return value


@inlined
def has_class(data: NDArray[np.uint8], begin: int, end: int, wanted: NDArray[np.int64]) -> bool:
    """Whether one of the classes (as written) is wanted."""
    value = 0
    for at in range(begin, end + 1):
        if at == end or is_blank(data[at]):
            if value:
                for key in wanted:
                    if key == value:
                        return True
            value = 0
        else:
            value = mix(value, whole(data[at]))
    return False


@inlined
def _hides(data: NDArray[np.uint8], begin: int, end: int) -> bool:
    """Whether a style hides the element: display:none or visibility:hidden among its first 256 bytes."""
    value = 0
    for at in range(begin, min(end, begin + 256) + 1):
        if at == min(end, begin + 256) or data[at] == 0x3B or data[at] == 0x21:
            if value in (_NONE, _INVISIBLE):
                return True
            value = 0
        elif data[at] > 0x20:
            value = mix(value, whole(data[at] | 0x20 if 0x41 <= data[at] <= 0x5A else data[at]))
    return False


@inlined
def own_marks(
    data: NDArray[np.uint8], tag: int, first: int, last: int, attributes: NDArray[np.int32]
) -> tuple[int, bool]:
    """Marks of an element by its tag and attributes, and whether it is a link."""
    marks = _MARKS_OF_TAGS[tag] if tag < TAGS else 0
    is_link = False
    for row in range(first, last):
        name, begin, end = attributes[row, NAME], attributes[row, VALUE], attributes[row, VALUE_END]
        if name == _HREF:
            is_link = tag == _A
        elif name == _CLASS:
            if has_class(data, begin, end, _TWIN_KEYS) or (
                (tag in (_TD, _TH, _PRE) or not tag_flags(tag) & _BREAK) and has_class(data, begin, end, _GUTTER_KEYS)
            ):
                marks |= SKIP
        elif name == _HIDDEN:
            marks |= HIDDEN
        elif name == _ARIA_HIDDEN:
            if value_hash(data, begin, end) == _TRUE:
                marks |= HIDDEN
        elif name == _STYLE:
            if _hides(data, begin, end):
                marks |= HIDDEN
        elif name == _ROLE:
            role = value_hash(data, begin, end)
            for place in range(len(_ROLE_KEYS)):
                if _ROLE_KEYS[place] == role:
                    marks |= _ROLE_MARKS[place]
    return marks, is_link


@inlined
def find_attribute(attributes: NDArray[np.int32], first: int, last: int, name: int) -> int:
    """Row of an attribute, or -1."""
    for row in range(first, last):
        if attributes[row, NAME] == name:
            return row
    return -1


@inlined
def value_is(
    data: NDArray[np.uint8], attributes: NDArray[np.int32], first: int, last: int, name: int, value: int
) -> bool:
    """Whether the attribute is there and its value has that hash (see `value_hash`)."""
    row = find_attribute(attributes, first, last, name)
    return row >= 0 and value_hash(data, attributes[row, VALUE], attributes[row, VALUE_END]) == value
