"""Which chunks of text are addresses: `https://example.org/a?b`, `www.example.org`, `name@example.org`, `10.0.0.1:80`.

A chunk is an array of characters as in core/affixes.py.
"""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.characters import ALPHABETIC, DIGIT, LOWER
from gristmill.core.jit import kernel

_KIND = 32  # as in core/affixes.py
_CODE = (1 << _KIND) - 1
_DOT = 0x2E
_COLON = 0x3A
_SLASH = 0x2F
_HYPHEN = 0x2D
_UNDERSCORE = 0x5F
_AT = 0x40


@kernel
def is_address(chunk: NDArray[np.int64], low: int, high: int) -> bool:
    """Whether [low, high) is, as a whole: scheme, user, host with a lower-case last label or IPv4, port, rest.

    Only the host is required. The host is tried behind every `@`, each try ends at the next one: linear in all.
    """
    dotted = False
    for i in range(low + 1, high - 1):
        dotted |= chunk[i] & _CODE == _DOT
    if not dotted:
        return False
    start = low
    for i in range(low, high - 2):
        if chunk[i] & _CODE == _COLON:
            if i > low + 1 and chunk[i + 1] & _CODE == _SLASH and chunk[i + 2] & _CODE == _SLASH:
                start = i + 3
            break
    if _is_host_and_rest(chunk, start, high):
        return True
    found = False
    for i in range(start + 1, high):
        found = found or (chunk[i] & _CODE == _AT and _is_host_and_rest(chunk, i + 1, high))
    return found


@kernel
def _is_host_and_rest(chunk: NDArray[np.int64], start: int, high: int) -> bool:
    """Whether [start, high) is a dotted host, then optionally a port, then optionally / ? or # and anything."""
    at = start
    label = start  # start of the last label
    labels = 0
    octets = 0
    while True:
        while at < high and _is_host_character(chunk[at] & _CODE, chunk[at] >> _KIND):
            at += 1
        if at == label or chunk[label] & _CODE == _HYPHEN or chunk[at - 1] & _CODE == _HYPHEN:
            return False
        labels += 1
        octets += _is_octet(chunk, label, at)
        if at < high - 1 and chunk[at] & _CODE == _DOT:
            at += 1
            label = at
        else:
            break
    if labels < 2 or not (_is_top_label(chunk, label, at) or (labels == 4 and octets == 4)):
        return False
    if at < high and chunk[at] & _CODE == _COLON:
        digits = 0
        at += 1
        while at < high and chunk[at] >> _KIND & DIGIT:
            at += 1
            digits += 1
        if not 2 <= digits <= 5:
            return False
    return at == high or chunk[at] & _CODE in (_SLASH, 0x3F, 0x23)


@kernel
def _is_host_character(code: int, kind: int) -> bool:
    return code in (_HYPHEN, _UNDERSCORE) or kind & (ALPHABETIC | DIGIT) != 0 or 0xA1 <= code <= 0xFFFF


@kernel
def _is_octet(chunk: NDArray[np.int64], start: int, end: int) -> bool:
    if not 1 <= end - start <= 3:
        return False
    at = start
    while at < end and chunk[at] >> _KIND & DIGIT:
        at += 1
    return at == end


@kernel
def _is_top_label(chunk: NDArray[np.int64], start: int, end: int) -> bool:
    if not 2 <= end - start <= 63:
        return False
    at = start
    while at < end and chunk[at] >> _KIND & LOWER:
        at += 1
    return at == end
