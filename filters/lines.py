"""Lines that no training text needs are taken out: by RefinedWeb's line-wise corrections, or by C4's line rules.

An editing stage: it writes the texts anew. What went is on record in the signal `lines.spans`:

    list<struct<rule: string, start_byte: int64, end_byte: int64, start_char: int64, end_char: int64>>

in order, in bytes of UTF-8 and in code points of the text as it came in, ends exclusive. A line goes with the newline before
it, or with the one behind it if no line before it stays. C4 also strips the lines that stay (`c4.line_strip`), joins them
by one newline (`c4.line_join`: the span is replaced by "\\n"), and takes out citation marks (`c4.line_citation`) and spans of
three sentences that the document has had before (`c4.span_dedup`).

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
from gristmill.filters import c4_edits, refinedweb
from gristmill.filters.c4_lines import LENGTH
from gristmill.filters.spans import KIND, ROW, edited, span_lists

# Under other names: in the class below each family's own name is a field.
RefinedWebParams = refinedweb.Params
C4Params = c4_edits.Params

NAME = "lines"
VERSION = 2
EDITS = True
LIMITS = (*refinedweb.LIMITS, LENGTH)
RULES = tuple(limit.rule for limit in LIMITS)
OFF = (LENGTH.rule,)  # under default parameters: of the other family
UPSTREAM = ("language.label",)


class Params(StageParams):
    """Which family's line rules edit, and their bounds."""

    scope: Literal["all", "alive"] = "alive"
    """Which documents are judged; only alive ones are written again."""

    family: Literal["refinedweb", "c4"] = "refinedweb"
    """The family whose line rules edit. Dolma's "NoPunc" is `c4` with `min_words_per_line = 0`, `javascript = false`,
    `policy = false` and `span_sentences = 0`."""

    refinedweb: RefinedWebParams = RefinedWebParams()
    """RefinedWeb's line-wise corrections (Penedo et al. 2023, appendix G)."""

    c4: C4Params = C4Params()
    """C4's line rules and repeated sentences (Raffel et al. 2020, section 2.2)."""


EXAMPLES = (
    Example(refinedweb.PROSE),
    Example(f"{refinedweb.PROSE}\nRead more..."),
    Example(f"{refinedweb.PROSE}\nHOME PAGE\n1990\n3 likes\nShare", failed=refinedweb.RULES),
)


def judge(batch: Batch, params: Params) -> Verdict:
    """Edit each text by the family's line rules; with RefinedWeb's judge it by how much went."""
    if params.family == "c4":
        edits = _edited(batch, c4_edits.find_edits(batch, params.c4), c4_edits.NAMES, c4_edits.REPLACEMENTS)
        own = {LENGTH.signal: code_points(lines(batch)), **edits.signals}
        return Verdict(own, apply_limits((LENGTH,), own, params.c4, batch), edits.texts)
    found = refinedweb.corrections(batch, params.refinedweb)
    plain = _edited(batch, _spans(lines(batch), found), refinedweb.RULE_NAMES, [b""] * len(refinedweb.RULE_NAMES))
    signals = {**refinedweb.corrected_signals(batch, found), **plain.signals}
    return Verdict(signals, apply_limits(refinedweb.LIMITS, signals, params.refinedweb, batch), plain.texts)


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
    rows = np.repeat(np.arange(len(table.offsets) - 1), np.diff(table.offsets))
    removed = np.flatnonzero(found.causes != refinedweb.KEPT)
    kept = found.causes == refinedweb.KEPT
    before = np.concatenate(([0], np.cumsum(kept)))
    behind_kept = before[removed] > before[table.offsets[rows[removed]]]  # a line before it stays
    last = removed == table.offsets[rows[removed] + 1] - 1
    starts = table.starts[removed] - behind_kept
    ends = table.starts[removed] + table.sizes[removed] + (~behind_kept & ~last)
    whole = np.stack((rows[removed], found.causes[removed].astype(np.int64) - 1, starts, ends), axis=1)
    cut_rows = rows[found.cuts[:, 0]]
    kinds = np.full(len(cut_rows), refinedweb.SUBSTRING - 1)
    cuts = np.stack((cut_rows, kinds, found.cuts[:, 1], found.cuts[:, 2]), axis=1)
    spans = np.concatenate((whole, cuts))
    ordered: NDArray[np.int64] = spans[np.argsort(spans[:, 2], kind="stable")]
    return ordered
