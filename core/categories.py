"""What Unicode says of each code point, for rules that count characters: a second frozen table beside core/characters.py.

The table is `categories.npz`, uint16[0x110000], one bit per line below, made from Python's unicodedata (Unicode 14) and
shipped, so that a page counts alike under every Python. `python -m gristmill.core.categories` writes it again.
"""

import sys
import unicodedata
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gristmill.core.batch import Batch
from gristmill.core.characters import CODE_POINTS, UNICODE_VERSION, decode
from gristmill.core.jit import kernel

ALPHANUMERIC = 1 << 0  # str.isalnum
UPPERCASE = 1 << 1  # str.isupper of the character
OTHER_CASE = 1 << 2  # cased, but not upper-case
NUMERIC = 1 << 3  # str.isnumeric
DIGIT = 1 << 4  # str.isdigit
LETTER_OR_MARK = 1 << 5  # general category L* or M*
CONTROL = 1 << 6  # general category Cc but tab, newline, carriage return
PRIVATE = 1 << 7  # general category Co: private use
PUNCTUATION = 1 << 8  # general category P*

BITS = 9
_TABLE = Path(__file__).with_name("categories.npz")


def build_categories() -> NDArray[np.uint16]:
    """Make the table from unicodedata, uint16[0x110000]."""
    table = np.zeros(CODE_POINTS, np.uint16)
    for code in range(CODE_POINTS):
        character = chr(code)
        category = unicodedata.category(character)
        upper = character.isupper()
        for bit, holds in (
            (ALPHANUMERIC, character.isalnum()),
            (UPPERCASE, upper),
            (OTHER_CASE, not upper and (character.islower() or category == "Lt")),
            (NUMERIC, character.isnumeric()),
            (DIGIT, character.isdigit()),
            (LETTER_OR_MARK, category[0] in "LM"),
            (CONTROL, category == "Cc" and character not in "\t\n\r"),
            (PRIVATE, category == "Co"),
            (PUNCTUATION, category[0] == "P"),
        ):
            table[code] |= bit if holds else 0
    return table


@lru_cache
def categories() -> NDArray[np.uint16]:
    """The categories of every code point, uint16[0x110000], read-only."""
    with np.load(_TABLE) as file:
        table: NDArray[np.uint16] = file["categories"]
    table.flags.writeable = False
    return table


def category_counts(batch: Batch) -> NDArray[np.int64]:
    """How many code points of each of a batch's texts have each bit, and how many there are: int64[documents, BITS + 1]."""
    return batch.shared("categories", lambda: count_categories(batch.text.data, batch.text.offsets, categories()))


@kernel
def count_categories(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], categories: NDArray[np.uint16]
) -> NDArray[np.int64]:
    """How many code points of each text have each bit, and how many there are: int64[texts, BITS + 1]."""
    counts = np.zeros((len(offsets) - 1, BITS + 1), np.int64)
    plain = np.zeros(128, np.int64)
    for row in range(len(counts)):
        plain[:] = 0
        at = offsets[row]
        while at < offsets[row + 1]:
            if data[at] < 0x80:
                plain[data[at]] += 1
                at += 1
                continue
            code, size = decode(data, at)
            for bit in range(BITS):
                counts[row, bit] += categories[code] >> bit & 1
            counts[row, BITS] += 1
            at += size
        for code in range(128):
            for bit in range(BITS):
                counts[row, bit] += plain[code] * (categories[code] >> bit & 1)
            counts[row, BITS] += plain[code]
    return counts


if __name__ == "__main__":
    if unicodedata.unidata_version != UNICODE_VERSION:
        sys.exit(f"this Python knows Unicode {unicodedata.unidata_version}; the table is made from {UNICODE_VERSION}")
    np.savez_compressed(_TABLE, categories=build_categories())
