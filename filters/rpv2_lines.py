"""RedPajama-V2's annotations of lines, and its count of sentences; part of filters/rpv2.py.

A line is what ends behind a newline or at the text's end. Its normalised words are counted without normalising it: those
between spaces that are more than ASCII punctuation. The length that numerals are divided by leaves accents where they are.
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gristmill.core.batch import Batch
from gristmill.core.categories import ALPHANUMERIC, NUMERIC, UPPERCASE, categories
from gristmill.core.characters import SPACE, classes, decode
from gristmill.core.jit import kernel
from gristmill.core.lines import lines
from gristmill.core.ratios import ratio, sums
from gristmill.core.verdict import Signal

_TERMINAL, _JAVASCRIPT, _WORDS, _NUMERALS, _CHARS, _BULLET, _CAPITALS, _ELLIPSIS = range(8)
_JAVASCRIPT_BYTES = np.frombuffer(b"javascript", np.uint8)
_UNDERSCORE = 0x5F
_PUNCTUATION = np.zeros(128, np.bool_)
_PUNCTUATION[list(b"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")] = True
_BULLETS = np.array([0x2022, 0x2023, 0x25B6, 0x25C0, 0x25E6, 0x25A0, 0x25A1, 0x25AA, 0x25AB, 0x2013])


def line_signals(batch: Batch) -> dict[str, Signal]:
    """The annotations of lines as lists, and the share of lines that start with a bullet."""
    table = lines(batch)
    last = table.offsets[1:] - 1
    real = np.ones(len(table.starts), np.bool_)
    real[last] = table.sizes[last] > 0  # behind the last newline there is no line
    counts = measure(batch.text.data, table.starts, table.sizes, classes(), categories())
    newlines = np.ones(len(table.starts), np.int64)
    newlines[last] = 0
    offsets = np.concatenate(([0], np.cumsum(sums(table.offsets, real)))).astype(np.int32)
    found = {
        "ending_with_terminal_punctution_mark": counts[:, _TERMINAL],
        "javascript_counts": counts[:, _JAVASCRIPT],
        "num_words": counts[:, _WORDS],
        "numerical_chars_fraction": ratio(counts[:, _NUMERALS], counts[:, _CHARS]),
        "start_with_bulletpoint": counts[:, _BULLET],
        "uppercase_letter_fraction": ratio(counts[:, _CAPITALS], table.chars + newlines),
    }
    bullets = sums(table.offsets, np.where(real, counts[:, _BULLET], 0))
    ellipses = sums(table.offsets, np.where(real, counts[:, _ELLIPSIS], 0))
    return {
        **{
            f"rpv2.rps_lines_{name}": pa.ListArray.from_arrays(pa.array(offsets), pa.array(values[real]))
            for name, values in found.items()
        },
        "rpv2.ccnet_nlines": sums(table.offsets, real),
        "rpv2.bulletpoint_line_frac": ratio(bullets, sums(table.offsets, real)),
        "rpv2.rps_doc_frac_lines_end_with_ellipsis": ratio(ellipses, sums(table.offsets, real)),
    }


@kernel
def measure(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    sizes: NDArray[np.int64],
    classes: NDArray[np.uint16],
    categories: NDArray[np.uint16],
) -> NDArray[np.int64]:
    """What `line_signals` counts in each line, by the columns above: int64[lines, 8]."""
    counts = np.zeros((len(starts), 8), np.int64)
    for line in range(len(starts)):
        at = starts[line]
        end = at + sizes[line]
        blank = True
        length = same = 0  # of the normalised word at hand, and how much of it is as in `javascript`
        last = dots = 0  # the last character, and how many full stops it ends
        while at < end:
            code, size = decode(data, at)
            at += size
            counts[line, _CAPITALS] += categories[code] & UPPERCASE != 0
            if classes[code] & SPACE:
                counts[line, _JAVASCRIPT] += length == same == len(_JAVASCRIPT_BYTES)
                counts[line, _WORDS] += length > 0
                counts[line, _CHARS] += length
                length = same = 0
                continue
            if blank:
                blank = False
                for bullet in _BULLETS:
                    counts[line, _BULLET] |= code == bullet
            last = code
            dots = dots + 1 if code == 0x2E else 0
            if code < 0x80 and _PUNCTUATION[code]:
                continue
            counts[line, _NUMERALS] += categories[code] & NUMERIC != 0
            letter = code | 0x20 if 0x41 <= code <= 0x5A else code
            same += same == length < len(_JAVASCRIPT_BYTES) and letter == _JAVASCRIPT_BYTES[min(length, 9)]
            length += 1
        counts[line, _JAVASCRIPT] += length == same == len(_JAVASCRIPT_BYTES)
        counts[line, _WORDS] += length > 0
        counts[line, _CHARS] += length + max(counts[line, _WORDS] - 1, 0)
        counts[line, _ELLIPSIS] = dots >= 3 or last == 0x2026
        counts[line, _TERMINAL] = last in (0x2E, 0x21, 0x3F, 0x201D)
    return counts


@kernel
def count_sentences(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], categories: NDArray[np.uint16]
) -> NDArray[np.int64]:
    r"""Matches of `\b[^.!?]+[.!?]*` in each text: pieces between end marks with a word character; int64[texts]."""
    counts = np.zeros(len(offsets) - 1, np.int64)
    for row in range(len(counts)):
        at = offsets[row]
        spoken = False
        while at < offsets[row + 1]:
            code, size = decode(data, at)
            at += size
            if code in (0x2E, 0x21, 0x3F):
                counts[row] += spoken
                spoken = False
            else:
                spoken |= code == _UNDERSCORE or categories[code] & ALPHANUMERIC != 0
        counts[row] += spoken
    return counts
