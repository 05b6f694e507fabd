"""NeMo Curator's heuristics for English beside Gopher's: shares of characters, boilerplate, repetition.

Numbers from `config/text/heuristic_filter_english_pipeline.yaml` of NVIDIA-NeMo/Curator. Its Gopher rules are in the family
`gopher_quality`. Sentences are lines here as there; paragraphs stand between empty lines. A document without a word or
line has distinct shares of 1.
"""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.batch import Batch
from gristmill.core.categories import ALPHANUMERIC, BITS, DIGIT, PUNCTUATION, category_counts
from gristmill.core.jit import kernel
from gristmill.core.limits import Limit, apply_limits
from gristmill.core.lines import Lines, lines, stripped_lines
from gristmill.core.marks import symbols
from gristmill.core.paragraphs import paragraphs
from gristmill.core.params import LanguageParams
from gristmill.core.ratios import largest, ratio, sums
from gristmill.core.repeats import first_places
from gristmill.core.verdict import Example, Signal, Verdict
from gristmill.core.word_totals import total_chars
from gristmill.core.words import words
from gristmill.filters.page_phrases import count_in_pieces, starts_in_texts

NAME = "nemo"
VERSION = 1
UPSTREAM = ("language.label",)


class Params(LanguageParams):
    """Bounds of the rules; the defaults are NeMo Curator's."""

    max_non_alnum_frac: float = 0.25
    """Largest share of code points that are no letters or numbers, spaces included. NeMo: 0.25."""

    max_symbol_word_ratio: float = 0.1
    """Most `#`, `...` and `…` together for each word between spaces. NeMo: 0.1."""

    max_digit_frac: float = 0.15
    """Largest share of digits among the code points. NeMo: 0.15."""

    max_url_char_frac: float = 0.2
    """Largest share of bytes within URLs (`http://` or `https://` up to whitespace). NeMo: 0.2."""

    max_whitespace_frac: float = 0.25
    """Largest share of whitespace among the code points. NeMo: 0.25."""

    max_parenthesis_frac: float = 0.1
    """Largest share of `(` and `)` among the code points. NeMo: 0.1."""

    max_boilerplate_frac: float = 0.4
    """Largest share of paragraphs with a notice such as "privacy policy". NeMo: 0.4."""

    reject_boilerplate_edges: bool = True
    """Leave out documents whose first or last paragraph has such a notice. NeMo: yes."""

    max_longest_word: float = 1000
    """Longest word between spaces kept, in code points. NeMo: 1,000."""

    max_unended_line_frac: float = 0.85
    """Largest share of lines without an end mark (`. ? ! " '`). NeMo: 0.85."""

    min_distinct_line_frac: float = 0.7
    """Smallest share of lines that are different. NeMo: 0.7."""

    min_distinct_para_frac: float = 0.7
    """Smallest share of paragraphs that are different. NeMo: 0.7."""

    min_distinct_line_char_frac: float = 0.8
    """Smallest share of the lines' code points in different ones. NeMo: 0.8."""


_ABOVE = (
    *("non_alnum_frac", "symbol_word_ratio", "digit_frac", "url_char_frac", "whitespace_frac", "parenthesis_frac"),
    *("boilerplate_frac", "longest_word", "unended_line_frac"),
)
_BELOW = ("distinct_line_frac", "distinct_para_frac", "distinct_line_char_frac")
LIMITS = (
    *(Limit(f"nemo.{name}", f"nemo.{name}", "above", f"max_{name}") for name in _ABOVE),
    *(Limit(f"nemo.{name}", f"nemo.{name}", "below", f"min_{name}") for name in _BELOW),
    Limit("nemo.boilerplate_edge", "nemo.boilerplate_edge", "true", "reject_boilerplate_edges"),
)
RULES = tuple(limit.rule for limit in LIMITS)

_PROSE = "The mill stands by the river, and in spring the flood brings grain from every farm."


def _failed(*names: str) -> tuple[str, ...]:
    return tuple(f"nemo.{name}" for name in names)


EXAMPLES = (
    Example(f"{_PROSE}\nWho built the bridge? Nobody can tell."),
    Example(f"{_PROSE} -- ++ == ** // || ~~ ^^ && %% @@", failed=_failed("non_alnum_frac", "unended_line_frac")),
    Example(f"{_PROSE} #mill #river...", failed=_failed("symbol_word_ratio")),
    Example(f"{_PROSE} 1234567890123456789.", failed=_failed("digit_frac")),
    Example("Mill: https://mill.example/river/bridge/old.", failed=_failed("url_char_frac")),
    Example("The  mill   stands    by     the   river.", failed=_failed("non_alnum_frac", "whitespace_frac")),
    Example("(a) (b) (c) mills (d).", failed=_failed("non_alnum_frac", "parenthesis_frac")),
    Example(f"{_PROSE}\n\nOur Privacy Policy.\n\n{_PROSE[4:]}"),
    Example(f"Our Privacy Policy.\n\n{_PROSE}\n\n{_PROSE[4:]}", failed=_failed("boilerplate_edge")),
    Example(f"Our Privacy Policy.\n\n{_PROSE}", failed=_failed("boilerplate_frac", "boilerplate_edge")),
    Example("m" * 1001 + ".", failed=_failed("longest_word")),
    Example("The mill stands by the river", failed=_failed("unended_line_frac")),
    Example(f"{_PROSE}\n{_PROSE}", failed=_failed("distinct_line_frac", "distinct_line_char_frac")),
    Example(
        f"{_PROSE}\n\n{_PROSE}",
        failed=_failed("distinct_line_frac", "distinct_para_frac", "distinct_line_char_frac"),
    ),
)

_ENDS = np.zeros(256, np.bool_)
_ENDS[list(b".?!\"'")] = True


def judge(batch: Batch, params: Params) -> Verdict:
    """Judge each document by its characters, lines and paragraphs."""
    signals: dict[str, Signal] = {**_characters(batch), **_repetition(batch)}
    return Verdict(signals, apply_limits(LIMITS, signals, params, batch))


def _characters(batch: Batch) -> dict[str, Signal]:
    data, offsets = batch.text.data, batch.text.offsets
    counts = category_counts(batch)
    chars = counts[:, BITS]
    hashes, ellipses = symbols(batch)
    table = words(batch, "spaces")
    return {
        "nemo.n_chars": chars,
        "nemo.non_alnum_frac": ratio(chars - _bit(counts, ALPHANUMERIC), chars),
        "nemo.symbol_word_ratio": ratio(hashes + ellipses, np.diff(table.offsets)),
        "nemo.digit_frac": ratio(_bit(counts, DIGIT), chars),
        "nemo.punct_frac": ratio(_bit(counts, PUNCTUATION), chars),
        "nemo.url_char_frac": ratio(_url_bytes(batch), np.diff(offsets)),
        "nemo.whitespace_frac": ratio(chars - total_chars(table.offsets, table.chars), chars),
        "nemo.parenthesis_frac": ratio(count_parentheses(data, offsets), chars),
        "nemo.longest_word": largest(table.offsets, table.chars),
    }


def _bit(counts: NDArray[np.int64], bit: int) -> NDArray[np.int64]:
    return counts[:, bit.bit_length() - 1]


def _repetition(batch: Batch) -> dict[str, Signal]:
    data = batch.text.data
    table, units, spans = lines(batch), paragraphs(batch), stripped_lines(batch)
    filled = spans.sizes > 0
    ended = np.zeros(len(filled), np.bool_)
    ended[filled] = _ENDS[data[spans.starts[filled] + spans.sizes[filled] - 1]]
    n_lines = sums(spans.offsets, filled)
    noticed = count_in_pieces(batch, "notice", units.starts, units.sizes) > 0
    edges = np.zeros(len(units.sizes) + 1, np.bool_)
    edges[units.offsets[:-1]] = edges[units.offsets[1:] - 1] = True
    return {
        "nemo.boilerplate_frac": ratio(sums(units.offsets, noticed), np.diff(units.offsets)),
        "nemo.boilerplate_edge": sums(units.offsets, noticed & edges[:-1]) > 0,
        "nemo.unended_line_frac": ratio(n_lines - sums(spans.offsets, ended), n_lines),
        **_distinct("line", table, table.sizes > 0),
        **_distinct("para", units, units.sizes > 0),
    }


def _distinct(name: str, units: Lines, counted: NDArray[np.bool_]) -> dict[str, Signal]:
    """Share of units that are first of their kind, and of their code points."""
    firsts = first_places(units.offsets, units.hashes)
    repeated = counted & (firsts != np.arange(len(firsts)))
    return {
        f"nemo.distinct_{name}_frac": 1 - ratio(sums(units.offsets, repeated), sums(units.offsets, counted)),
        f"nemo.distinct_{name}_char_frac": 1
        - ratio(sums(units.offsets, np.where(repeated, units.chars, 0)), sums(units.offsets, units.chars)),
    }


def _url_bytes(batch: Batch) -> NDArray[np.int64]:
    """Bytes from `http://` or `https://` up to whitespace of each text, int64[documents]."""
    table = words(batch, "spaces")
    starts = starts_in_texts(batch, "address")
    found, firsts = np.unique(np.searchsorted(table.starts, starts, side="right") - 1, return_index=True)
    counts = np.zeros(len(batch), np.int64)
    rows = np.searchsorted(table.offsets, found, side="right") - 1
    np.add.at(counts, rows, table.starts[found] + table.sizes[found] - starts[firsts])
    return counts


@kernel
def count_parentheses(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """`(` and `)` of each text, int64[texts]."""
    counts = np.zeros(len(offsets) - 1, np.int64)
    for row in range(len(counts)):
        count = 0
        for byte in data[offsets[row] : offsets[row + 1]]:
            count += byte & 0xFE == 0x28
        counts[row] = count
    return counts
