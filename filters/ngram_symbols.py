"""Text as the n-gram model of perplexity.py reads it: normalised as CCNet does, line by line, in characters or words.

CCNet (Wenzek et al. 2020, arXiv:1911.00359, text_normalizer.py): lower case, no accents, every digit a 0, punctuation of all
scripts as its ASCII like, nothing unprintable. A line is a sentence; a run of white space is one space, or the end of a
word. The table that says what becomes of a code point is kept in the model's file, so that a model reads a text alike
under every Python.
"""

import unicodedata
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from gristmill.core.characters import decode
from gristmill.core.jit import kernel
from gristmill.core.polynomial import HASH_BASE

Unit: TypeAlias = Literal["characters", "words"]

START, END = 1, 2  # symbols of a line's start and end; those of characters are code points, and 32 or more
FOLDED = 0x3000  # code points below this are looked up, others stay as they are
_NEWLINE, _SPACE = 0x0A, 0x20
_PUNCTUATION = {
    **dict.fromkeys("‘’‚‛´`′", "'"),
    **dict.fromkeys("“”„‟«»″", '"'),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    "…": ".",
    "¿": "?",
    "¡": "!",
    "،": ",",
    "؛": ";",
    "؟": "?",
    "۔": ".",
}


def folding_table() -> NDArray[np.uint16]:
    """What each code point below FOLDED is read as, 0 for nothing: uint16[FOLDED]."""
    return np.array([_folded(chr(code)) for code in range(FOLDED)], np.uint16)


def _folded(character: str) -> int:
    if character.isspace():
        return _SPACE
    category = unicodedata.category(character)
    if category == "Nd":
        return ord("0")
    if category in ("Mn", "Cc", "Cf", "Cn", "Co"):
        return 0
    character = _PUNCTUATION.get(character, character)
    bare = [char for char in unicodedata.normalize("NFD", character.lower()) if unicodedata.category(char) != "Mn"]
    return ord(bare[0]) if len(bare) == 1 else ord(character)


@kernel
def line_symbols(
    data: NDArray[np.uint8], start: int, end: int, folding: NDArray[np.uint16], words: bool, out: NDArray[np.uint64]
) -> int:
    """Write the symbols of one line, START first and END last, to `out`; how many. 2 if there is nothing in the line.

    Args:
        data: UTF-8 bytes.
        start: where the line starts.
        end: where it ends, the newline left out.
        folding: `folding_table`.
        words: whether a symbol is a word, as the hash of its characters, rather than a character.
        out: uint64, at least end - start + 2 long.
    """
    out[0] = np.uint64(START)
    count = 1
    word = np.uint64(0)
    gap = False  # white space since the last symbol
    at = start
    while at < end:
        code, size = decode(data, at)
        at += size
        symbol = code if code >= FOLDED else int(folding[code])
        if symbol == 0:
            continue
        if symbol == _SPACE:
            if word:
                out[count] = word
                count += 1
                word = np.uint64(0)
            gap = count > 1
            continue
        if words:
            letter = symbol >= 0x80 or 0x61 <= symbol <= 0x7A or symbol == 0x30
            if letter:
                word = word * HASH_BASE + np.uint64(symbol)
                continue
            if word:
                out[count] = word
                count += 1
                word = np.uint64(0)
        elif gap:
            out[count] = np.uint64(_SPACE)
            count += 1
        gap = False
        out[count] = np.uint64(symbol)
        count += 1
    if word:
        out[count] = word
        count += 1
    out[count] = np.uint64(END)
    return count + 1


@kernel
def all_symbols(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], folding: NDArray[np.uint16], words: bool
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """The symbols of all lines of all texts that have any, and how long each such line is; for training."""
    size = offsets[-1] - offsets[0]
    symbols = np.empty(3 * size + 3 * len(offsets), np.uint64)
    lengths = np.empty(size + len(offsets), np.int64)
    count = n_lines = 0
    for row in range(len(offsets) - 1):
        start = offsets[row]
        while start < offsets[row + 1]:
            end = start
            while end < offsets[row + 1] and data[end] != _NEWLINE:
                end += 1
            length = line_symbols(data, start, end, folding, words, symbols[count:])
            if length > 2:
                count += length
                lengths[n_lines] = length
                n_lines += 1
            start = end + 1
    return symbols[:count], lengths[:n_lines]
