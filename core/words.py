"""Words of a batch, segmented once and shared by every filter that counts them.

The segmentation imitates spaCy's blank English tokenizer, which datatrove gives English text and under which the
published thresholds were used: marks are words of their own. Text is cut at whitespace; from each chunk marks are
taken off both ends; what is left stays whole if it is an abbreviation or an address, else it is cut at infixes such as
the hyphen of `well-known`. Left out are spaCy's emoticons and most of its 1,347 special cases. Scripts without spaces
stay in pieces as long as their clauses.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from gristmill.core.affixes import cut_chunk
from gristmill.core.batch import Batch, TextBuffers
from gristmill.core.characters import ALPHABETIC, SPACE, SYMBOL, classes, decode
from gristmill.core.jit import kernel

HAS_LETTER = 1  # in `kinds`: some character is alphabetic
NOT_SYMBOL = 2  # in `kinds`: some character is no mark, space or control character

# An odd number of random bits. The hash of a word is the polynomial Σ (byte + 1) · HASH_BASE ** position, modulo 2 ** 64.
HASH_BASE = np.uint64(0x9E6C63D0676A9A99)
_ONE = np.uint64(1)


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
    offsets, starts, sizes = word_spans(text.data, text.offsets, classes(), _abbreviations(), _units())
    starts.flags.writeable = sizes.flags.writeable = False
    chars, hashes, kinds = measure(text.data, starts, sizes, classes())
    result = Words(offsets, starts, sizes, chars, hashes, kinds)
    for array in vars(result).values():
        array.flags.writeable = False
    return result


def word_hash(word: str) -> int:
    """The hash that `Words.hashes` holds for a word."""
    return sum((byte + 1) * pow(int(HASH_BASE), i, 1 << 64) for i, byte in enumerate(word.encode())) % (1 << 64)


# Words that keep their full stop. Months, titles, states of the USA; single lower-case letters are added below.
_ABBREVIATIONS = """
    Mr. Mrs. Ms. Dr. Prof. St. Jr. Gen. Gov. Sen. Rep. Rev. Adm. Messrs. Ph.D. Co. Corp. Inc. Ltd. Bros. Mt.
    vs. v.s. e.g. i.e. E.g. I.e. E.G. I.E. a.m. p.m. A.M. P.M. D.C. N.C. N.D. N.H. N.J. N.M. N.Y. S.C.
    Jan. Feb. Mar. Apr. Jun. Jul. Aug. Sep. Sept. Oct. Nov. Dec.
    Ala. Ariz. Ark. Calif. Colo. Conn. Del. Fla. Ga. Ia. Id. Ill. Ind. Kan. Kans. Ky. La. Mass. Md. Mich. Minn. Miss.
    Mo. Mont. Neb. Nebr. Nev. Okla. Ore. Pa. Tenn. Va. Wash. Wis.
"""

# Units that are a word of their own after a digit.
_UNITS = """
    km km² km³ m m² m³ dm dm² dm³ cm cm² cm³ mm mm² mm³ ha µm nm yd in ft kg g mg µg t lb oz m/s km/h mph hPa Pa mbar
    mb MB kb KB gb GB tb TB T G M K % км км² км³ м м² м³ дм см мм нм кг г мг м/с км/ч кПа Па мбар Кб КБ кб Мб МБ Гб ГБ
"""


@lru_cache
def _abbreviations() -> NDArray[np.uint64]:
    """The abbreviations, sorted, each packed into 8 bytes with the first character lowest."""
    names = [*_ABBREVIATIONS.split(), *(f"{letter}." for letter in "abcdefghijklmnopqrstuvwxyz"), "'s", "'S"]
    return _packed(names, 8)


@lru_cache
def _units() -> NDArray[np.uint64]:
    """The units, sorted, each packed as up to four 16-bit code points with the first lowest."""
    return _packed(_UNITS.split(), 16)


def _packed(names: list[str], bits: int) -> NDArray[np.uint64]:
    numbers = {sum(ord(character) << bits * i for i, character in enumerate(name)) for name in names}
    packed = np.array(sorted(numbers), np.uint64)
    packed.flags.writeable = False
    return packed


@kernel
def word_spans(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    classes: NDArray[np.uint16],
    abbreviations: NDArray[np.uint64],
    units: NDArray[np.uint64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]:
    """Where the words of each text are: `Words.offsets`, `starts` and `sizes`."""
    rows = len(offsets) - 1
    word_offsets = np.zeros(rows + 1, np.int64)
    starts = np.empty((offsets[rows] - offsets[0]) // 4 + 64, np.int64)
    sizes = np.empty(len(starts), np.int32)
    codes = np.empty(256, np.int32)  # the chunk at hand: code points, their classes, where they start,
    kinds = np.empty(256, np.uint16)
    places = np.empty(257, np.int64)
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
            if count == len(starts):
                starts, sizes = _grown(starts, sizes, count + 1)
            if at == end or (data[at] < 0x80 and classes[data[at]] & SPACE):
                starts[count] = start  # letters and nothing else: three chunks of four
                sizes[count] = at - start
                count += 1
                continue
            length, at = _read_chunk(data, start, end, classes, codes, kinds, places)
            if at < 0:  # longer than the scratch arrays: find its end and read it again
                longest = 2 * _chunk_bytes(data, start, end, classes)
                codes = np.empty(longest, np.int32)
                kinds = np.empty(longest, np.uint16)
                places = np.empty(longest + 1, np.int64)
                begins = np.zeros(longest + 1, np.bool_)
                length, at = _read_chunk(data, start, end, classes, codes, kinds, places)
            cut_chunk(codes, kinds, length, begins, abbreviations, units)
            if count + length > len(starts):
                starts, sizes = _grown(starts, sizes, count + length)
            begins[length] = True
            for i in range(length):
                if begins[i]:
                    starts[count] = places[i]
                    count += 1
                    begins[i] = False
                if begins[i + 1]:
                    sizes[count - 1] = places[i + 1] - starts[count - 1]
            begins[length] = False
        word_offsets[row + 1] = count
    return word_offsets, starts[:count].copy(), sizes[:count].copy()


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
def _chunk_bytes(data: NDArray[np.uint8], at: int, end: int, classes: NDArray[np.uint16]) -> int:
    """Bytes from `at` to the next whitespace or the end."""
    start = at
    while at < end:
        code, size = decode(data, at)
        if classes[code] & SPACE:
            break
        at += size
    return at - start


@kernel
def _read_chunk(
    data: NDArray[np.uint8],
    at: int,
    end: int,
    classes: NDArray[np.uint16],
    codes: NDArray[np.int32],
    kinds: NDArray[np.uint16],
    places: NDArray[np.int64],
) -> tuple[int, int]:
    """Decode up to the next whitespace: number of code points and where the chunk ends, or -1 if it does not fit."""
    length = 0
    while at < end:
        code, size = decode(data, at)
        if classes[code] & SPACE:
            break
        if length == len(codes):
            return length, -1
        codes[length] = code
        kinds[length] = classes[code]
        places[length] = at
        length += 1
        at += size
    places[length] = at
    return length, at


@kernel
def _grown(
    starts: NDArray[np.int64], sizes: NDArray[np.int32], needed: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """The same arrays with room for at least `needed` words."""
    more_starts = np.empty(max(needed, 2 * len(starts)), np.int64)
    more_sizes = np.empty(len(more_starts), np.int32)
    more_starts[: len(starts)] = starts
    more_sizes[: len(sizes)] = sizes
    return more_starts, more_sizes


@kernel
def measure(
    data: NDArray[np.uint8], starts: NDArray[np.int64], sizes: NDArray[np.int32], classes: NDArray[np.uint16]
) -> tuple[NDArray[np.int32], NDArray[np.uint64], NDArray[np.uint8]]:
    """Length in code points, hash and kind of each word: `Words.chars`, `hashes` and `kinds`."""
    chars = np.empty(len(starts), np.int32)
    hashes = np.empty(len(starts), np.uint64)
    kinds = np.empty(len(starts), np.uint8)
    for word in range(len(starts)):
        length = 0
        value = np.uint64(0)
        power = _ONE
        some = np.uint16(0)  # classes of any of the characters, and of all of them
        every = np.uint16(0xFFFF)
        for at in range(starts[word], starts[word] + sizes[word]):
            byte = data[at]
            value += (np.uint64(byte) + _ONE) * power
            power *= HASH_BASE
            if byte & 0xC0 == 0x80:
                continue
            length += 1
            code = np.int64(byte) if byte < 0x80 else decode(data, at)[0]
            some |= classes[code]
            every &= classes[code]
        chars[word] = length
        hashes[word] = value
        kinds[word] = (HAS_LETTER if some & ALPHABETIC else 0) | (0 if every & SYMBOL else NOT_SYMBOL)
    return chars, hashes, kinds
