"""Which lines look like code: five clues that a line can give, read in one pass over its bytes.

    ends in `;`, `{` or `}`                                          2
    opens as a comment or directive: `//`, `/*`, `#!`, `#include` …  2
    holds an operator: `==`, `!=`, `->`, `=>`, `::`, `&&`, `||`, `+=`, `:=`, ` = `   1
    holds a call, a letter and `(`, or a name with an underscore     1
    opens with a word such as `def`, `import`, `return`, `public`    1
    is indented by a tab or four spaces                              1

Two points make a line of code. A sentence gives one at times ("return to the mill", "see main()"), hardly ever two.
"""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel

POINTS = 2  # that make a line of code

_KEYWORDS = (
    "import from def class return if for while else elif try except with async await lambda raise assert public "
    "private protected static final void int float double char bool string const let var function func fn package "
    "using namespace struct enum interface extends implements switch case break continue do new delete throw catch "
    "template typename typedef impl pub mod use end module require include local then begin select insert update "
    "create alter drop where echo print export sudo git pip npm"
)
KEYWORDS = tuple(_KEYWORDS.split())
OPENINGS = (
    "//",
    "/*",
    "*/",
    "#!",
    "#include",
    "#define",
    "#if",
    "#endif",
    "#pragma",
    "#[",
    "<?",
    "<!--",
    "@@",
    ">>>",
)
OPERATORS = ("==", "!=", "->", "=>", "::", "&&", "||", "+=", "-=", ":=", " = ", "</", "/>", "<-")

_TAB, _SPACE, _OPEN, _UNDERSCORE = 0x09, 0x20, 0x28, 0x5F
_ENDS = (0x3B, 0x7B, 0x7D)  # ; { }
_INDENT = 4
_LONGEST_WORD = 16


def text_table(texts: tuple[str, ...]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Texts one behind the other, and where each starts."""
    encoded = [text.encode() for text in texts]
    offsets = np.cumsum([0, *map(len, encoded)])
    return np.frombuffer(b"".join(encoded), np.uint8), offsets.astype(np.int64)


# Kernels hold these as constants.
_WORDS, _WORD_OFFSETS = text_table(KEYWORDS)
_OPENING_BYTES, _OPENING_OFFSETS = text_table(OPENINGS)
_OPERATOR_BYTES, _OPERATOR_OFFSETS = text_table(OPERATORS)
_OPERATOR_START = np.zeros(256, np.bool_)
_OPERATOR_START[_OPERATOR_BYTES[_OPERATOR_OFFSETS[:-1]]] = True


@kernel
def code_lines(data: NDArray[np.uint8], starts: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which lines look like code, bool[lines]; lines as in `Lines` (core/lines.py), not stripped."""
    found = np.zeros(len(starts), np.bool_)
    for line in range(len(starts)):
        first, end = starts[line], starts[line] + sizes[line]
        indented = False
        while first < end and _is_blank(data[first]):
            indented |= data[first] == _TAB or first - starts[line] >= _INDENT - 1
            first += 1
        while end > first and _is_blank(data[end - 1]):
            end -= 1
        if first == end:
            continue
        points = 2 * (data[end - 1] in _ENDS)
        if points < POINTS:
            points += 2 * (one_at(data, first, end, _OPENING_BYTES, _OPENING_OFFSETS) > 0)
        if points < POINTS:
            points += indented + _opens_with_keyword(data, first, end) + _has_operator(data, first, end)
        if points < POINTS:
            points += _has_name(data, first, end)
        found[line] = points >= POINTS
    return found


@kernel
def _is_blank(byte: int) -> bool:
    return byte == _SPACE or 0x09 <= byte <= 0x0D


@kernel
def _is_word(byte: int) -> bool:
    """A to Z, a to z, 0 to 9, underscore."""
    return 0x61 <= byte <= 0x7A or 0x41 <= byte <= 0x5A or 0x30 <= byte <= 0x39 or byte == _UNDERSCORE


@kernel
def one_at(data: NDArray[np.uint8], at: int, end: int, texts: NDArray[np.uint8], offsets: NDArray[np.int64]) -> int:
    """Length of the first of some texts that stands at a place, 0 if none does."""
    for i in range(len(offsets) - 1):
        size = offsets[i + 1] - offsets[i]
        if at + size > end:
            continue
        same = True
        for k in range(size):
            same = same and data[at + k] == texts[offsets[i] + k]
        if same:
            return int(size)
    return 0


@kernel
def _opens_with_keyword(data: NDArray[np.uint8], first: int, end: int) -> bool:
    """Whether the line's first word, ASCII letters alone and in lower or upper case, is a keyword."""
    stop = first
    while stop < end and stop - first <= _LONGEST_WORD and _is_word(data[stop]):
        stop += 1
    size = stop - first
    for i in range(len(_WORD_OFFSETS) - 1):
        if _WORD_OFFSETS[i + 1] - _WORD_OFFSETS[i] != size:
            continue
        lower = upper = True
        for k in range(size):
            wanted = _WORDS[_WORD_OFFSETS[i] + k]
            lower = lower and data[first + k] == wanted
            upper = upper and data[first + k] == wanted - 0x20
        if lower or upper:
            return True
    return False


@kernel
def _has_operator(data: NDArray[np.uint8], first: int, end: int) -> bool:
    for at in range(first, end):
        if _OPERATOR_START[data[at]] and one_at(data, at, end, _OPERATOR_BYTES, _OPERATOR_OFFSETS):
            return True
    return False


@kernel
def _has_name(data: NDArray[np.uint8], first: int, end: int) -> bool:
    """Whether a letter, digit or underscore stands right before a round bracket, or an underscore within a word."""
    for at in range(first + 1, end):
        before = data[at - 1]
        if data[at] == _OPEN and _is_word(before):
            return True
        inside = at + 1 < end and before != _UNDERSCORE and _is_word(before)
        if data[at] == _UNDERSCORE and inside and data[at + 1] != _UNDERSCORE and _is_word(data[at + 1]):
            return True
    return False
