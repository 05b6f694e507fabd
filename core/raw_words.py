r"""Runs of word characters and runs of marks (`\w+|[^\w\s]+`, NLTK's WordPunctTokenizer): RedPajama-V2's raw words."""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.categories import ALPHANUMERIC, OTHER_CASE, UPPERCASE
from gristmill.core.characters import SPACE, decode
from gristmill.core.jit import kernel
from gristmill.core.polynomial import polynomial_hash

COUNT, CAPITALS, LETTERS, WANTED = range(4)
"""Columns of `raw_word_totals`: all words; those without lower-case letters; with an ASCII letter; in the list."""

_UNDERSCORE = 0x5F


@kernel
def raw_word_totals(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    classes: NDArray[np.uint16],
    categories: NDArray[np.uint16],
    wanted: NDArray[np.uint64],
) -> NDArray[np.int64]:
    """Raw words of each text, counted by kind: int64[texts, 4].

    Args:
        data: UTF-8 bytes, as of `TextBuffers`.
        offsets: of the texts.
        classes: of core/characters.py.
        categories: of core/categories.py.
        wanted: hashes of the words to count, sorted.
    """
    totals = np.zeros((len(offsets) - 1, 4), np.int64)
    for row in range(len(totals)):
        at = offsets[row]
        end = offsets[row + 1]
        while at < end:
            code, size = decode(data, at)
            if classes[code] & SPACE:
                at += size
                continue
            inside = _is_word(code, categories)
            some = 0
            ascii_letter = False
            start = at
            while True:
                some |= categories[code]
                ascii_letter |= code < 0x80 and 0x61 <= code | 0x20 <= 0x7A
                at += size
                if at >= end:
                    break
                code, size = decode(data, at)
                if classes[code] & SPACE or _is_word(code, categories) != inside:
                    break
            totals[row, COUNT] += 1
            totals[row, CAPITALS] += some & UPPERCASE != 0 and some & OTHER_CASE == 0
            totals[row, LETTERS] += ascii_letter
            value = polynomial_hash(data, start, at)
            place = np.searchsorted(wanted, value)
            totals[row, WANTED] += place < len(wanted) and wanted[place] == value
    return totals


@kernel
def _is_word(code: int, categories: NDArray[np.uint16]) -> bool:
    return code == _UNDERSCORE or categories[code] & ALPHANUMERIC != 0
