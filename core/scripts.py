"""Which writing system each letter is of, by ISO 15924 code: a frozen table, and counts of a text's letters by script.

The table is `scripts.npz`, uint8[0x110000], places in SCRIPTS. It is made from the names that Python's unicodedata gives to
letters (Unicode 14, Python 3.11) and shipped, so that a page is judged alike under every Python.
`python -m gristmill.core.scripts` writes it again.
"""

import sys
import unicodedata
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gristmill.core.characters import CODE_POINTS, UNICODE_VERSION, decode
from gristmill.core.jit import kernel

_TABLE = Path(__file__).with_name("scripts.npz")

# The beginning of a letter's Unicode name, and its script. What is not here is of no script: modifiers, signs, dead scripts.
_NAMES = {
    "LATIN": "Latn", "FULLWIDTH LATIN": "Latn", "FEMININE ORDINAL": "Latn", "MASCULINE ORDINAL": "Latn",
    "GREEK": "Grek", "CYRILLIC": "Cyrl", "ARMENIAN": "Armn", "HEBREW": "Hebr", "ARABIC": "Arab", "SYRIAC": "Syrc",
    "THAANA": "Thaa", "NKO": "Nkoo", "DEVANAGARI": "Deva", "BENGALI": "Beng", "GURMUKHI": "Guru", "GUJARATI": "Gujr",
    "ORIYA": "Orya", "TAMIL": "Taml", "TELUGU": "Telu", "KANNADA": "Knda", "MALAYALAM": "Mlym", "SINHALA": "Sinh",
    "THAI": "Thai", "LAO": "Laoo", "TIBETAN": "Tibt", "MYANMAR": "Mymr", "GEORGIAN": "Geor", "HANGUL": "Hang",
    "HALFWIDTH HANGUL": "Hang", "ETHIOPIC": "Ethi", "CHEROKEE": "Cher", "CANADIAN": "Cans", "KHMER": "Khmr",
    "MONGOLIAN": "Mong", "HIRAGANA": "Hira", "KATAKANA": "Kana", "HALFWIDTH KATAKANA": "Kana", "BOPOMOFO": "Bopo",
    "CJK": "Hani", "YI": "Yiii", "TIFINAGH": "Tfng", "VAI": "Vaii", "OL CHIKI": "Olck", "BALINESE": "Bali",
    "JAVANESE": "Java", "SUNDANESE": "Sund", "LEPCHA": "Lepc", "LIMBU": "Limb", "TAI LE": "Tale", "NEW TAI LUE": "Talu",
    "TAI THAM": "Lana", "TAI VIET": "Tavt", "BATAK": "Batk", "BUGINESE": "Bugi", "CHAM": "Cham", "COPTIC": "Copt",
    "ADLAM": "Adlm", "CHAKMA": "Cakm", "MEETEI MAYEK": "Mtei", "LISU": "Lisu", "BAMUM": "Bamu", "TAGALOG": "Tglg",
    "SAURASHTRA": "Saur", "SYLOTI NAGRI": "Sylo", "KAYAH LI": "Kali", "HANIFI ROHINGYA": "Rohg", "OSAGE": "Osge",
    "GRANTHA": "Gran", "NEWA": "Newa", "GOTHIC": "Goth", "RUNIC": "Runr",
}  # fmt: skip
SCRIPTS = ("", *sorted(set(_NAMES.values())))
"""The scripts by their numbers; 0 is of no script."""


def build_scripts() -> NDArray[np.uint8]:
    """Make the table, uint8[0x110000]."""
    table = np.zeros(CODE_POINTS, np.uint8)
    by_length = sorted(_NAMES, key=len, reverse=True)
    for code in range(CODE_POINTS):
        if unicodedata.category(chr(code)).startswith("L"):
            name = unicodedata.name(chr(code), "")
            beginning = next((each for each in by_length if name.startswith(f"{each} ")), None)
            table[code] = SCRIPTS.index(_NAMES[beginning]) if beginning else 0
    return table


@lru_cache
def scripts() -> NDArray[np.uint8]:
    """The script of every code point, uint8[0x110000], read-only."""
    with np.load(_TABLE) as file:
        table: NDArray[np.uint8] = file["scripts"]
    table.flags.writeable = False
    return table


@kernel
def script_counts(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], table: NDArray[np.uint8], size: int
) -> NDArray[np.int64]:
    """Letters of each text by script: int64[texts, scripts].

    Args:
        data: UTF-8 bytes of all texts.
        offsets: where each text starts and the last one ends, int64[texts + 1].
        table: `scripts()`.
        size: len(SCRIPTS).
    """
    counts = np.zeros((len(offsets) - 1, size), np.int64)
    for row in range(len(counts)):
        at = offsets[row]
        while at < offsets[row + 1]:
            code, length = decode(data, at)
            counts[row, table[code]] += 1
            at += length
    counts[:, 0] = 0
    return counts


def main() -> None:
    """Write the shipped table."""
    if unicodedata.unidata_version != UNICODE_VERSION:
        sys.exit(
            f"this Python has Unicode {unicodedata.unidata_version}; the table is of {UNICODE_VERSION} (Python 3.11)"
        )
    np.savez_compressed(_TABLE, scripts=build_scripts())


if __name__ == "__main__":
    main()
