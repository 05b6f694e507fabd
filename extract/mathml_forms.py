"""What TeX has for MathML's elements: for each what is written before its children, around each of them, and behind all.

<mfrac><mi>a</mi><mi>b</mi></mfrac>    \\frac{a}{b}
<msub><mi>x</mi><mn>1</mn></msub>      x_{1}
"""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel
from gristmill.extract.references import read_reference
from gristmill.extract.scan import is_blank
from gristmill.extract.tags import tag_hash
from gristmill.extract.writing import OUT, Writing

_SUB, _SUP = ("_{", "}"), ("^{", "}")
_IN_BRACES, _AS_IT_IS = ("{", "}"), ("", "")
_Form = tuple[str, tuple[tuple[str, str], ...], str]
_FORMS: dict[
    str, _Form
] = {  # before, around each child (what is around the last is around those behind it, too), behind
    "msup": ("", (_AS_IT_IS, _SUP), ""),
    "msub": ("", (_AS_IT_IS, _SUB), ""),
    "msubsup": ("", (_AS_IT_IS, _SUB, _SUP), ""),
    "munder": ("", (_AS_IT_IS, _SUB), ""),
    "munderover": ("", (_AS_IT_IS, _SUB, _SUP), ""),
    "mover": ("\\overset", (_IN_BRACES, _IN_BRACES), ""),
    "mroot": ("\\sqrt", (_IN_BRACES, ("[", "]")), ""),
    "mfrac": ("\\frac", (_IN_BRACES, _IN_BRACES), ""),
    "msqrt": ("\\sqrt{", (_AS_IT_IS,), "}"),
    "mtext": ("\\text{", (_AS_IT_IS,), "}"),
    "mtable": ("\\begin{matrix}", (_AS_IT_IS, (" \\\\ ", "")), "\\end{matrix}"),
    "mtr": ("", (_AS_IT_IS, (" & ", "")), ""),
    "mlabeledtr": ("", (_AS_IT_IS, (" & ", "")), ""),
    "mfenced": ("", (_AS_IT_IS, (", ", "")), ""),  # between fences: see `put_fence`
    "mspace": (" ", (_AS_IT_IS,), ""),
}
SCRIPTS = 5
"""Forms with a lower number have a base."""
TURNED = (5, 6)
"""Forms whose two children stand the other way round in TeX."""
CHILDREN = 3
"""Children that are told apart."""
BEFORE, BEHIND = 0, 1 + 2 * CHILDREN
"""Pieces of a form; between them are those before and behind each child."""

_FENCES = (b"open=(", b"close=)")  # attributes and what they are without being given
_LONGEST_FENCE = 8  # bytes
_AMPERSAND, _DOLLAR, _BACKSLASH, _GREATER, _DOUBLE, _SINGLE, _SPACE = 0x26, 0x24, 0x5C, 0x3E, 0x22, 0x27, 0x20
_ESCAPED = (0x23, 0x24, 0x25, 0x26, 0x7B, 0x7D)  # # $ % & { }


def _pieces() -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """All forms' pieces in a row, and where each begins and ends, int32[forms, 8, 2]."""
    written = b""
    places = np.zeros((len(_FORMS), BEHIND + 1, 2), np.int32)
    for row, (before, around, behind) in enumerate(_FORMS.values()):
        children = [around[min(child, len(around) - 1)] for child in range(CHILDREN)]
        for place, piece in enumerate([before, *(part for pair in children for part in pair), behind]):
            places[row, place] = len(written), len(written) + len(piece)
            written += piece.encode()
    places.flags.writeable = False
    return np.frombuffer(written, np.uint8), places


_PIECES, _PLACES = _pieces()
_NAMES = np.array([tag_hash(name) for name in _FORMS], np.int64)
_NAMES.flags.writeable = False
_OPEN_FENCE, _CLOSE_FENCE = (np.frombuffer(fence, np.uint8) for fence in _FENCES)


@kernel
def form_of(name: int) -> int:
    """The number of an element's form by the hash of its name, or -1."""
    for form in range(len(_NAMES)):
        if _NAMES[form] == name:
            return form
    return -1


@kernel
def put_byte(byte: int, out: Writing) -> None:
    """Write one byte."""
    out.text[out.state[OUT]] = byte
    out.state[OUT] += 1


@kernel
def put_escape(byte: int, out: Writing) -> None:
    """Write what TeX wants before a character that means something to it."""
    if byte in _ESCAPED:
        put_byte(_BACKSLASH, out)


@kernel
def put_piece(form: int, piece: int, out: Writing) -> None:
    """Write a piece of a form."""
    if form >= 0:
        for at in range(_PLACES[form, piece, 0], _PLACES[form, piece, 1]):
            put_byte(_PIECES[at], out)


@kernel
def put_dollars(is_display: bool, out: Writing) -> None:
    """Write what stands around a formula."""
    for _ in range(2 if is_display else 1):
        put_byte(_DOLLAR, out)


@kernel
def put_fence(data: NDArray[np.uint8], at: int, stop: int, closes: bool, out: Writing) -> None:
    """Write the fence before or behind an <mfenced>, by the attributes of its start tag from `at` to `stop`."""
    fence = _CLOSE_FENCE if closes else _OPEN_FENCE
    length = len(fence) - 1
    while at + length < stop:
        place = 0
        while place < length and data[at + place] == fence[place]:
            place += 1
        if place == length and is_blank(data[at - 1]):
            _put_value(data, at + length + (data[at + length] in (_DOUBLE, _SINGLE)), stop, out)
            return
        at += 1
    put_byte(fence[length], out)


@kernel
def _put_value(data: NDArray[np.uint8], at: int, stop: int, out: Writing) -> None:
    """Write the first characters of an attribute's value, which end before white space."""
    left = _LONGEST_FENCE
    while at < stop and not (data[at] in (_DOUBLE, _SINGLE, _GREATER) or is_blank(data[at])):
        behind, length = read_reference(data, at, stop, True, out.scratch) if data[at] == _AMPERSAND else (at, -1)
        if length < 0:
            length = min(1 + (data[at] >= 0xC0) + (data[at] >= 0xE0) + (data[at] >= 0xF0), stop - at)  # of UTF-8
            behind = at + length
            for index in range(length):
                out.scratch[index] = data[at + index]
        if length > left or out.scratch[0] <= _SPACE:
            return
        put_escape(out.scratch[0], out)
        for index in range(length):
            put_byte(out.scratch[index], out)
        left -= length
        at = behind


@kernel
def turn(begin: int, middle: int, out: Writing) -> None:
    """Put the text from `middle` on before that from `begin` on, by turning both and then the whole."""
    end = out.state[OUT]
    for low, high in ((begin, middle), (middle, end), (begin, end)):
        left, right = low, high - 1
        while left < right:
            out.text[left], out.text[right] = out.text[right], out.text[left]
            left += 1
            right -= 1
