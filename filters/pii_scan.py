"""One pass over the text that marks where personal data could stand; the careful rules look at nothing else.

Four kinds of places: an `@` between characters of an address, a stretch of digits and their separators, hexadecimal
groups around colons, two letters followed by two digits. Each byte is looked at a bounded number of times, whatever the
text is.
"""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel

AT, NUMBER, COLONS, IBAN = 0, 1, 2, 3
"""Kinds of places."""

_LOCAL_BYTES = 64  # of an address before the "@" (RFC 5321, 4.5.3.1)
_DOMAIN_BYTES = 255
_GAP_BYTES = 6  # between two groups of digits: " (0) " with a no-break space
_MAX_RUN = 19  # digits without a break, of the longest card number; longer runs end a stretch
_MIN_DIGITS = 7  # of a telephone number
_IPV6_BYTES = 45  # with an IPv4 address in its last 32 bits

_DIGIT, _LETTER, _GAP, _ATOM, _HEX, _OPENS = 1, 2, 4, 8, 16, 32


def _byte_classes() -> NDArray[np.uint8]:
    classes = np.zeros(256, np.uint8)
    for byte in b"0123456789":
        classes[byte] |= _DIGIT | _ATOM | _HEX | _OPENS
    for byte in b"@:":
        classes[byte] |= _OPENS
    for byte in b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz":
        classes[byte] |= _LETTER | _ATOM
    for byte in b"abcdefABCDEF":
        classes[byte] |= _HEX
    for byte in b"._%+'-":
        classes[byte] |= _ATOM
    classes[0x80:] |= _ATOM  # letters of other scripts; pii_email.py decides which
    for byte in b" -./()[]~\xc2\xa0\xe2\x80\x90\x91\x92\x93\x94\x95\xaf":  # and no-break spaces and dashes in UTF-8
        classes[byte] |= _GAP
    classes.flags.writeable = False
    return classes


_CLASSES = _byte_classes()


@kernel
def candidates(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Places to look at: row, kind, start and end in the data, in order of row and start: int64[places, 4]."""
    found = np.empty((64, 4), np.int64)
    count = 0
    for row in range(len(offsets) - 1):
        start, stop = offsets[row], offsets[row + 1]
        position = start
        while True:
            # A loop of its own: it runs at 1.7 GB/s, the one around it, which may grow an array, at 20 MB/s.
            while position < stop and not _CLASSES[data[position]] & _OPENS:
                position += 1
            if position == stop:
                break
            byte = data[position]
            kind = -1
            first = last = after = position
            if byte == 0x40:
                first, last = _around_at(data, start, position, stop)
                after = position + 1
                kind = AT if last > first else -1
            elif byte == 0x3A:
                first, last, after, likely = _colon_run(data, start, position, stop)
                kind = COLONS if likely else -1
            else:
                last, likely = _number(data, position, stop)
                after = last
                kind = NUMBER if likely else -1
                if _starts_iban(data, start, position, stop):
                    found, count = _add(found, count, (row, IBAN, position - 2, position + 2))
            if kind >= 0:
                found, count = _add(found, count, (row, kind, first, last))
            position = max(after, position + 1)
    return found[:count]


@kernel
def _add(found: NDArray[np.int64], count: int, place: tuple[int, int, int, int]) -> tuple[NDArray[np.int64], int]:
    """Append a place, in a larger array if need be."""
    if count == len(found):
        found = np.concatenate((found, np.empty((count, 4), np.int64)))
    found[count, 0], found[count, 1], found[count, 2], found[count, 3] = place
    return found, count + 1


@kernel
def _around_at(data: NDArray[np.uint8], start: int, at: int, stop: int) -> tuple[int, int]:
    """The stretch of address bytes around an "@"; an empty one where a side is missing or the right one has no dot."""
    first = at
    while first > max(start, at - _LOCAL_BYTES) and _CLASSES[data[first - 1]] & _ATOM:
        first -= 1
    last = at + 1
    dots = 0
    while last < min(stop, at + 1 + _DOMAIN_BYTES) and _CLASSES[data[last]] & _ATOM:
        dots += data[last] == 0x2E
        last += 1
    if first == at or dots == 0:
        return at, at
    return first, last


@kernel
def _number(data: NDArray[np.uint8], start: int, stop: int) -> tuple[int, bool]:
    """Where groups of digits on one line end, and whether they could be a telephone number, card or IPv4 address."""
    position = start
    digits = dots = 0
    while True:
        run = position
        while position < stop and _CLASSES[data[position]] & _DIGIT:
            position += 1
        if position - run > _MAX_RUN:
            return (position if run == start else run), digits >= _MIN_DIGITS or dots >= 3
        digits += position - run
        gap = position
        while gap < min(stop, position + _GAP_BYTES) and _CLASSES[data[gap]] & _GAP:
            gap += 1
        if gap == position or not (gap < stop and _CLASSES[data[gap]] & _DIGIT):
            return position, digits >= _MIN_DIGITS or dots >= 3
        dots += gap == position + 1 and data[position] == 0x2E
        position = gap


@kernel
def _colon_run(data: NDArray[np.uint8], start: int, colon: int, stop: int) -> tuple[int, int, int, bool]:
    """The run of hexadecimal digits, colons and dots around a colon, where to go on, and whether it could be IPv6."""
    first = colon
    while first > max(start, colon - 4) and _CLASSES[data[first - 1]] & _HEX:
        first -= 1
    last = colon
    colons = doubles = 0
    while last < stop and (_CLASSES[data[last]] & _HEX or data[last] == 0x3A or data[last] == 0x2E):
        if data[last] == 0x3A:
            colons += 1
            doubles += data[last - 1] == 0x3A and last > colon
        last += 1
    bare = first == start or not (_CLASSES[data[first - 1]] & _LETTER or _CLASSES[data[first - 1]] & _DIGIT)
    ends = last == stop or not _CLASSES[data[last]] & _LETTER
    likely = bare and ends and (doubles == 1 or colons >= 6) and last - first <= _IPV6_BYTES + 2
    # Go on after the last colon of an unlikely run: the digits behind it may begin a number.
    after = last
    while not likely and after > colon + 1 and data[after - 1] != 0x3A:
        after -= 1
    return first, last, after, likely


@kernel
def _starts_iban(data: NDArray[np.uint8], start: int, digit: int, stop: int) -> bool:
    """Whether the digit is the third character of a word that begins with two letters and two digits."""
    if digit - start < 2 or stop - digit < 13 or not _CLASSES[data[digit + 1]] & _DIGIT:
        return False
    if not (_CLASSES[data[digit - 1]] & _LETTER and _CLASSES[data[digit - 2]] & _LETTER):
        return False
    return digit - start == 2 or not _CLASSES[data[digit - 3]] & (_LETTER | _DIGIT)
