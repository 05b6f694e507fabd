"""Character references: all named ones of the HTML Standard (13.5), as tables and a kernel that reads one.

A name is found by the hash of its letters: with a semicolon behind all of them it may be any name, without one it must
begin with one of the 106 old names, the longest that fits.
"""

from html.entities import html5

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import inlined
from gristmill.extract.tags import mix, text_hash, whole

LONGEST_VALUE = 6  # bytes of UTF-8: "&nGt;" is two characters of three bytes

_SLOTS = 8192
_LONGEST_NAME = 31
_LONGEST_OLD_NAME = 6
_AMPERSAND, _NUMBER, _SEMICOLON, _X = 0x26, 0x23, 0x3B, 0x78

# Numbers that mean characters of windows-1252 (13.2.5.80), U+0080 first; 0 where the number stays what it is.
_WINDOWS_1252 = np.array(
    [ord(bytes([byte]).decode("cp1252", "replace")) % 0xFFFD for byte in range(0x80, 0xA0)], np.int32
)


def _reference_table() -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    keys = np.zeros(_SLOTS, np.int64)
    values = np.zeros((_SLOTS, LONGEST_VALUE + 1), np.uint8)
    for name in sorted(html5):
        key = text_hash(name.removesuffix(";"))
        if not name.endswith(";"):
            key = ~key
        slot = key % _SLOTS
        while keys[slot]:
            assert keys[slot] != key, f"two names of character references have one hash: {name}"
            slot = (slot + 1) % _SLOTS
        keys[slot] = key
        value = html5[name].encode()
        values[slot, 0] = len(value)
        values[slot, 1 : 1 + len(value)] = list(value)
    keys.flags.writeable = values.flags.writeable = _WINDOWS_1252.flags.writeable = False
    return keys, values


# Open addressing: the name with hash h (~h if it is an old name) lies at slot h % 8192 or behind it; key 0 is an empty slot.
# A row of values is the number of bytes and the bytes. int64[8192], uint8[8192, 7].
_KEYS, _VALUES = _reference_table()


@inlined
def _find(key: int) -> int:
    """Slot of a name, or -1."""
    slot = key & (_SLOTS - 1)
    while _KEYS[slot] != 0:
        if _KEYS[slot] == key:
            return slot
        slot = (slot + 1) & (_SLOTS - 1)
    return -1


@inlined
def is_alphanumeric(byte: int) -> bool:
    """Whether the byte is an ASCII letter or digit."""
    return 0x30 <= byte <= 0x39 or 0x61 <= (byte | 0x20) <= 0x7A


@inlined
def write_character(code: int, out: NDArray[np.uint8], place: int) -> int:
    """Write a character as UTF-8 to `out` at `place`; where it ends."""
    if code < 0x80:
        out[place] = code
        return place + 1
    if code < 0x800:
        out[place] = 0xC0 | code >> 6
        out[place + 1] = 0x80 | code & 0x3F
        return place + 2
    if code < 0x10000:
        out[place] = 0xE0 | code >> 12
        out[place + 1] = 0x80 | code >> 6 & 0x3F
        out[place + 2] = 0x80 | code & 0x3F
        return place + 3
    out[place] = 0xF0 | code >> 18
    out[place + 1] = 0x80 | code >> 12 & 0x3F
    out[place + 2] = 0x80 | code >> 6 & 0x3F
    out[place + 3] = 0x80 | code & 0x3F
    return place + 4


@inlined
def _read_number(data: NDArray[np.uint8], at: int, end: int, out: NDArray[np.uint8]) -> tuple[int, int]:
    """A numeric reference whose "#" is at `at`."""
    at += 1
    base = 10
    if at < end and data[at] | 0x20 == _X:
        base = 16
        at += 1
    start = at
    code = 0
    while at < end:
        byte = data[at]
        if 0x30 <= byte <= 0x39:
            digit = whole(byte) - 0x30
        elif base == 16 and 0x61 <= (byte | 0x20) <= 0x66:
            digit = whole(byte | 0x20) - 0x57
        else:
            break
        code = min(code * base + digit, 0x110000)
        at += 1
    if at == start:
        return start, -1
    if at < end and data[at] == _SEMICOLON:
        at += 1
    if 0x80 <= code < 0xA0 and _WINDOWS_1252[code - 0x80]:
        code = whole(_WINDOWS_1252[code - 0x80])
    if code == 0 or code >= 0x110000 or 0xD800 <= code < 0xE000:
        code = 0xFFFD
    return at, write_character(code, out, 0)


@inlined
def read_reference(
    data: NDArray[np.uint8], at: int, end: int, in_attribute: bool, out: NDArray[np.uint8]
) -> tuple[int, int]:
    """Read the character reference whose "&" is at `at`.

    Args:
        data: the page, uint8[bytes].
        at: where the "&" is.
        end: where the text or attribute value ends.
        in_attribute: an old name before "=", a letter or a digit is no reference there.
        out: receives the character, uint8[>= LONGEST_VALUE].

    Returns:
        Position behind the reference and the bytes written; the second is -1 if it is no reference.
    """
    at += 1
    if at < end and data[at] == _NUMBER:
        return _read_number(data, at, end, out)
    start = at
    key = 0
    old, old_end = -1, at
    while at < end and at - start <= _LONGEST_NAME and is_alphanumeric(data[at]):
        key = mix(key, whole(data[at]))
        at += 1
        if 2 <= at - start <= _LONGEST_OLD_NAME:
            slot = _find(~key)
            if slot >= 0:
                old, old_end = slot, at
    if at < end and data[at] == _SEMICOLON:
        slot = _find(key)
        if slot >= 0:
            for place in range(_VALUES[slot, 0]):
                out[place] = _VALUES[slot, place + 1]
            return at + 1, whole(_VALUES[slot, 0])
    if old < 0:
        return start, -1
    if in_attribute and old_end < end and (data[old_end] == 0x3D or is_alphanumeric(data[old_end])):
        return start, -1
    for place in range(_VALUES[old, 0]):
        out[place] = _VALUES[old, place + 1]
    return old_end, whole(_VALUES[old, 0])
