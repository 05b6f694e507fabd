"""A few fixed phrases, found in one pass over bytes, ASCII letters of either case.

Each phrase is looked for at its rarest letter only (its anchor), so that most bytes cost one table look-up.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel

_FROM_RARE = "zqjxkvbpygwfmucldrhsnioate _-/.'=\"<"  # letters of English text, rarest first, then marks of HTML


@dataclass(frozen=True)
class Phrases:
    """Phrases as kernels need them, all read-only.

    Attributes:
        data: their lower-case bytes, one after the other, uint8[bytes].
        offsets: phrase i is data[offsets[i]:offsets[i + 1]], int64[phrases + 1].
        anchors: place of each phrase's anchor within it, int64[phrases].
        by_byte: the first phrase anchored at each byte, or -1; `following` leads to the others; int64[256].
        following: the next phrase with the same anchor byte, or -1; int64[phrases].
    """

    data: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    anchors: NDArray[np.int64]
    by_byte: NDArray[np.int64]
    following: NDArray[np.int64]


def phrases(*texts: str) -> Phrases:
    """Prepare lower-case ASCII phrases."""
    encoded = [text.encode("ascii") for text in texts]
    anchors = [text.index(min(text, key=_rarity)) for text in texts]
    by_byte = np.full(256, -1, np.int64)
    following = np.full(len(texts), -1, np.int64)
    for number, (phrase, anchor) in enumerate(zip(encoded, anchors, strict=True)):
        for byte in {phrase[anchor], phrase[anchor : anchor + 1].upper()[0]}:
            following[number] = by_byte[byte]
            by_byte[byte] = number
    offsets = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
    result = Phrases(np.frombuffer(b"".join(encoded), np.uint8), offsets, np.array(anchors), by_byte, following)
    for array in vars(result).values():
        array.flags.writeable = False
    return result


def _rarity(letter: str) -> int:
    return _FROM_RARE.find(letter)  # -1, the rarest, for anything else


@kernel
def phrase_at(
    text: NDArray[np.uint8],
    start: int,
    end: int,
    place: int,
    phrase: int,
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    anchors: NDArray[np.int64],
) -> bool:
    """Whether text[start:end] holds a phrase with its anchor at `place`."""
    first = place - anchors[phrase]
    length = offsets[phrase + 1] - offsets[phrase]
    if first < start or first + length > end:
        return False
    for i in range(length):
        byte = text[first + i]
        if 0x41 <= byte <= 0x5A:
            byte |= 0x20
        if byte != data[offsets[phrase] + i]:
            return False
    return True


def lines_with(
    data: NDArray[np.uint8], starts: NDArray[np.int64], sizes: NDArray[np.int64], wanted: Phrases
) -> NDArray[np.bool_]:
    """Which pieces of text hold one of the phrases, bool[pieces]."""
    return count_phrases(data, starts, sizes, *vars(wanted).values()) > 0


@kernel
def count_phrases(
    text: NDArray[np.uint8],
    starts: NDArray[np.int64],
    sizes: NDArray[np.int64],
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    anchors: NDArray[np.int64],
    by_byte: NDArray[np.int64],
    following: NDArray[np.int64],
) -> NDArray[np.int64]:
    """How often phrases, given as the arrays of `Phrases`, stand in each piece text[starts:starts + sizes]; int64[pieces]."""
    counts = np.zeros(len(starts), np.int64)
    for piece in range(len(starts)):
        end = starts[piece] + sizes[piece]
        for at in range(starts[piece], end):
            phrase = by_byte[text[at]]
            while phrase >= 0:
                counts[piece] += phrase_at(text, starts[piece], end, at, phrase, data, offsets, anchors)
                phrase = following[phrase]
    return counts
