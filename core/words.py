"""Words of a batch, segmented once and shared by every filter that counts them.

The segmentation imitates spaCy's blank English tokenizer, which datatrove gives English text and under which the
published thresholds were used: marks are words of their own. Text is cut at whitespace; from each chunk marks are
taken off both ends; what is left stays whole if it is an abbreviation or an address, else it is cut at infixes such as
the hyphen of `well-known`. Left out are spaCy's emoticons and most of its 1,347 special cases. Scripts without spaces
stay in pieces as long as their clauses.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gristmill.core.affixes import KIND, cut_chunk
from gristmill.core.batch import Batch, TextBuffers
from gristmill.core.characters import ALPHABETIC, BEFORE_DOT, SPACE, SUFFIX, SYMBOL, classes, decode
from gristmill.core.jit import kernel
from gristmill.core.special_words import is_abbreviation

HAS_LETTER = 1  # in `kinds`: some character is alphabetic
NOT_SYMBOL = 2  # in `kinds`: some character is no mark, space or control character

# An odd number of random bits. The hash of a word is Σ (byte + 1) · HASH_BASE ** position, modulo 2 ** 64.
HASH_BASE = np.uint64(0x9E6C63D0676A9A99)
_POWERS = np.array([pow(int(HASH_BASE), i, 1 << 64) for i in range(32)], np.uint64)
_ONE = np.uint64(1)
_DOT = 0x2E
_LONGEST_ABBREVIATION = 8  # with its full stop


@dataclass(frozen=True)
class Words:
    """The words of a batch; those of document i are [offsets[i]:offsets[i + 1]] of the other arrays.

    Attributes:
        offsets: int64[documents + 1].
        starts: where each word starts in the batch's text bytes, int64[words].
        sizes: its length in bytes, int32[words].
        chars: its length in code points, int32[words].
        hashes: polynomial hash of its bytes, uint64[words]; mix it before using its bits as a table index.
        kinds: HAS_LETTER and NOT_SYMBOL, uint8[words].
    """

    offsets: NDArray[np.int64]
    starts: NDArray[np.int64]
    sizes: NDArray[np.int32]
    chars: NDArray[np.int32]
    hashes: NDArray[np.uint64]
    kinds: NDArray[np.uint8]


def words(batch: Batch) -> Words:
    """The words of a batch's texts; segmented on the first call."""
    return batch.shared("words", lambda: segment(batch.text))


def segment(text: TextBuffers) -> Words:
    """Cut texts into words and measure them."""
    offsets, starts, sizes = word_spans(text.data, text.offsets, classes())
    starts.flags.writeable = sizes.flags.writeable = False
    chars, hashes, kinds = measure(text.data, starts, sizes, classes())
    result = Words(offsets, starts, sizes, chars, hashes, kinds)
    for array in vars(result).values():
        array.flags.writeable = False
    return result


def word_hash(word: str) -> int:
    """The hash that `Words.hashes` holds for a word."""
    return sum((byte + 1) * pow(int(HASH_BASE), i, 1 << 64) for i, byte in enumerate(word.encode())) % (1 << 64)


@kernel
def word_spans(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], classes: NDArray[np.uint16]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]:
    """Where the words of each text are: `Words.offsets`, `starts` and `sizes`."""
    rows = len(offsets) - 1
    word_offsets = np.zeros(rows + 1, np.int64)
    most = _most_words(data, offsets)
    starts = np.empty(most, np.int64)
    sizes = np.empty(most, np.int32)
    chunk = np.empty(256, np.int64)  # the chunk at hand, as in core/affixes.py
    places = np.empty(257, np.int64)  # where its characters start
    begins = np.zeros(257, np.bool_)  # and whether a word begins there
    count = 0
    for row in range(rows):
        at = offsets[row]
        end = offsets[row + 1]
        while True:
            at = _skip_space(data, at, end, classes)
            if at >= end:
                break
            start = at
            while at < end and 0x61 <= data[at] | 0x20 <= 0x7A:
                at += 1
            # Letters alone are three chunks of four, letters and one mark most of the others.
            mark = at < end and data[at] < 0x80 and not classes[data[at]] & SPACE
            behind = at + mark
            ended = behind == end or (data[behind] < 0x80 and classes[data[behind]] & SPACE)
            if ended and (not mark or (at > start and _comes_off(data, start, at, classes))):
                starts[count] = start
                sizes[count] = at - start
                count += 1
                if mark:
                    starts[count] = at
                    sizes[count] = 1
                    count += 1
                at = behind
                continue
            length, at, some = _read_chunk(data, start, end, classes, chunk, places)
            if length > len(chunk):
                chunk = np.empty(2 * length, np.int64)
                places = np.empty(2 * length + 1, np.int64)
                begins = np.zeros(2 * length + 1, np.bool_)
                length, at, some = _read_chunk(data, start, end, classes, chunk, places)
            cut_chunk(chunk, length, some, begins)
            for i in range(length):
                if begins[i]:
                    if i:
                        sizes[count - 1] = places[i] - starts[count - 1]
                    starts[count] = places[i]
                    count += 1
                    begins[i] = False
            sizes[count - 1] = at - starts[count - 1]
            begins[length] = False
        word_offsets[row + 1] = count
    return word_offsets, starts[:count].copy(), sizes[:count].copy()


@kernel
def _most_words(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> int:
    """An upper bound of the number of words: whatever cuts is no ASCII letter, but in contractions, which have a mark."""
    others = 0
    for at in range(offsets[0], offsets[-1]):
        letter = data[at] | 0x20
        others += not 0x61 <= letter <= 0x7A and data[at] & 0xC0 != 0x80
    return 2 * others + len(offsets)


@kernel
def _skip_space(data: NDArray[np.uint8], at: int, end: int, classes: NDArray[np.uint16]) -> int:
    """The first byte from `at` on that is no whitespace, or `end`."""
    while at < end:
        if data[at] < 0x80:
            if not classes[data[at]] & SPACE:
                break
            at += 1
        else:
            code, size = decode(data, at)
            if not classes[code] & SPACE:
                break
            at += size
    return at


@kernel
def _comes_off(data: NDArray[np.uint8], start: int, mark: int, classes: NDArray[np.uint16]) -> bool:
    """Whether the mark behind ASCII letters is a word of its own: a short way through the rules of core/affixes.py."""
    if classes[data[mark]] & SUFFIX:
        return True
    size = mark - start
    if data[mark] != _DOT or size < 2 or not classes[data[mark - 1]] & BEFORE_DOT:
        return False
    if size >= _LONGEST_ABBREVIATION:
        return True
    packed = np.uint64(_DOT) << np.uint64(8 * size)
    for i in range(size):
        packed |= np.uint64(data[start + i]) << np.uint64(8 * i)
    return not is_abbreviation(packed)


@kernel
def _read_chunk(
    data: NDArray[np.uint8],
    at: int,
    end: int,
    classes: NDArray[np.uint16],
    chunk: NDArray[np.int64],
    places: NDArray[np.int64],
) -> tuple[int, int, int]:
    """Decode up to the next whitespace: number of characters, where they end, and the classes of any of them.

    What does not fit into `chunk` is counted and not kept.
    """
    length = 0
    some = 0
    while at < end:
        code, size = decode(data, at)
        kind = int(classes[code])
        if kind & SPACE:
            break
        if length < len(chunk):
            chunk[length] = kind << KIND | code
            places[length] = at
        some |= kind
        length += 1
        at += size
    return length, at, some


@kernel
def measure(
    data: NDArray[np.uint8], starts: NDArray[np.int64], sizes: NDArray[np.int32], classes: NDArray[np.uint16]
) -> tuple[NDArray[np.int32], NDArray[np.uint64], NDArray[np.uint8]]:
    """Length in code points, hash and kind of each word: `Words.chars`, `hashes` and `kinds`."""
    chars = np.empty(len(starts), np.int32)
    hashes = np.empty(len(starts), np.uint64)
    kinds = np.empty(len(starts), np.uint8)
    for word in range(len(starts)):
        start = starts[word]
        size = sizes[word]
        length = size
        value = np.uint64(0)
        some = np.uint16(0)  # classes of any of the characters, and of all of them
        every = np.uint16(0xFFFF)
        for i in range(min(size, len(_POWERS))):
            byte = data[start + i]
            value += (np.uint64(byte) + _ONE) * _POWERS[i]
            if byte < 0x80:
                some |= classes[byte]
                every &= classes[byte]
            elif byte & 0xC0 == 0x80:
                length -= 1
            else:
                kind = classes[decode(data, start + i)[0]]
                some |= kind
                every &= kind
        if size > len(_POWERS):
            more, letters, marks, fewer = _measure_rest(data, start, size, classes)
            value += more
            some |= letters
            every &= marks
            length -= fewer
        chars[word] = length
        hashes[word] = value
        kinds[word] = (HAS_LETTER if some & ALPHABETIC else 0) | (0 if every & SYMBOL else NOT_SYMBOL)
    return chars, hashes, kinds


@kernel
def _measure_rest(
    data: NDArray[np.uint8], start: int, size: int, classes: NDArray[np.uint16]
) -> tuple[np.uint64, np.uint16, np.uint16, int]:
    """What the bytes of a long word behind the table of powers add to its hash, its classes and its continuation bytes."""
    value = np.uint64(0)
    power = _POWERS[-1]
    some = np.uint16(0)
    every = np.uint16(0xFFFF)
    continuations = 0
    for at in range(start + len(_POWERS), start + size):
        power *= HASH_BASE
        value += (np.uint64(data[at]) + _ONE) * power
        if data[at] & 0xC0 == 0x80:
            continuations += 1
        else:
            kind = classes[decode(data, at)[0]]
            some |= kind
            every &= kind
    return value, some, every, continuations
