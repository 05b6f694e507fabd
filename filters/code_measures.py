"""What the rules for files of code look at beside lines: letters and digits, frequent words, encoded data."""

import re

import numpy as np
from numpy.typing import NDArray

from gristmill.core.batch import Batch
from gristmill.core.characters import ALPHABETIC, DIGIT, decode
from gristmill.core.jit import kernel

_BASE64_RUN = 64
_ESCAPES = 8
ENCODED = (
    re.compile(rf"[a-zA-Z0-9+/\n=]{{{_BASE64_RUN},}}"),
    re.compile(r"(?:\b(?:0x|\\x)?[0-9a-fA-F]{2}(?:,|\b\s*)){8,}"),
    re.compile(r"(?:\\u[0-9a-fA-F]{4}){8,}"),
)  # StarCoder2's


def encoded_data(batch: Batch) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Code points in runs of encoded data, and the longest run, of each text; int64[documents] each.

    StarCoder2's expressions are slow; they see only the texts in which a kernel found as many bytes of their kinds.
    """
    total, longest = np.zeros(len(batch), np.int64), np.zeros(len(batch), np.int64)
    for row in np.flatnonzero(maybe_encoded(batch.text.data, batch.text.offsets)):
        text = batch.column("text")[row].as_py()
        for pattern in ENCODED:
            sizes = [found.end() - found.start() for found in pattern.finditer(text)]
            total[row] += sum(sizes)
            longest[row] = max([longest[row], *sizes])
    return total, longest


@kernel
def count_classes(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], classes: NDArray[np.uint16]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Letters (`str.isalpha`) and ASCII digits of each text, int64[texts] each."""
    letters = np.zeros(len(offsets) - 1, np.int64)
    digits = np.zeros(len(offsets) - 1, np.int64)
    for row in range(len(letters)):
        at = offsets[row]
        while at < offsets[row + 1]:
            code, size = decode(data, at)
            letters[row] += classes[code] & ALPHABETIC != 0
            digits[row] += classes[code] & DIGIT != 0
            at += size
    return letters, digits


@kernel
def top_words(
    offsets: NDArray[np.int64], hashes: NDArray[np.uint64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Share of the most frequent word, and of the two most frequent, among a document's words: float64[documents]."""
    one = np.zeros(len(offsets) - 1)
    two = np.zeros(len(offsets) - 1)
    for row in range(len(one)):
        ordered = np.sort(hashes[offsets[row] : offsets[row + 1]])
        first = second = run = 0
        for i in range(len(ordered)):
            run = run + 1 if i and ordered[i] == ordered[i - 1] else 1
            if i + 1 < len(ordered) and ordered[i + 1] == ordered[i]:
                continue
            if run > first:
                first, second = run, first
            elif run > second:
                second = run
        if len(ordered):
            one[row] = first / len(ordered)
            two[row] = (first + second) / len(ordered)
    return one, two


@kernel
def maybe_encoded(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.bool_]:
    r"""Texts with 64 bytes of base64 in a row, 8 times `\u`, or 8 pairs of hexadecimal digits; bool[texts]."""
    maybe = np.zeros(len(offsets) - 1, np.bool_)
    for row in range(len(maybe)):
        run = longest = escapes = pairs = digits = 0
        for at in range(offsets[row], offsets[row + 1]):
            byte = data[at]
            letter = 0x61 <= byte <= 0x7A or 0x41 <= byte <= 0x5A
            digit = 0x30 <= byte <= 0x39
            run = run + 1 if letter or digit or byte in (0x2B, 0x2F, 0x3D, 0x0A) else 0
            longest = max(longest, run)
            escapes += byte == 0x75 and at > offsets[row] and data[at - 1] == 0x5C
            if digit or 0x61 <= byte <= 0x66 or 0x41 <= byte <= 0x46:
                digits += 1
                continue
            if byte == 0x78 and digits == 1 and data[at - 1] == 0x30:  # the 0x of a number
                digits = 0
                continue
            pairs = pairs + 1 if digits == 2 else (pairs if digits == 0 else 0)
            digits = 0
        pairs += digits == 2
        maybe[row] = longest >= _BASE64_RUN or escapes >= _ESCAPES or pairs >= _ESCAPES
    return maybe
