"""How much of a text stands in comments, counted without a parser of each language.

    //   to the line's end, but not in `://`
    #    to the line's end, at its start or behind whitespace, but no directive of C's (`#include`) and not in languages
         whose names for things begin so
    --   to the line's end, at its start and before whitespace
    /* … */, <!-- … -->
    three quotes of a kind up to the next three, if nothing stands before them on the line: docstrings

A quote that is closed on its line is a string, in which no comment begins.
"""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel
from gristmill.filters.code_lines import one_at, text_table

_NEWLINE, _TAB, _SPACE, _BACKSLASH = 0x0A, 0x09, 0x20, 0x5C
_SLASH, _HASH, _DASH, _COLON, _LESS, _STAR = 0x2F, 0x23, 0x2D, 0x3A, 0x3C, 0x2A
_QUOTES = (0x22, 0x27, 0x60)
_LONGEST_STRING = 1000  # bytes: a bound on looking for the end of each of many quotes

_DIRECTIVES = (
    *("#include", "#define", "#undef", "#if", "#else", "#elif", "#endif", "#pragma", "#error", "#region"),
    *("#endregion", "#import", "#line", "#["),
)
# Kernels hold these as constants.
_DIRECTIVE_BYTES, _DIRECTIVE_OFFSETS = text_table(_DIRECTIVES)
_CLOSE_BLOCK, _CLOSE_MARKUP, _OPEN_MARKUP = (np.frombuffer(mark, np.uint8) for mark in (b"*/", b"-->", b"<!--"))
_OPENS = np.zeros(256, np.bool_)  # what may begin a comment or a string, or a line
_OPENS[[_SLASH, _LESS, _HASH, _DASH, _NEWLINE, *_QUOTES]] = True
_TRIPLES = np.frombuffer(b'"""' + b"'''", np.uint8).reshape(2, 3)


@kernel
def comment_chars(data: NDArray[np.uint8], offsets: NDArray[np.int64], hashes: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Code points of each text in comments, int64[texts]; `hashes` says whether `#` begins one there, bool[texts]."""
    counts = np.zeros(len(offsets) - 1, np.int64)
    for row in range(len(counts)):
        at, end = offsets[row], offsets[row + 1]
        alone = True  # nothing but blanks before it on the line
        while at < end:
            byte = data[at]
            if not _OPENS[byte]:
                alone = alone and byte in (_SPACE, _TAB)
                at += 1
                continue
            close = _comment_end(data, offsets[row], at, end, alone, hashes[row])
            if close > at:
                counts[row] += _code_points(data, at, close)
                at = close
            elif byte in _QUOTES:
                at = _string_end(data, at, end)
            else:
                alone = byte == _NEWLINE
                at += 1
                continue
            alone = False
    return counts


@kernel
def _comment_end(data: NDArray[np.uint8], start: int, at: int, end: int, alone: bool, hashes: bool) -> int:
    """Behind the comment that begins at `at`; `at` if none does."""
    byte = data[at]
    following = data[at + 1] if at + 1 < end else 0
    if byte == _SLASH and following == _STAR:
        return _behind(data, at + 2, end, _CLOSE_BLOCK)
    if byte == _SLASH and following == _SLASH and not (at > start and data[at - 1] == _COLON):
        return _line_end(data, at, end)
    if byte == _LESS and _holds(data, at, end, _OPEN_MARKUP):
        return _behind(data, at + len(_OPEN_MARKUP), end, _CLOSE_MARKUP)
    hashed = byte == _HASH and hashes and (alone or data[at - 1] in (_SPACE, _TAB))
    if hashed and not one_at(data, at, end, _DIRECTIVE_BYTES, _DIRECTIVE_OFFSETS):
        return _line_end(data, at, end)
    if byte == _DASH and following == _DASH and alone and (at + 2 == end or data[at + 2] in (_SPACE, _TAB, _NEWLINE)):
        return _line_end(data, at, end)
    if alone:
        for triple in _TRIPLES:
            if _holds(data, at, end, triple):
                return _behind(data, at + len(triple), end, triple)
    return at


@kernel
def _holds(data: NDArray[np.uint8], at: int, end: int, mark: NDArray[np.uint8]) -> bool:
    if at + len(mark) > end:
        return False
    same = True
    for i in range(len(mark)):
        same = same and data[at + i] == mark[i]
    return same


@kernel
def _behind(data: NDArray[np.uint8], at: int, end: int, mark: NDArray[np.uint8]) -> int:
    """Behind the next mark, or the end."""
    while at < end and not _holds(data, at, end, mark):
        at += 1
    return min(at + len(mark), end)


@kernel
def _line_end(data: NDArray[np.uint8], at: int, end: int) -> int:
    while at < end and data[at] != _NEWLINE:
        at += 1
    return at


@kernel
def _string_end(data: NDArray[np.uint8], at: int, end: int) -> int:
    """Behind the string that the quote at `at` opens; behind the quote if its line does not close it."""
    quote = data[at]
    place = at + 1
    while place < min(end, at + _LONGEST_STRING) and data[place] != _NEWLINE:
        if data[place] == quote:
            return place + 1
        escapes = data[place] == _BACKSLASH and place + 1 < end and data[place + 1] != _NEWLINE
        place += 2 if escapes else 1
    return at + 1


@kernel
def _code_points(data: NDArray[np.uint8], start: int, end: int) -> int:
    count = 0
    for byte in data[start:end]:
        count += byte & 0xC0 != 0x80
    return count
