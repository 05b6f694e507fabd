"""Which chunks of text are addresses: `https://example.org/a?b`, `www.example.org`, `name@example.org`, `10.0.0.1:80`.

A chunk is given as code points and their classes, as in core/affixes.py.
"""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.characters import ALPHABETIC, DIGIT, LOWER
from gristmill.core.jit import kernel

_DOT = 0x2E
_COLON = 0x3A
_SLASH = 0x2F
_HYPHEN = 0x2D
_UNDERSCORE = 0x5F
_AT = 0x40


@kernel
def is_address(codes: NDArray[np.int32], kinds: NDArray[np.uint16], low: int, high: int) -> bool:
    """Whether [low, high) is, as a whole: scheme, user, host with a lower-case last label or IPv4, port, rest.

    Only the host is required. The host is tried behind every `@`, each try ends at the next one: linear in all.
    """
    dotted = False
    for i in range(low + 1, high - 1):
        dotted |= codes[i] == _DOT
    if not dotted:
        return False
    start = low
    for i in range(low, high - 2):
        if codes[i] == _COLON:
            if i > low + 1 and codes[i + 1] == _SLASH and codes[i + 2] == _SLASH:
                start = i + 3
            break
    if _is_host_and_rest(codes, kinds, start, high):
        return True
    found = False
    for i in range(start + 1, high):
        found = found or (codes[i] == _AT and _is_host_and_rest(codes, kinds, i + 1, high))
    return found


@kernel
def _is_host_and_rest(codes: NDArray[np.int32], kinds: NDArray[np.uint16], start: int, high: int) -> bool:
    """Whether [start, high) is a dotted host, then optionally a port, then optionally / ? or # and anything."""
    at = start
    label = start  # start of the last label
    labels = 0
    octets = 0
    while True:
        while at < high and _is_host_character(codes[at], kinds[at]):
            at += 1
        if at == label or codes[label] == _HYPHEN or codes[at - 1] == _HYPHEN:
            return False
        labels += 1
        octets += _is_octet(kinds, label, at)
        if at < high - 1 and codes[at] == _DOT:
            at += 1
            label = at
        else:
            break
    if labels < 2 or not (_is_top_label(kinds, label, at) or (labels == 4 and octets == 4)):
        return False
    if at < high and codes[at] == _COLON:
        digits = 0
        at += 1
        while at < high and kinds[at] & DIGIT:
            at += 1
            digits += 1
        if not 2 <= digits <= 5:
            return False
    return at == high or codes[at] in (_SLASH, 0x3F, 0x23)


@kernel
def _is_host_character(code: int, kind: int) -> bool:
    return code in (_HYPHEN, _UNDERSCORE) or kind & (ALPHABETIC | DIGIT) != 0 or 0xA1 <= code <= 0xFFFF


@kernel
def _is_octet(kinds: NDArray[np.uint16], start: int, end: int) -> bool:
    if not 1 <= end - start <= 3:
        return False
    at = start
    while at < end and kinds[at] & DIGIT:
        at += 1
    return at == end


@kernel
def _is_top_label(kinds: NDArray[np.uint16], start: int, end: int) -> bool:
    if not 2 <= end - start <= 63:
        return False
    at = start
    while at < end and kinds[at] & LOWER:
        at += 1
    return at == end
