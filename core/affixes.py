"""How a chunk of text between two whitespaces is cut into words: affixes, addresses, contractions, infixes.

A chunk is an int64 array, one element a character: its code point, and its classes (core/characters.py) shifted by
KIND. One array, because each array handed to a kernel costs as much as a few characters. The kernels set `begins[i]`
where a word begins. The rules are those of spaCy 3.8's blank English tokenizer; core/words.py says what is left out.
"""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.addresses import is_address
from gristmill.core.characters import (
    APOSTROPHE,
    BEFORE_DOT,
    CURRENCY,
    DIGIT,
    ICON,
    INFIX,
    LOWER,
    PREFIX,
    QUOTE,
    SUFFIX,
    UPPER,
)
from gristmill.core.jit import kernel
from gristmill.core.special_words import is_abbreviation, is_unit

KIND = 32  # bits a character's classes are shifted by
CODE = (1 << KIND) - 1

_DOT = 0x2E
_ELLIPSIS = 0x2026
_PLUS = 0x2B
_HYPHEN = 0x2D
_EM_DASH = 0x2014
_COMMA = 0x2C
_DOLLAR = 0x24
_LETTER = LOWER | UPPER
_LONGEST_ABBREVIATION = 8
_LONGEST_UNIT = 4


@kernel
def cut_chunk(chunk: NDArray[np.int64], length: int, some: int, begins: NDArray[np.bool_]) -> None:
    """Mark where the words of a chunk begin; `begins` is all False before, `some` the classes of any character."""
    begins[0] = True
    low, high, whole = _peel(chunk, length, some, begins)
    if whole or high - low < 2:
        return
    if some & INFIX and is_address(chunk, low, high):
        return
    if some & APOSTROPHE:
        cut = _contraction(chunk, low, high)
        if cut > low:
            begins[cut] = True
            return
    if some & INFIX:
        _cut_at_infixes(chunk, low, high, begins)


@kernel
def _peel(chunk: NDArray[np.int64], length: int, some: int, begins: NDArray[np.bool_]) -> tuple[int, int, bool]:
    """Take marks off both ends: what is left, [low, high), and whether it must stay whole."""
    low = 0
    high = length
    while low < high:
        if _is_abbreviation(chunk, low, high):
            return low, high, True
        prefix = _prefix(chunk, low, high)
        if prefix and _is_abbreviation(chunk, low + prefix, high):
            begins[low + prefix] = True
            return low + prefix, high, True
        suffix = _suffix(chunk, low + prefix, high, some)
        if suffix and _is_abbreviation(chunk, low, high - suffix):
            begins[high - suffix] = True
            return low, high - suffix, True
        if prefix + suffix == 0:
            break
        low += prefix
        high -= suffix
        begins[low] = begins[high] = True
    return low, high, False


@kernel
def _is_abbreviation(chunk: NDArray[np.int64], low: int, high: int) -> bool:
    """Whether a piece is one of the words that keep their full stop, or a lone 's."""
    size = high - low
    if size < 2 or size > _LONGEST_ABBREVIATION:
        return False
    if chunk[high - 1] & CODE != _DOT and not (size == 2 and chunk[low] >> KIND & APOSTROPHE):
        return False
    packed = np.uint64(0)
    for i in range(low, high):
        code = chunk[i] & CODE
        if code >= 0x80:
            return False
        packed |= np.uint64(code) << np.uint64(8 * (i - low))
    return is_abbreviation(packed)


@kernel
def _prefix(chunk: NDArray[np.int64], low: int, high: int) -> int:
    """Length of the mark at the start of a piece, or 0."""
    code = chunk[low] & CODE
    kind = chunk[low] >> KIND
    if code in (_DOT, _ELLIPSIS):
        run = 1
        while low + run < high and chunk[low + run] & CODE == code:
            run += 1
        return run if run > 1 or code == _ELLIPSIS else 0
    if kind & PREFIX:
        return 1
    if low + 1 == high:
        return 1 if code == _PLUS else 0
    following = chunk[low + 1] & CODE
    if code == _PLUS:
        return 0 if chunk[low + 1] >> KIND & DIGIT else 1
    if following == _DOLLAR and code in (0x41, 0x43):  # A$ C$
        return 2
    if code == 0x55 and following == 0x53 and low + 2 < high and chunk[low + 2] & CODE == _DOLLAR:  # US$
        return 3
    return 0


@kernel
def _suffix(chunk: NDArray[np.int64], low: int, high: int, some: int) -> int:
    """Length of the mark, unit or 's at the end of a piece, or 0."""
    if low >= high:
        return 0
    code = chunk[high - 1] & CODE
    kind = chunk[high - 1] >> KIND
    if code in (_DOT, _ELLIPSIS):
        run = 1
        while high - run > low and chunk[high - run - 1] & CODE == code:
            run += 1
        return run if run > 1 or code == _ELLIPSIS or _dot_comes_off(chunk, low, high - 1) else 0
    if kind & SUFFIX:
        return 1
    if high - low < 2:
        return 0
    before = chunk[high - 2] >> KIND
    if before & APOSTROPHE and code | 0x20 == 0x73:
        return 2
    if not some & DIGIT:
        return 0
    if before & DIGIT and (code == _PLUS or kind & CURRENCY):
        return 1
    return _unit(chunk, low, high)


@kernel
def _dot_comes_off(chunk: NDArray[np.int64], low: int, dot: int) -> bool:
    """Whether the full stop at `dot` is no part of the word before it: `end.` and `NATO.`, but not `J.` or `U.S.`."""
    if dot == low:
        return False
    before = chunk[dot - 1] >> KIND
    if before & BEFORE_DOT:
        return True
    return dot - low > 1 and before & UPPER != 0 and chunk[dot - 2] >> KIND & UPPER != 0


@kernel
def _unit(chunk: NDArray[np.int64], low: int, high: int) -> int:
    """Length of the unit at the end of a number such as `5km`, or 0."""
    packed = np.uint64(0)
    for size in range(1, _LONGEST_UNIT + 1):
        at = high - size
        if at <= low or chunk[at] & CODE > 0xFFFF:
            return 0
        packed = packed << np.uint64(16) | np.uint64(chunk[at] & CODE)
        if chunk[at - 1] >> KIND & DIGIT:
            return size if is_unit(packed) else 0
    return 0


@kernel
def _contraction(chunk: NDArray[np.int64], low: int, high: int) -> int:
    """Where the second word of letters like `don't` or `we'll` begins, or -1."""
    last = chunk[high - 1] & CODE | 0x20
    mark = high - 2  # of the apostrophe in 't 'd 'm
    cut = mark
    if chunk[mark] >> KIND & APOSTROPHE:
        if last == 0x74:
            cut = mark - 1
            if cut <= low or chunk[cut] & CODE | 0x20 != 0x6E:
                return -1
        elif last not in (0x64, 0x6D):
            return -1
    else:
        mark -= 1  # in 'll 're 've
        cut = mark
        if mark <= low or not chunk[mark] >> KIND & APOSTROPHE:
            return -1
        first = chunk[high - 2] & CODE | 0x20
        if not ((first == 0x6C and last == 0x6C) or (last == 0x65 and first in (0x72, 0x76))):
            return -1
    at = low
    while at < mark and chunk[at] >> KIND & _LETTER:
        at += 1
    return cut if at == mark else -1


@kernel
def _cut_at_infixes(chunk: NDArray[np.int64], low: int, high: int, begins: NDArray[np.bool_]) -> None:
    """Mark each infix of [low, high), and what follows it, as a word; one where a piece starts does not cut."""
    start = low  # of the piece before the infix
    at = low
    while at < high:
        if not chunk[at] >> KIND & INFIX:
            at += 1
            continue
        end = at + _infix(chunk, low, at, high)
        if end > at > start:
            begins[at] = begins[end] = True
            start = end
        at = max(end, at + 1)


@kernel
def _infix(chunk: NDArray[np.int64], low: int, at: int, high: int) -> int:
    """Length of the infix that starts at `at` within [low, high), or 0."""
    code = chunk[at] & CODE
    if code == _ELLIPSIS or chunk[at] >> KIND & ICON:
        return 1
    if code == _DOT and at + 1 < high and chunk[at + 1] & CODE == _DOT:
        run = 2
        while at + run < high and chunk[at + run] & CODE == _DOT:
            run += 1
        return run
    if at == low or at + 1 >= high:
        return 0
    before = chunk[at - 1] >> KIND
    after = chunk[at + 1] >> KIND
    if code == _DOT:
        return 1 if before & (LOWER | QUOTE) and after & (UPPER | QUOTE) else 0
    if code == _COMMA:
        return 1 if before & _LETTER and after & _LETTER else 0
    if code in (_PLUS, _HYPHEN, 0x2A, 0x5E):
        if before & DIGIT and (after & DIGIT or chunk[at + 1] & CODE == _HYPHEN):
            return 1
        if code != _HYPHEN:
            return 0
    if not before & (_LETTER | DIGIT):
        return 0
    longest = 3 if code == _HYPHEN else 2 if code == _EM_DASH else 1  # the others are : < > = / – ~
    run = 1
    while run < longest and at + run < high and chunk[at + run] & CODE == code:
        run += 1
    return run if at + run < high and chunk[at + run] >> KIND & _LETTER else 0
