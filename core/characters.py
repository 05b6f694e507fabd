"""What kind of character each code point is: one frozen table that every text kernel looks up.

The table is `characters.npz`, uint16[0x110000], one bit per class below. It is made by `build_classes` from Python's
unicodedata (Unicode 14, Python 3.11) and `end_marks.txt`, and shipped, so that a page is judged alike under every
Python. `python -m gristmill.core.characters` writes it again.
"""

import string
import sys
import unicodedata
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel

CODE_POINTS = 0x110000
UNICODE_VERSION = "14.0.0"

SPACE = 1 << 0  # str.isspace
LINE_BREAK = 1 << 1  # where str.splitlines cuts
ALPHABETIC = 1 << 2  # str.isalpha
SYMBOL = 1 << 3  # a word of these alone is no word: datatrove's PUNCTUATION set, 281 code points
END_MARK = 1 << 4  # ends a sentence in some script: 159 code points
LOWER = 1 << 5  # lower-case letter, or a letter or mark of a script without case
UPPER = 1 << 6  # upper-case letter, or a letter or mark of a script without case
DIGIT = 1 << 7  # 0 to 9
PREFIX = 1 << 8  # split off the front of a chunk
SUFFIX = 1 << 9  # split off the end of a chunk
ICON = 1 << 10  # category So: split off wherever it stands
QUOTE = 1 << 11
CURRENCY = 1 << 12
BEFORE_DOT = 1 << 13  # a full stop after one of these is a mark of its own
INFIX = 1 << 14  # may cut a chunk where it stands between others
APOSTROPHE = 1 << 15

# Of a word (core/words.py), by the classes of its characters.
HAS_LETTER = 1  # some character is alphabetic
NOT_SYMBOL = 2  # some character is no mark, space or control character
LETTERS = 4  # ASCII letters alone (told of words between spaces only)
TAILED = 8  # ASCII letters and one other ASCII character behind them (likewise)

_TABLE = Path(__file__).with_name("characters.npz")
_END_MARKS = Path(__file__).with_name("end_marks.txt")

_SYMBOLS = string.punctuation + " ”“„«»《》、。，；：％１〈「」【】（）？！～．’∶´–—━…►"
_CONTROLS = (*range(9), 0x0B, 0x0C, *range(0x0D, 0x20), *range(0x7F, 0xA0))
_LINE_BREAKS = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
_CURRENCIES = "$£€¥฿﷼" + "".join(map(chr, range(0x20A0, 0x20C0)))
_MARKS = ",:;!?¿؟¡()[]{}<>_#*&。？！，、；：～·।،۔؛٪…"
_QUOTES = "'\"”“`‘´’‚„»«「」『』（）〔〕【】《》〈〉〈〉⟦⟧"


def end_marks(path: Path = _END_MARKS) -> frozenset[int]:
    """The 159 code points that end a sentence in some script."""
    marks: set[int] = set()
    for line in path.read_text("ascii").splitlines():
        if not line.startswith("#"):
            first, _, last = line.partition("-")
            marks.update(range(int(first, 16), int(last or first, 16) + 1))
    return frozenset(marks)


def build_classes() -> NDArray[np.uint16]:
    """Make the table from unicodedata and the lists above, uint16[0x110000]."""
    table = np.zeros(CODE_POINTS, np.uint16)
    for code in range(CODE_POINTS):
        table[code] = _category_classes(chr(code))
    marks = end_marks()
    for characters, classes in (
        (_LINE_BREAKS, LINE_BREAK),
        (_SYMBOLS, SYMBOL),
        (map(chr, _CONTROLS), SYMBOL),
        (map(chr, marks), SYMBOL | END_MARK),
        (string.digits, DIGIT | BEFORE_DOT),
        (_CURRENCIES, CURRENCY | PREFIX),
        (_MARKS, PREFIX | SUFFIX | BEFORE_DOT),
        (_QUOTES, PREFIX | SUFFIX | QUOTE | BEFORE_DOT),
        ("—–", PREFIX | SUFFIX),
        ("§%=", PREFIX),
        ("%²-+", BEFORE_DOT),
        (".…+-*^,–—~:<>=/", INFIX),
        ("'’", APOSTROPHE),
    ):
        for character in characters:
            table[ord(character)] |= classes
    return table


def _category_classes(character: str) -> int:
    category = unicodedata.category(character)
    classes = SPACE if character.isspace() else 0
    classes |= ALPHABETIC if character.isalpha() else 0
    if category == "Ll":
        classes |= LOWER | BEFORE_DOT
    elif category in ("Lu", "Lt"):
        classes |= UPPER
    elif category in ("Lo", "Lm", "Mn", "Mc"):
        classes |= LOWER | UPPER | BEFORE_DOT
    elif category == "So":
        classes |= ICON | PREFIX | SUFFIX | INFIX
    return classes


@lru_cache
def classes() -> NDArray[np.uint16]:
    """The classes of every code point, uint16[0x110000], read-only."""
    with np.load(_TABLE) as file:
        table: NDArray[np.uint16] = file["classes"]
    table.flags.writeable = False
    return table


@kernel
def decode(data: NDArray[np.uint8], at: int) -> tuple[int, int]:
    """The code point that starts at a byte of valid UTF-8, and how many bytes it takes."""
    lead = int(data[at])
    if lead < 0x80:
        return lead, 1
    if lead < 0xE0:
        return (lead & 0x1F) << 6 | int(data[at + 1]) & 0x3F, 2
    if lead < 0xF0:
        return (lead & 0x0F) << 12 | (int(data[at + 1]) & 0x3F) << 6 | int(data[at + 2]) & 0x3F, 3
    high = (lead & 0x07) << 18 | (int(data[at + 1]) & 0x3F) << 12
    return high | (int(data[at + 2]) & 0x3F) << 6 | int(data[at + 3]) & 0x3F, 4


@kernel
def count_code_points(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Length of each text in code points, int64[texts]."""
    counts = np.zeros(len(offsets) - 1, np.int64)
    for row in range(len(counts)):
        count = 0
        for at in range(offsets[row], offsets[row + 1]):
            count += data[at] & 0xC0 != 0x80
        counts[row] = count
    return counts


if __name__ == "__main__":
    if unicodedata.unidata_version != UNICODE_VERSION:
        sys.exit(f"this Python knows Unicode {unicodedata.unidata_version}; the table is made from {UNICODE_VERSION}")
    np.savez_compressed(_TABLE, classes=build_classes())
