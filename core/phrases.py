"""A few fixed phrases, found in one pass over bytes, ASCII letters of either case.

Each phrase is looked for at its rarest letter only (its anchor), and there only if the byte before it may be the
phrase's too, so that most bytes cost one table look-up.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gristmill.core.batch import TextBuffers
from gristmill.core.jit import inlined, kernel

_FROM_RARE = "zqjxkvbpygwfmucldrhsnioate _-/.'=\"<"  # letters of English text, rarest first, then marks of HTML
_BITS = np.uint64(5)  # the lower ones of a byte, alike in letters of either case
_LOWER = np.uint64(0x1F)
_PAIR = np.uint64(0x3FF)
_ONE = np.uint64(1)
_FEW = 256


@dataclass(frozen=True)
class Phrases:
    """Phrases as kernels need them, all read-only.

    Attributes:
        data: their lower-case bytes, one after the other, uint8[bytes].
        offsets: phrase i is data[offsets[i]:offsets[i + 1]], int64[phrases + 1].
        anchors: place of each phrase's anchor within it, int64[phrases].
        by_byte: the first phrase anchored at each byte, or -1; `following` leads to the others; int64[256].
        following: the next phrase with the same anchor byte, or -1; int64[phrases].
        likely: by the lower five bits of two bytes, whether the second may be an anchor; bool[1024].
    """

    data: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    anchors: NDArray[np.int64]
    by_byte: NDArray[np.int64]
    following: NDArray[np.int64]
    likely: NDArray[np.bool_]


def phrases(*texts: str) -> Phrases:
    """Prepare lower-case ASCII phrases."""
    encoded = [text.encode("ascii") for text in texts]
    anchors = [text.index(min(text, key=_rarity)) for text in texts]
    by_byte = np.full(256, -1, np.int64)
    following = np.full(len(texts), -1, np.int64)
    likely = np.zeros((32, 32), np.bool_)
    for number, (phrase, anchor) in enumerate(zip(encoded, anchors, strict=True)):
        for byte in {phrase[anchor], phrase[anchor : anchor + 1].upper()[0]}:
            following[number] = by_byte[byte]
            by_byte[byte] = number
        before = phrase[anchor - 1] & int(_LOWER) if anchor else slice(None)
        likely[before, phrase[anchor] & int(_LOWER)] = True
    offsets = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
    data = np.frombuffer(b"".join(encoded), np.uint8)
    result = Phrases(data, offsets, np.array(anchors), by_byte, following, likely.ravel())
    for array in vars(result).values():
        array.flags.writeable = False
    return result


def _rarity(letter: str) -> int:
    return _FROM_RARE.find(letter)  # -1, the rarest, for anything else


@inlined
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


@dataclass(frozen=True)
class Found:
    """Where phrases stand in a batch's texts, in the order of their anchors.

    Attributes:
        phrases: number of the phrase, int64[found].
        starts: its first byte, int64[found].
        sizes: its bytes, int64[found].
    """

    phrases: NDArray[np.int64]
    starts: NDArray[np.int64]
    sizes: NDArray[np.int64]

    def only(self, wanted: range) -> "Found":
        """Those of phrases with these numbers."""
        chosen = (self.phrases >= wanted.start) & (self.phrases < wanted.stop)
        return Found(self.phrases[chosen], self.starts[chosen], self.sizes[chosen])


def find_phrases(text: TextBuffers, wanted: Phrases) -> Found:
    """Find phrases within texts."""
    arrays = found_phrases(text.data, text.offsets, *vars(wanted).values())
    for array in arrays:
        array.flags.writeable = False
    return Found(*arrays)


@kernel
def _next_phrase(
    text: NDArray[np.uint8],
    start: int,
    end: int,
    at: int,
    phrase: int,
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    anchors: NDArray[np.int64],
    by_byte: NDArray[np.int64],
    following: NDArray[np.int64],
    likely: NDArray[np.bool_],
) -> tuple[int, int]:
    """Search text[start:end] on, first for a phrase with its anchor at `at`: the next anchor's place, and its phrase or -1.

    By itself, as a kernel that makes arrays would count references to all of them at each byte.
    """
    pair = np.uint64(text[at] if at >= start else 0)  # before the first byte may stand any
    while True:
        while phrase >= 0:
            if phrase_at(text, start, end, at, phrase, data, offsets, anchors):
                return at, phrase
            phrase = following[phrase]
        place = np.uint64(at + 1)  # unsigned, as numba looks whether other indices are negative
        while place < np.uint64(end):
            pair = (pair << _BITS | np.uint64(text[place]) & _LOWER) & _PAIR
            if likely[pair]:
                break
            place += _ONE
        at = int(np.int64(place))
        if at >= end:
            return end, -1
        phrase = by_byte[text[at]]


@kernel
def found_phrases(
    text: NDArray[np.uint8],
    ends: NDArray[np.int64],
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    anchors: NDArray[np.int64],
    by_byte: NDArray[np.int64],
    following: NDArray[np.int64],
    likely: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The arrays of `Found`, of phrases given as the arrays of `Phrases`, in texts text[ends[i]:ends[i + 1]]."""
    numbers = np.empty(_FEW, np.int64)
    starts = np.empty(_FEW, np.int64)
    count = 0
    for row in range(len(ends) - 1):
        start = ends[row]
        end = ends[row + 1]
        at, phrase = start - 1, -1
        while True:
            at, phrase = _next_phrase(text, start, end, at, phrase, data, offsets, anchors, by_byte, following, likely)
            if phrase < 0:
                break
            if count == len(starts):
                numbers = np.concatenate((numbers, np.empty(count, np.int64)))
                starts = np.concatenate((starts, np.empty(count, np.int64)))
            numbers[count] = phrase
            starts[count] = at - anchors[phrase]
            count += 1
            phrase = following[phrase]
    numbers = numbers[:count]
    return numbers, starts[:count], offsets[numbers + 1] - offsets[numbers]


def count_found(found: Found, wanted: range, starts: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """How often phrases of some numbers stand within each piece text[starts:starts + sizes]; int64[pieces].

    The pieces are in order and do not overlap.
    """
    own = found.only(wanted)
    pieces = np.searchsorted(starts, own.starts, side="right") - 1
    within = (pieces >= 0) & (own.starts + own.sizes <= (starts + sizes)[pieces])
    return np.bincount(pieces[within], minlength=len(starts))
