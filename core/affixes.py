"""How a chunk of text between two whitespaces is cut into words: affixes, addresses, contractions, infixes.

A chunk is given as code points and their classes (core/characters.py), int32 and uint16 [length]. The kernels set
`begins[i]` where a word begins. The rules are those of spaCy 3.8's blank English tokenizer; core/words.py says what is
left out.
"""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.addresses import is_address
from gristmill.core.characters import BEFORE_DOT, CURRENCY, DIGIT, ICON, LOWER, PREFIX, QUOTE, SUFFIX, UPPER
from gristmill.core.jit import kernel

_DOT = 0x2E
_ELLIPSIS = 0x2026
_PLUS = 0x2B
_HYPHEN = 0x2D
_EN_DASH = 0x2013
_EM_DASH = 0x2014
_TILDE = 0x7E
_COMMA = 0x2C
_APOSTROPHE = 0x27
_TYPOGRAPHIC_APOSTROPHE = 0x2019
_LETTER = LOWER | UPPER
_LONGEST_UNIT = 4


@kernel
def cut_chunk(
    codes: NDArray[np.int32],
    kinds: NDArray[np.uint16],
    length: int,
    begins: NDArray[np.bool_],
    abbreviations: NDArray[np.uint64],
    units: NDArray[np.uint64],
) -> None:
    """Mark where the words of a chunk begin; `begins` is all False before."""
    begins[0] = True
    low, high, whole = _peel(codes, kinds, length, begins, abbreviations, units)
    if whole or high - low < 2 or is_address(codes, kinds, low, high):
        return
    cut = _contraction(codes, kinds, low, high)
    if cut > low:
        begins[cut] = True
        return
    start = low  # of the piece before the infix
    at = low
    while at < high:
        end = at + _infix(codes, kinds, low, at, high)
        if end > at:
            if at > start:
                begins[at] = True
                if end < high:
                    begins[end] = True
                start = end
            at = end
        else:
            at += 1


@kernel
def _peel(
    codes: NDArray[np.int32],
    kinds: NDArray[np.uint16],
    length: int,
    begins: NDArray[np.bool_],
    abbreviations: NDArray[np.uint64],
    units: NDArray[np.uint64],
) -> tuple[int, int, bool]:
    """Take marks off both ends: what is left, [low, high), and whether it must stay whole."""
    low = 0
    high = length
    while low < high:
        if _is_abbreviation(codes, low, high, abbreviations):
            return low, high, True
        prefix = _prefix(codes, kinds, low, high)
        if prefix and _is_abbreviation(codes, low + prefix, high, abbreviations):
            begins[low + prefix] = True
            return low + prefix, high, True
        suffix = _suffix(codes, kinds, low + prefix, high, units)
        if suffix and _is_abbreviation(codes, low, high - suffix, abbreviations):
            begins[high - suffix] = True
            return low, high - suffix, True
        if prefix + suffix == 0:
            break
        low += prefix
        high -= suffix
        begins[low] = begins[high] = True
    return low, high, False


@kernel
def _is_abbreviation(codes: NDArray[np.int32], low: int, high: int, abbreviations: NDArray[np.uint64]) -> bool:
    """Whether a piece is one of the words that keep their full stop, or a lone 's."""
    size = high - low
    if not 2 <= size <= 8 or not (codes[high - 1] == _DOT or (size == 2 and codes[low] == _APOSTROPHE)):
        return False
    packed = np.uint64(0)
    for i in range(low, high):
        if codes[i] >= 0x80:
            return False
        packed |= np.uint64(codes[i]) << np.uint64(8 * (i - low))
    return _contains(abbreviations, packed)


@kernel
def _contains(numbers: NDArray[np.uint64], wanted: np.uint64) -> bool:
    """Binary search in a sorted array."""
    low = 0
    high = len(numbers)
    while low < high:
        middle = (low + high) >> 1
        if numbers[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low < len(numbers) and numbers[low] == wanted


@kernel
def _prefix(codes: NDArray[np.int32], kinds: NDArray[np.uint16], low: int, high: int) -> int:
    """Length of the mark at the start of a piece, or 0."""
    code = codes[low]
    if code in (_DOT, _ELLIPSIS):
        run = 1
        while low + run < high and codes[low + run] == code:
            run += 1
        return run if run > 1 or code == _ELLIPSIS else 0
    if kinds[low] & PREFIX:
        return 1
    if code == _PLUS:
        return 0 if low + 1 < high and kinds[low + 1] & DIGIT else 1
    if code in (0x41, 0x43) and low + 1 < high and codes[low + 1] == 0x24:  # A$ C$
        return 2
    if code == 0x55 and low + 2 < high and codes[low + 1] == 0x53 and codes[low + 2] == 0x24:  # US$
        return 3
    return 0


@kernel
def _suffix(codes: NDArray[np.int32], kinds: NDArray[np.uint16], low: int, high: int, units: NDArray[np.uint64]) -> int:
    """Length of the mark, unit or 's at the end of a piece, or 0."""
    if low >= high:
        return 0
    code = codes[high - 1]
    kind = kinds[high - 1]
    if code in (_DOT, _ELLIPSIS):
        run = 1
        while high - run > low and codes[high - run - 1] == code:
            run += 1
        return run if run > 1 or code == _ELLIPSIS or _dot_comes_off(kinds, low, high - 1) else 0
    if kind & SUFFIX:
        return 1
    if high - low < 2:
        return 0
    before = codes[high - 2]
    if (code | 0x20) == 0x73 and before in (_APOSTROPHE, _TYPOGRAPHIC_APOSTROPHE):
        return 2
    if kinds[high - 2] & DIGIT and (code == _PLUS or kind & CURRENCY):
        return 1
    return _unit(codes, kinds, low, high, units)


@kernel
def _dot_comes_off(kinds: NDArray[np.uint16], low: int, dot: int) -> bool:
    """Whether the full stop at `dot` is no part of the word before it: `end.` and `NATO.`, but not `J.` or `U.S.`."""
    if dot == low:
        return False
    if kinds[dot - 1] & BEFORE_DOT:
        return True
    return dot - low > 1 and kinds[dot - 1] & UPPER != 0 and kinds[dot - 2] & UPPER != 0


@kernel
def _unit(codes: NDArray[np.int32], kinds: NDArray[np.uint16], low: int, high: int, units: NDArray[np.uint64]) -> int:
    """Length of the unit at the end of a number such as `5km`, or 0."""
    packed = np.uint64(0)
    for size in range(1, _LONGEST_UNIT + 1):
        at = high - size
        if at <= low or codes[at] > 0xFFFF:
            return 0
        packed = packed << np.uint64(16) | np.uint64(codes[at])
        if kinds[at - 1] & DIGIT:
            return size if _contains(units, packed) else 0
    return 0


@kernel
def _contraction(codes: NDArray[np.int32], kinds: NDArray[np.uint16], low: int, high: int) -> int:
    """Where the second word of letters like `don't` or `we'll` begins, or -1."""
    mark = high - 2  # of the apostrophe: 't 'd 'm, then 'll 're 've
    last = codes[high - 1] | 0x20
    if codes[mark] not in (_APOSTROPHE, _TYPOGRAPHIC_APOSTROPHE):
        mark -= 1
        if mark <= low or codes[mark] not in (_APOSTROPHE, _TYPOGRAPHIC_APOSTROPHE):
            return -1
        first = codes[high - 2] | 0x20
        if not ((first == 0x6C and last == 0x6C) or (last == 0x65 and first in (0x72, 0x76))):
            return -1
        cut = mark
    elif last == 0x74 and mark - 1 > low and codes[mark - 1] | 0x20 == 0x6E:
        cut = mark - 1
    elif last in (0x64, 0x6D):
        cut = mark
    else:
        return -1
    for i in range(low, mark):
        if not kinds[i] & _LETTER:
            return -1
    return cut


@kernel
def _infix(codes: NDArray[np.int32], kinds: NDArray[np.uint16], low: int, at: int, high: int) -> int:
    """Length of the infix that starts at `at` within [low, high), or 0."""
    kind = kinds[at]
    code = codes[at]
    if kind & (_LETTER | DIGIT) and not kind & ICON:
        return 0
    if code == _ELLIPSIS or kind & ICON:
        return 1
    if code == _DOT and at + 1 < high and codes[at + 1] == _DOT:
        run = 2
        while at + run < high and codes[at + run] == _DOT:
            run += 1
        return run
    if at == low or at + 1 >= high:
        return 0
    before = kinds[at - 1]
    after = kinds[at + 1]
    if code == _DOT:
        return 1 if before & (LOWER | QUOTE) and after & (UPPER | QUOTE) else 0
    if code == _COMMA:
        return 1 if before & _LETTER and after & _LETTER else 0
    if code in (_PLUS, _HYPHEN, 0x2A, 0x5E) and before & DIGIT and (after & DIGIT or codes[at + 1] == _HYPHEN):
        return 1
    if not before & (_LETTER | DIGIT):
        return 0
    if code in (0x3A, 0x3C, 0x3D, 0x3E, 0x2F):  # : < = > /
        return 1 if after & _LETTER else 0
    if code in (_HYPHEN, _EN_DASH, _EM_DASH, _TILDE):
        longest = 3 if code == _HYPHEN else 2 if code == _EM_DASH else 1
        run = 1
        while run < longest and at + run < high and codes[at + run] == code:
            run += 1
        return run if at + run < high and kinds[at + run] & _LETTER else 0
    return 0
