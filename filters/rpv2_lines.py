"""RedPajama-V2's annotations of lines, and its count of sentences; part of filters/rpv2.py.

A line is what ends behind a newline or at the text's end. Its normalised words are counted without normalising it: those
between spaces that are more than ASCII punctuation. The length that numerals are divided by leaves accents where they are.
"""

import string

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
_SPACE, _MARK, _CAPITAL, _NUMERAL, _BEYOND = 1, 2, 4, 8, 255
_KINDS = np.zeros(256, np.uint8)  # what bytes are
_KINDS[[*range(0x09, 0x0E), *range(0x1C, 0x21)]] = _SPACE
_KINDS[list(string.punctuation.encode())] = _MARK
_KINDS[list(string.ascii_uppercase.encode())] = _CAPITAL
_KINDS[list(string.digits.encode())] = _NUMERAL
_KINDS[0x80:] = _BEYOND
_ENDS = np.zeros(256, np.bool_)
_ENDS[list(b".!?")] = True
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
        capitals = numerals = words = chars = javascripts = 0
        length = same = 0  # of the normalised word at hand, and how much of it is as in `javascript`
        first = last = -1  # the first and last character
        dots = 0  # full stops in a row that the last one ends
        while at < end:
            code = int(data[at])
            kind = _KINDS[code]
            at += 1
            if kind == _BEYOND:
                code, size = decode(data, at - 1)
                at += size - 1
                kind = _SPACE if classes[code] & SPACE else 0
                kind |= _CAPITAL if categories[code] & UPPERCASE else 0
                kind |= _NUMERAL if categories[code] & NUMERIC else 0
            if kind & _SPACE:
                javascripts += length == same == len(_JAVASCRIPT_BYTES)
                words += length > 0
                chars += length
                length = same = 0
                continue
            if last < 0:
                first = code
            last = code
            dots = dots + 1 if code == 0x2E else 0
            if kind & _MARK:
                continue
            capitals += kind & _CAPITAL != 0
            numerals += kind & _NUMERAL != 0
            same += same == length < len(_JAVASCRIPT_BYTES) and code | 0x20 == _JAVASCRIPT_BYTES[min(length, 9)]
            length += 1
        words += length > 0
        counts[line, _JAVASCRIPT] = javascripts + (length == same == len(_JAVASCRIPT_BYTES))
        counts[line, _WORDS] = words
        counts[line, _CHARS] = chars + length + max(words - 1, 0)
        counts[line, _CAPITALS] = capitals
        counts[line, _NUMERALS] = numerals
        counts[line, _ELLIPSIS] = dots >= 3 or last == 0x2026
        counts[line, _TERMINAL] = last in (0x2E, 0x21, 0x3F, 0x201D)
        for bullet in _BULLETS:
            counts[line, _BULLET] |= first == bullet
    return counts


@kernel
def count_sentences(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], categories: NDArray[np.uint16]
) -> NDArray[np.int64]:
    r"""Matches of `\b[^.!?]+[.!?]*` in each text: pieces between end marks with a word character; int64[texts]."""
    counts = np.zeros(len(offsets) - 1, np.int64)
    for row in range(len(counts)):
        at = offsets[row]
        end = offsets[row + 1]
        count = 0
        while at < end:
            while at < end and not _ENDS[data[at]]:  # to the first word character of a sentence, or past marks
                code, size = decode(data, at)
                if code == _UNDERSCORE or categories[code] & ALPHANUMERIC:
                    count += 1
                    break
                at += size
            while at < end and not _ENDS[data[at]]:
                at += 1
            at += 1
        counts[row] = count
    return counts
