"""What a character is for the features: a letter, a digit, the end of a sentence …"""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel
from gristmill.extract.tags import whole

LETTER, DIGIT, IDEOGRAPH, END, COMMA, MARK, CLOSING, SPACE = range(8)
"""Kinds of characters. IDEOGRAPH: of a script without spaces between words; COMMA: also colons; CLOSING: quotes and brackets."""


def _ascii_kinds() -> NDArray[np.uint8]:
    kinds = np.full(128, MARK, np.uint8)
    for byte in range(128):
        character = chr(byte)
        if character.isalpha() or character == "_":
            kinds[byte] = LETTER
        elif character.isdigit():
            kinds[byte] = DIGIT
        elif character.isspace():
            kinds[byte] = SPACE
        elif character in ".!?":
            kinds[byte] = END
        elif character in ",:;":
            kinds[byte] = COMMA
        elif character in "\"')]}":
            kinds[byte] = CLOSING
    kinds.flags.writeable = False
    return kinds


ASCII = _ascii_kinds()
"""Kinds of ASCII characters, uint8[128]."""


@kernel
def wide_kind(code: int) -> int:
    """What a character outside ASCII is."""
    if code < 0xC0:
        if code in (0xAA, 0xB5, 0xBA):
            return LETTER
        return CLOSING if code == 0xBB else MARK
    if code < 0x2000:
        if code in (0xD7, 0xF7):
            return MARK
        if code in (0x60C, 0x61B, 0x37E):
            return COMMA
        if code in (0x61F, 0x6D4, 0x964, 0x965, 0x589, 0x1362):
            return END
        return LETTER
    if code < 0x2070:
        return END if code == 0x2026 else (CLOSING if code in (0x2019, 0x201D, 0x203A) else MARK)
    if 0x20A0 <= code < 0x2C00:
        return MARK if code < 0x2100 or code >= 0x2190 else LETTER
    if 0x2E80 <= code < 0xA000:
        if 0x3000 <= code < 0x3040:
            if code == 0x3002:
                return END
            if code == 0x3001:
                return COMMA
            return IDEOGRAPH if 0x3005 <= code <= 0x3007 else CLOSING
        return IDEOGRAPH
    if 0xF900 <= code < 0xFB00 or code >= 0x20000:
        return IDEOGRAPH
    if 0xFF00 <= code < 0xFFF0:
        if code in (0xFF01, 0xFF0E, 0xFF1F, 0xFF61):
            return END
        if code in (0xFF0C, 0xFF1A, 0xFF1B, 0xFF64):
            return COMMA
        if 0xFF10 <= code < 0xFF1A:
            return DIGIT
        return LETTER if 0xFF21 <= code < 0xFF5B or code >= 0xFF66 else CLOSING
    if code >= 0x1F000:
        return MARK
    return LETTER


@kernel
def code_at(text: NDArray[np.uint8], at: int, end: int) -> tuple[int, int]:
    """The character outside ASCII at `at` and its bytes."""
    byte = whole(text[at])
    if byte < 0xE0 and at + 1 < end:
        return (byte & 0x1F) << 6 | (whole(text[at + 1]) & 0x3F), 2
    if byte < 0xF0 and at + 2 < end:
        return (byte & 0xF) << 12 | (whole(text[at + 1]) & 0x3F) << 6 | (whole(text[at + 2]) & 0x3F), 3
    if at + 3 < end:
        low = (whole(text[at + 2]) & 0x3F) << 6 | (whole(text[at + 3]) & 0x3F)
        return (byte & 7) << 18 | (whole(text[at + 1]) & 0x3F) << 12 | low, 4
    return 0xFFFD, 1
