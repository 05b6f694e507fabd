r"""RefinedWeb's line-wise corrections: lines of capitals, numerals, counters and single words, and three snippets.

Penedo et al. 2023 (arXiv:2306.01116), appendix G; its lists were never released. Definitions are DCLM's
(`baselines_configs/refinedweb.yaml`), the de-facto reference. Lines stand between newlines and are not stripped; empty
lines stay. A line is dropped for the first cause in the order of the rules; a short line (10 words between spaces) loses
`\s?items in cart`, `\s?Read more...$`, `^Sign-in\s?`, and is dropped if nothing is left.

The rule `refinedweb.doc_removed_ratio` rejects a page of whose words more than 5 % went so: with that much noise the rest is
noise too. Words are those between spaces that are more than marks; DCLM's are UAX-29's. RefinedWeb's other document rules
are Gopher's. As a family of `heuristics` this judges and leaves the text alone; the stage `lines` takes the lines out.
"""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gristmill.core.batch import Batch
from gristmill.core.categories import DIGIT, UPPERCASE, categories
from gristmill.core.characters import NOT_SYMBOL, SYMBOL, classes, decode
from gristmill.core.jit import kernel
from gristmill.core.limits import Limit, apply_limits
from gristmill.core.lines import lines
from gristmill.core.params import LanguageParams
from gristmill.core.ratios import ratio, sums
from gristmill.core.verdict import Example, Signal, Verdict
from gristmill.core.words import words
from gristmill.filters.page_phrases import COUNTED, count_in_pieces

NAME = "refinedweb"
VERSION = 1
UPSTREAM = ("language.label",)


class Params(LanguageParams):
    """Bounds of the rules; the defaults are DCLM's, the paper gives only the last."""

    max_line_uppercase: float = 0.5
    """Largest share of capitals among a line's characters, spaces included. DCLM: 0.5; others 0.7 or 0.8."""

    max_line_numeric: float = 0.999999
    """Largest share of digits among a line's characters. DCLM: 0.999999, so only lines of digits alone go."""

    min_line_words: int = 2
    """Fewest words between spaces of a line that is not empty. DCLM: 2."""

    max_substring_words: int = 10
    """Most words of a line that snippets are taken from. RefinedWeb: 10."""

    max_removed_ratio: float = 0.05
    """Largest share of a document's words that the corrections may take. RefinedWeb: 0.05."""


LIMITS = (Limit("refinedweb.doc_removed_ratio", "refinedweb.doc_removed_ratio", "above", "max_removed_ratio"),)
RULES = tuple(limit.rule for limit in LIMITS)

PROSE = (
    "The mill stands by the river, below the old bridge.\n\nIn spring the flood brings grain from the upper valley, and "
    "the miller has to work by night. Who built the bridge? Nobody can tell. Old men argue on its wall."
)

EXAMPLES = (
    Example(PROSE),
    Example(f"{PROSE}\nRead more..."),
    Example(f"{PROSE}\nHOME PAGE\n1990\n3 likes\nShare", failed=RULES),
)

KEPT, UPPER, NUMBERS, COUNTER, ONE_WORD, SUBSTRING = range(6)
RULE_NAMES = tuple(f"refinedweb.line_{name}" for name in ("uppercase", "numeric", "counter", "one_word", "substring"))
"""Why a line, or a part of one, goes, in the order the rules are tried; cause UPPER is the first."""

_COUNTER = re.compile(rf"\W*\d(?:,|\.|\d)*[kmb]?\s+(?:{'|'.join(COUNTED)})\W*")
_SNIPPETS = re.compile(r"\s?items in cart|\s?Read more...\Z|\A(?:Sign-in)\s?", re.IGNORECASE)


@dataclass(frozen=True)
class Corrections:
    """What the line rules do to a batch.

    Attributes:
        causes: KEPT or why each line of `lines(batch)` goes, uint8[lines].
        cuts: parts of kept lines that go: line, first and last byte (exclusive) in the buffer; int64[cuts, 3].
        removed_words: words in all that goes, int64[documents].
        n_words: words of the whole text, int64[documents].
    """

    causes: NDArray[np.uint8]
    cuts: NDArray[np.int64]
    removed_words: NDArray[np.int64]
    n_words: NDArray[np.int64]


def judge(batch: Batch, params: Params) -> Verdict:
    """Judge each document by what the corrections would take from it."""
    signals = corrected_signals(batch, corrections(batch, params))
    return Verdict(signals, apply_limits(LIMITS, signals, params, batch))


def corrected_signals(batch: Batch, found: Corrections) -> dict[str, Signal]:
    """Lines that go for each cause, kept lines that lose a part, and the share of words gone."""
    offsets = lines(batch).offsets
    cut = np.zeros(len(found.causes), np.bool_)
    cut[found.cuts[:, 0]] = True
    return {
        **{
            name: sums(offsets, (found.causes == cause) | (cut if cause == SUBSTRING else False))
            for cause, name in enumerate(RULE_NAMES, UPPER)
        },
        "refinedweb.n_words": found.n_words,
        "refinedweb.doc_removed_ratio": ratio(found.removed_words, found.n_words),
    }


def corrections(batch: Batch, params: Params) -> Corrections:
    """Find what the line rules take from each text."""
    data, table, pieces = batch.text.data, lines(batch), words(batch, "spaces")
    ends = table.starts + table.sizes
    firsts, lasts = np.searchsorted(pieces.starts, table.starts), np.searchsorted(pieces.starts, ends)
    line_words = spoken_words(pieces.kinds, firsts, lasts)
    causes = line_causes(
        data, table.starts, table.sizes, categories(), params.max_line_uppercase, params.max_line_numeric
    )
    open_lines = (causes == KEPT) & (table.sizes > 0)
    counters = count_in_pieces(batch, "counter", table.starts, table.sizes) > 0
    for line in np.flatnonzero(open_lines & counters).tolist():
        if _COUNTER.fullmatch(_text(data, table.starts[line], ends[line]).lower()):
            causes[line] = COUNTER
    counts = lasts - firsts
    causes[(causes == KEPT) & (table.sizes > 0) & (counts < params.min_line_words)] = ONE_WORD
    short = (causes == KEPT) & (counts <= params.max_substring_words)
    cuts: list[tuple[int, int, int]] = []
    gone = np.where(causes == KEPT, 0, line_words)
    snippets = count_in_pieces(batch, "snippet", table.starts, table.sizes) > 0
    for line in np.flatnonzero(short & snippets).tolist():
        text = _text(data, table.starts[line], ends[line])
        found = [
            (line, *_bytes(text, *snippet.span(), int(table.starts[line]))) for snippet in _SNIPPETS.finditer(text)
        ]
        left = _SNIPPETS.sub("", text)
        gone[line] = line_words[line] - _spoken(left)
        if left.strip():
            cuts += found
        elif found:
            causes[line] = SUBSTRING
    totals = spoken_words(pieces.kinds, pieces.offsets[:-1], pieces.offsets[1:])
    return Corrections(causes, np.array(cuts, np.int64).reshape(-1, 3), sums(table.offsets, gone), totals)


def _text(data: NDArray[np.uint8], start: int, end: int) -> str:
    return data[start:end].tobytes().decode()


def _bytes(text: str, first: int, last: int, start: int) -> tuple[int, int]:
    """Places within a line, in characters, as places in the buffer, in bytes."""
    return start + len(text[:first].encode()), start + len(text[:last].encode())


def _spoken(text: str) -> int:
    """Words of a line that are more than marks."""
    return sum(any(not classes()[ord(character)] & SYMBOL for character in word) for word in text.split())


@kernel
def spoken_words(kinds: NDArray[np.uint8], firsts: NDArray[np.int64], lasts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Words that are more than marks among words firsts[i] to lasts[i] (exclusive), by `Words.kinds`; int64[pieces]."""
    counts = np.zeros(len(firsts), np.int64)
    for piece in range(len(firsts)):
        count = 0
        for kind in kinds[firsts[piece] : lasts[piece]]:
            count += kind & NOT_SYMBOL != 0
        counts[piece] = count
    return counts


@kernel
def line_causes(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    sizes: NDArray[np.int64],
    categories: NDArray[np.uint16],
    most_upper: float,
    most_digits: float,
) -> NDArray[np.uint8]:
    """UPPER or NUMBERS for lines with too many capitals or digits, else KEPT; uint8[lines]."""
    causes = np.zeros(len(starts), np.uint8)
    for line in range(len(starts)):
        at = starts[line]
        end = at + sizes[line]
        length = upper = digits = 0
        while at < end:
            code, size = decode(data, at)
            upper += categories[code] & UPPERCASE != 0
            digits += categories[code] & DIGIT != 0
            length += 1
            at += size
        if upper > most_upper * length:
            causes[line] = UPPER
        elif length and digits > most_digits * length:
            causes[line] = NUMBERS
    return causes
