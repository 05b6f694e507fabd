"""Texts normalised as RedPajama-V2 does before it counts words, and the words of them.

ASCII punctuation is deleted, letters are made lower-case, whitespace becomes single spaces, and accents are taken apart
(NFD). Unicode's tables are those of the running Python.

Most characters are normalised alike wherever they stand, and a kernel copies what a table has for them. Texts with others
are left to Python: those above `_PLAIN`, capital sigma, and marks whose order NFD may change.
"""

import string
import unicodedata
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gristmill.core.batch import Batch, TextBuffers, text_buffers
from gristmill.core.characters import decode
from gristmill.core.jit import kernel
from gristmill.core.words import Words, segment

_NO_PUNCTUATION = {ord(mark): None for mark in string.punctuation}
_PLAIN = 0x3000  # code points in the table: those of alphabets, marks and arrows
_FINAL_FORMS = "Σ"  # lower-case as ς at the end of a word
_GROWTH = 3  # at most: U+0390 has two bytes, and six when it is taken apart
_SPACE_BAR = 0x20
_WHITESPACE = -1
_OTHER = -2
_LETTERS = np.zeros(256, np.uint8)  # what ASCII letters and digits become, the usual case; 0 for other bytes
_LETTERS[list(string.ascii_letters.encode())] = list((2 * string.ascii_lowercase).encode())
_LETTERS[list(string.digits.encode())] = list(string.digits.encode())


def normal(text: str) -> str:
    """A text as RedPajama-V2 normalises it; its words are what stands between the spaces."""
    return unicodedata.normalize("NFD", " ".join(text.translate(_NO_PUNCTUATION).lower().split()))


def normal_text(batch: Batch) -> TextBuffers:
    """The normalised texts of a batch; made on the first call."""
    return batch.shared("normal text", lambda: _normal_text(batch))


def normal_words(batch: Batch) -> Words:
    """Their words; segmented on the first call."""
    return batch.shared("normal words", lambda: segment(normal_text(batch), "spaces"))


def _normal_text(batch: Batch) -> TextBuffers:
    text = batch.text
    data, offsets, left = normalised(text.data, text.offsets, *_table())
    column = pa.LargeStringArray.from_buffers(len(batch), pa.py_buffer(offsets), pa.py_buffer(data))
    if left.any():
        mask = pa.array(left)
        others = batch.column("text").filter(mask).to_pylist()
        column = pc.replace_with_mask(column, mask, pa.array(map(normal, others), pa.large_string()))
    return text_buffers(column)


@lru_cache
def _table() -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]:
    """What characters become: int64[_PLAIN] places in the bytes, int64[_PLAIN] sizes or what they are, uint8[bytes]."""
    sizes = np.empty(_PLAIN, np.int64)
    forms = []
    for code in range(_PLAIN):
        character = chr(code)
        form = unicodedata.normalize("NFD", character.translate(_NO_PUNCTUATION).lower()).encode()
        forms.append(form)
        sizes[code] = len(form)
        if character.isspace():
            sizes[code] = _WHITESPACE
        elif character in _FINAL_FORMS or (form and unicodedata.combining(form.decode()[0])):
            sizes[code] = _OTHER
    places = np.cumsum([0, *map(len, forms)])[:-1]
    table = (places, sizes, np.frombuffer(b"".join(forms), np.uint8))
    for array in table:
        array.flags.writeable = False
    return table


@kernel
def normalised(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    places: NDArray[np.int64],
    sizes: NDArray[np.int64],
    forms: NDArray[np.uint8],
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.bool_]]:
    """Normalise texts: their bytes, offsets, and which are left out (and empty here), as they need more than a table."""
    rows = len(offsets) - 1
    result = np.empty(_GROWTH * (offsets[-1] - offsets[0]), np.uint8)
    ends = np.zeros(rows + 1, np.int64)
    left = np.zeros(rows, np.bool_)
    count = 0
    for row in range(rows):
        first = count
        at = offsets[row]
        while at < offsets[row + 1]:
            letter = _LETTERS[data[at]]
            if letter:
                result[count] = letter
                count += 1
                at += 1
                continue
            code, width = decode(data, at)
            at += width
            size = sizes[code] if code < _PLAIN else _OTHER
            if size == _WHITESPACE:
                if count > first and result[count - 1] != _SPACE_BAR:
                    result[count] = _SPACE_BAR
                    count += 1
            elif size == _OTHER:
                left[row] = True
                count = first
                break
            else:
                for i in range(size):
                    result[count + i] = forms[places[code] + i]
                count += size
        if count > first and result[count - 1] == _SPACE_BAR:
            count -= 1
        ends[row + 1] = count
    return result[:count], ends, left
