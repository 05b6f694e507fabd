"""Lines that no training text needs are taken out: by the line rules of RefinedWeb, C4, Llama 3 or FineWeb 2.

An editing stage: it writes the texts anew. What went is on record in the signal `lines.spans`:

    list<struct<rule: string, start_byte: int64, end_byte: int64, start_char: int64, end_char: int64>>

in order, in bytes of UTF-8 and in code points of the text as it came in, ends exclusive. A line goes with the newline before
it, or with the one behind it if no line before it stays. C4 also strips the lines that stay (`c4.line_strip`), joins them
by one newline (`c4.line_join`: the span is replaced by "\\n"), and takes out citation marks (`c4.line_citation`) and spans of
three sentences that the document has had before (`c4.span_dedup`). RefinedWeb takes URLs out of lines that stay.

Page rules are not applied here, but for RefinedWeb's about how much was taken and C4's about a page's length: the families
`c4` and `refinedweb` of the stage `heuristics` judge pages by the same line rules, and need not stand behind this stage.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gristmill.core.batch import Batch
from gristmill.core.limits import apply_limits
from gristmill.core.lines import Lines, code_points, lines
from gristmill.core.params import StageParams
from gristmill.core.verdict import Example, Signal, Verdict
from gristmill.core.words import words
from gristmill.filters import c4_edits, fineweb2, llama3, refinedweb
from gristmill.filters.c4_lines import LENGTH
from gristmill.filters.spans import KIND, ROW, START, edited, span_lists
from gristmill.filters.url_spans import url_words

# Under other names: in the class below each family's own name is a field.
RefinedWebParams = refinedweb.Params
C4Params = c4_edits.Params
Llama3Params = llama3.LineParams

NAME = "lines"
VERSION = 2
EDITS = True
LIMITS = (*refinedweb.LIMITS, LENGTH)
RULES = tuple(limit.rule for limit in LIMITS)
_REFINEDWEB = (*refinedweb.RULE_NAMES, "refinedweb.remove_urls_in_text")
OFF = (LENGTH.rule,)  # under default parameters: of the other family
UPSTREAM = ("language.label",)


class Params(StageParams):
    """Which family's line rules edit, and their bounds."""

    scope: Literal["all", "alive"] = "alive"
    """Which documents are judged; only alive ones are written again."""

    family: Literal["refinedweb", "c4", "llama3", "fineweb2"] = "refinedweb"
    """The family whose line rules edit; FineWeb 2's takes out lines of `|` alone, and has no bounds. Dolma's "NoPunc" is `c4`
    with `min_words_per_line = 0`, `javascript = false`, `policy = false` and `span_sentences = 0`."""

    remove_urls: bool = True
    """Whether RefinedWeb's rules take URLs out of lines that stay (`refinedweb.remove_urls_in_text`). RefinedWeb (appendix
    G.1): yes; DCLM's code does so at the start of a text alone."""

    refinedweb: RefinedWebParams = RefinedWebParams()
    """RefinedWeb's line-wise corrections (Penedo et al. 2023, appendix G)."""

    c4: C4Params = C4Params()
    """C4's line rules and repeated sentences (Raffel et al. 2020, section 2.2)."""

    llama3: Llama3Params = Llama3Params()
    """Llama 3's lines of repeated words (Grattafiori et al. 2024, section 3.1.1)."""


EXAMPLES = (
    Example(refinedweb.PROSE),
    Example(f"{refinedweb.PROSE}\nRead more..."),
    Example(f"{refinedweb.PROSE}\nHOME PAGE\n1990\n3 likes\nShare", failed=refinedweb.RULES),
)


def judge(batch: Batch, params: Params) -> Verdict:
    """Edit each text by the family's line rules, and judge it by how much went or how long it was."""
    if params.family == "c4":
        edits = _edited(batch, c4_edits.find_edits(batch, params.c4), c4_edits.NAMES, c4_edits.REPLACEMENTS)
        own = {LENGTH.signal: code_points(lines(batch)), **edits.signals}
        return Verdict(own, apply_limits((LENGTH,), own, params.c4, batch), edits.texts)
    if params.family == "llama3":
        return _without(batch, llama3.repetitive_lines(batch, params.llama3), "llama3.dup_ngram_coverage")
    if params.family == "fineweb2":
        table = lines(batch)
        return _without(batch, fineweb2.pipe_lines(batch.text.data, table.starts, table.sizes), "fineweb2.pipe_lines")
    found = refinedweb.corrections(batch, params.refinedweb)
    spans = _spans(lines(batch), found)
    if params.remove_urls:
        spans = _in_order(np.concatenate((spans, _url_spans(batch, found))))
    plain = _edited(batch, spans, _REFINEDWEB, [b""] * len(_REFINEDWEB))
    signals = {**plain.signals, **refinedweb.corrected_signals(batch, found)}
    return Verdict(signals, apply_limits(refinedweb.LIMITS, signals, params.refinedweb, batch), plain.texts)


def _without(batch: Batch, removed: NDArray[np.bool_], rule: str) -> Verdict:
    """Texts without some whole lines, bool[lines], which go by one rule."""
    return _edited(batch, _line_spans(lines(batch), removed, np.zeros(len(removed), np.int64)), [rule], [b""])


def _edited(batch: Batch, spans: NDArray[np.int64], names: Sequence[str], replacements: Sequence[bytes]) -> Verdict:
    """Spans taken out and counted by rule; nothing is decided."""
    spans.flags.writeable = False
    counts = {
        name: np.bincount(spans[spans[:, KIND] == kind, ROW], minlength=len(batch)) for kind, name in enumerate(names)
    }
    signals: dict[str, Signal] = {**counts, "lines.spans": span_lists(batch.text, spans, names, "rule")}
    return Verdict(signals, {}, edited(batch.text, spans, replacements))


def _spans(table: Lines, found: refinedweb.Corrections) -> NDArray[np.int64]:
    """What RefinedWeb's rules take out, in order: int64[spans, 4]."""
    whole = _line_spans(table, found.causes != refinedweb.KEPT, found.causes.astype(np.int64) - 1)
    cut_rows = _rows(table)[found.cuts[:, 0]]
    kinds = np.full(len(cut_rows), refinedweb.SUBSTRING - 1)
    cuts = np.stack((cut_rows, kinds, found.cuts[:, 1], found.cuts[:, 2]), axis=1)
    return _in_order(np.concatenate((whole, cuts)))


def _url_spans(batch: Batch, corrections: refinedweb.Corrections) -> NDArray[np.int64]:
    """The URLs in lines that stay, each with the blank before it, but for those that a snippet overlaps; int64[spans, 4]."""
    table, pieces, data = lines(batch), words(batch, "spaces"), batch.text.data
    places = url_words(data, pieces.starts, pieces.sizes)
    found = np.flatnonzero(places >= 0)
    owners = np.searchsorted(table.starts, places[found], "right") - 1
    starts, ends = places[found], pieces.starts[found] + pieces.sizes[found]
    starts -= (starts > table.starts[owners]) & (data[np.maximum(starts - 1, 0)] == ord(" "))
    cuts = np.concatenate((np.zeros((1, 3), np.int64), corrections.cuts))
    overlapped = cuts[np.searchsorted(cuts[1:, 1], ends), 2] > starts
    kept = (corrections.causes[owners] == refinedweb.KEPT) & ~overlapped
    kinds = np.full(len(found), len(refinedweb.RULE_NAMES))
    spans: NDArray[np.int64] = np.stack((_rows(table)[owners], kinds, starts, ends), axis=1)[kept]
    return spans


def _in_order(spans: NDArray[np.int64]) -> NDArray[np.int64]:
    ordered: NDArray[np.int64] = spans[np.argsort(spans[:, START], kind="stable")]
    return ordered


def _line_spans(table: Lines, removed: NDArray[np.bool_], kinds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Whole lines that go, each with a newline, given the kind of each line's span; in order, int64[spans, 4]."""
    gone = np.flatnonzero(removed)
    rows = _rows(table)[gone]
    before = np.concatenate(([0], np.cumsum(~removed)))
    behind_kept = before[gone] > before[table.offsets[rows]]  # a line before it stays
    last = gone == table.offsets[rows + 1] - 1
    starts = table.starts[gone] - behind_kept
    ends = table.starts[gone] + table.sizes[gone] + (~behind_kept & ~last)
    spans: NDArray[np.int64] = np.stack((rows, kinds[gone], starts, ends), axis=1)
    return spans


def _rows(table: Lines) -> NDArray[np.int64]:
    """The document of each line, int64[lines]."""
    return np.repeat(np.arange(len(table.offsets) - 1), np.diff(table.offsets))
