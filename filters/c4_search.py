"""What C4's rules look for within a line: phrases, brackets and the ends of sentences, in one pass."""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.characters import END_MARK, SPACE, decode
from gristmill.core.jit import kernel
from gristmill.core.phrases import phrase_at, phrases

# What a line may hold; smaller flags are filters/c4_lines.py's.
JAVASCRIPT = 16
POLICY = 32
LOREM = 64
CURLY = 128

_JAVASCRIPT_PHRASE = 1
_PHRASES = phrases(
    "lorem ipsum",
    "javascript",
    "terms of use",
    "privacy policy",
    "cookie policy",
    "uses cookies",
    "use of cookies",
    "use cookies",
)
# Kernels hold these as constants.
_PHRASE_DATA, _PHRASE_OFFSETS, _ANCHORS, _BY_BYTE, _FOLLOWING, _LIKELY = vars(_PHRASES).values()
_FIRSTS = _PHRASE_DATA[_PHRASE_OFFSETS[:-1]]
_OPEN_CURLY = 0x7B

# What a byte may be part of: a phrase, the end of a sentence, or a bracket (no bit above the others).
_ANCHOR = 1
_ASCII_END = 2
_LEAD = 4  # the first byte of a code point beyond Latin letters
_BRACKET = 8
_ACTIONS = np.zeros(256, np.uint8)
_ACTIONS[_BY_BYTE >= 0] = _ANCHOR
_ACTIONS[list(b".?!")] = _ASCII_END
_ACTIONS[0xD6:] = _LEAD  # U+0580; the first end mark beyond ASCII is U+0589
_ACTIONS[list(b"{[")] = _BRACKET


@kernel
def search(text: NDArray[np.uint8], start: int, end: int, classes: NDArray[np.uint16]) -> tuple[int, int, bool]:
    """Search a line once: the flags of phrases and curly bracket, the ends of sentences, and whether there is a `[`.

    A sentence ends at . ? or !, then perhaps closing quotes and brackets, then whitespace or the end; in other scripts at
    any of their end marks: some put no space behind it.
    """
    found = 0
    sentences = 0
    brackets = False
    for at in range(start, end):
        byte = text[at]
        action = _ACTIONS[byte]
        if action == 0:
            continue
        if action & _ANCHOR:
            phrase = _BY_BYTE[byte]
            while phrase >= 0:
                first = at - _ANCHORS[phrase]
                likely = first >= start and text[first] | 0x20 == _FIRSTS[phrase]  # a call costs ten times as much
                if likely and phrase_at(text, start, end, at, phrase, _PHRASE_DATA, _PHRASE_OFFSETS, _ANCHORS):
                    found |= LOREM if phrase == 0 else JAVASCRIPT if phrase == _JAVASCRIPT_PHRASE else POLICY
                phrase = _FOLLOWING[phrase]
        elif action & _ASCII_END:
            sentences += behind_closing(text, at + 1, end, classes) >= 0
        elif action & _LEAD:
            code, size = decode(text, at)
            if classes[code] & END_MARK:
                behind = at + size
                sentences += behind >= end or not classes[decode(text, behind)[0]] & END_MARK
        elif byte == _OPEN_CURLY:
            found |= CURLY
        else:
            brackets = True
    return found, sentences, brackets


@kernel
def behind_closing(text: NDArray[np.uint8], at: int, end: int, classes: NDArray[np.uint16]) -> int:
    """Where closing quotes and brackets, if any, end at which then whitespace or the end stands; -1 if neither does."""
    while at < end:
        code, size = decode(text, at)
        if code not in (0x22, 0x27, 0x29, 0x5D, 0x2019, 0x201D):
            return at if classes[code] & SPACE else -1
        at += size
    return at
