"""OSCAR's document rules (Ungoliant): long lines are text, short ones are menus.

Abadji et al. 2022 (arXiv:2201.06642); numbers from the code of oscar-project/ungoliant. Lines end at newlines, without
their carriage return; a text that ends with a newline has no empty line behind it. The rules were made for WET files,
where a paragraph is one line: text wrapped at 80 columns fails them all.

Ungoliant annotates with most of these and drops documents by `long_line_mass`, `trim_short_edges` (nothing is left when
short lines are trimmed off both ends; here they are not taken out) and `noisy_tiny` (noisy and tiny and nothing else; whether
its code ever does depends on the order of a list, see there). Its list of adult hosts is the stage `urls`' affair.
"""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.batch import Batch
from gristmill.core.categories import BITS, LETTER_OR_MARK, category_counts
from gristmill.core.jit import kernel
from gristmill.core.limits import Limit, apply_limits
from gristmill.core.lines import Lines, lines
from gristmill.core.params import LanguageParams
from gristmill.core.ratios import ratio
from gristmill.core.verdict import Example, Signal, Verdict

NAME = "oscar"
VERSION = 2
UPSTREAM = ("language.label",)


class Params(LanguageParams):
    """Bounds of the rules; the defaults are Ungoliant's."""

    long_line_chars: int = 100
    """Shortest line that is long, in code points. Ungoliant: 100."""

    min_long_line_mass: float = 0.6
    """Smallest share of code points, newlines left out, in long lines. Ungoliant: 0.6."""

    min_long_lines: float = 1
    """Fewest long lines: without one, trimming short lines off both ends leaves nothing. Ungoliant: 1."""

    reject_noisy_tiny: bool = True
    """Leave out documents of fewer than `min_lines` lines of which most characters are no letters. Ungoliant: yes, but
    only if they have no other annotation."""

    min_lines: int = 5
    """Fewest lines of a document that is not tiny. Ungoliant: 5."""

    noisy_frac: float = 0.5
    """Share of code points that are no letters or marks above which a text is noisy. Ungoliant: 0.5."""


LIMITS = (
    Limit("oscar.trim_short_edges", "oscar.n_long_lines", "below", "min_long_lines"),
    Limit("oscar.long_line_mass", "oscar.long_line_mass", "below", "min_long_line_mass"),
    Limit("oscar.noisy_tiny", "oscar.noisy_tiny", "true", "reject_noisy_tiny"),
)
RULES = tuple(limit.rule for limit in LIMITS)

_LINE = "The mill stands by the river, and in spring the flood brings grain from every farm of the upper valley. " * 2

EXAMPLES = (
    Example(_LINE),
    Example(f"{_LINE}\n{'A line of the menu.' * 5}\n" * 2),
    Example(f"{_LINE}\n" + "A line of the menu.\n" * 20, failed=("oscar.long_line_mass",)),
    Example("The mill stands by the river.", failed=("oscar.trim_short_edges", "oscar.long_line_mass")),
    Example("1 2 3 4 5 6 7 8 9 " * 10, failed=("oscar.noisy_tiny",)),
)

_LINES, _LONG, _CHARS, _LONG_CHARS, _HEADER, _FOOTER = range(6)


def judge(batch: Batch, params: Params) -> Verdict:
    """Judge each document by the lengths of its lines."""
    text = batch.text
    found = measure(text.data, lines(batch), params.long_line_chars)
    counts = category_counts(batch)
    letters, chars = counts[:, LETTER_OR_MARK.bit_length() - 1], counts[:, BITS]
    noisy = chars - letters > np.floor(params.noisy_frac * chars)
    n_lines, short = found[:, _LINES], found[:, _LINES] - found[:, _LONG]
    tiny, short_sentences = n_lines < params.min_lines, short > n_lines // 2
    header, footer = found[:, _HEADER] > 0, found[:, _FOOTER] > 0
    signals: dict[str, Signal] = {
        "oscar.n_lines": n_lines,
        "oscar.n_long_lines": found[:, _LONG],
        "oscar.long_line_mass": ratio(found[:, _LONG_CHARS], found[:, _CHARS]),
        "oscar.letter_mark_frac": ratio(letters, chars),
        "oscar.tiny": tiny,
        "oscar.short_sentences": short_sentences,
        "oscar.header": header,
        "oscar.footer": footer,
        "oscar.noisy": noisy,
        "oscar.noisy_tiny": noisy & tiny & ~(short_sentences | header | footer),
    }
    return Verdict(signals, apply_limits(LIMITS, signals, params, batch))


def measure(data: NDArray[np.uint8], table: Lines, long_line: int) -> NDArray[np.int64]:
    """Of each document: lines, long ones, code points of both, and whether its head and foot are short lines."""
    return measure_lines(data, table.offsets, table.starts, table.sizes, table.chars, long_line)


@kernel
def measure_lines(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    starts: NDArray[np.int64],
    sizes: NDArray[np.int64],
    chars: NDArray[np.int64],
    long_line: int,
) -> NDArray[np.int64]:
    """Of each document: lines, long ones, code points of both, and whether its head and foot are short: int64[rows, 6].

    The lines are those of `Lines`. The head is the first fifth of the lines; it is short if more than half of its lines,
    rounded down, have fewer bytes than a long line has characters.
    """
    found = np.zeros((len(offsets) - 1, 6), np.int64)
    for row in range(len(found)):
        first = offsets[row]
        last = offsets[row + 1]
        last -= sizes[last - 1] == 0  # what ends with a newline has no line behind it
        fifth = (last - first) // 5
        for line in range(first, last):
            end = starts[line] + sizes[line]
            cut = sizes[line] > 0 and data[end - 1] == 0x0D and line + 1 < offsets[row + 1]
            length = chars[line] - cut
            found[row, _LINES] += 1
            found[row, _CHARS] += length
            if length >= long_line:
                found[row, _LONG] += 1
                found[row, _LONG_CHARS] += length
            if sizes[line] - cut < long_line:
                found[row, _HEADER] += line - first < fifth
                found[row, _FOOTER] += last - 1 - line < fifth
        found[row, _HEADER] = found[row, _HEADER] > fifth // 2
        found[row, _FOOTER] = found[row, _FOOTER] > fifth // 2
    return found
