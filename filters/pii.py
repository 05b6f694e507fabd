"""Personal data in the text: e-mail addresses, telephone numbers, public IP addresses, payment cards, IBANs.

An editing stage: it writes the texts anew with each finding replaced. A kernel marks places (pii_scan.py), careful
rules with validators look at those alone (pii_email.py, pii_phone.py, pii_network.py, pii_payment.py). What was found
is never written down; the signal `pii.spans` says where it stood:

    list<struct<kind: string, start_byte: int64, end_byte: int64, start_char: int64, end_char: int64>>

in order, in bytes of UTF-8 and in code points of the text as it came in, ends exclusive. Judging the edited text again
finds nothing.
"""

from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from gristmill.core.batch import Batch, TextBuffers, text_buffers
from gristmill.core.params import StageParams
from gristmill.core.verdict import Example, Verdict
from gristmill.filters import suffixes
from gristmill.filters.pii_email import find_email
from gristmill.filters.pii_network import find_ipv4, find_ipv6
from gristmill.filters.pii_payment import IBAN_BYTES, find_cards, find_iban
from gristmill.filters.pii_phone import find_phones
from gristmill.filters.pii_scan import AT, COLONS, IBAN, candidates
from gristmill.filters.spans import END, KIND, ROW, START, edited, span_lists, without_overlaps

NAME = "pii"
VERSION = 1
EDITS = True
RULES = ("pii.too_many",)
UPSTREAM = ("language.label",)

KINDS = ("iban", "credit_card", "email", "phone", "ipv6", "ipv4")
"""Kinds of personal data; of findings that overlap the one whose kind stands first here stays (spec pii 2)."""

Action = Literal["replace", "remove", "keep"]
_PLACEHOLDERS = {kind: f"<{kind.upper()}>".encode() for kind in KINDS}
_BEFORE_BYTES, _AFTER_BYTES = 64, 32  # of the text around a place that the rules may look at

_MAX_ROUNDS = 16  # one is the rule, two are rare; more need a text made for it and the action `remove`


class Params(StageParams):
    """What is done to each kind: `replace` by a typed placeholder such as <EMAIL>, `remove`, or `keep`."""

    scope: Literal["all", "alive"] = "alive"
    """Which documents are judged; only alive ones are written again."""

    email: Action = "replace"
    """E-mail addresses, those of offices (info@, sales@) among them."""

    phone: Action = "replace"
    """Telephone and fax numbers."""

    ipv4: Action = "replace"
    """Public IPv4 addresses; FineWeb replaces these and e-mail addresses alone."""

    ipv6: Action = "replace"
    """Public IPv6 addresses."""

    credit_card: Action = "replace"
    """Payment card numbers."""

    iban: Action = "replace"
    """International bank account numbers."""

    keep_reserved: bool = True
    """Leave what belongs to nobody: mail at example.com (RFC 2606), 555-01xx, providers' test cards, sample IBANs."""

    max_spans: int = Field(default=200, ge=0)
    """Findings above which a document is rejected: a directory or a leak. Dolma: 5; Llama 3 rejects whole sites."""


EXAMPLES = (
    Example("Write to jo@mill-museum.org or call +44 1904 613 161."),
    Example("Mail user@example.com, version 10.4.17.2, router 192.168.0.1, order 4111 1111 1111 1111."),
    Example("a@b.de " * 201, ("pii.too_many",)),
)


def files(params: Params) -> tuple[Path, ...]:  # noqa: ARG001
    """The public suffix list, for its top-level domains."""
    return (suffixes.FILE,)


def judge(batch: Batch, params: Params) -> Verdict:
    """Find personal data in each text and replace it; a language upstream helps to tell national telephone numbers."""
    labels = batch.upstream.get("language.label")
    languages = labels.to_pylist() if labels is not None else [""] * len(batch)
    spans, texts = _edit_until_clean(batch.text, languages, params)
    counts = {kind: np.bincount(spans[spans[:, KIND] == n, ROW], minlength=len(batch)) for n, kind in enumerate(KINDS)}
    total = np.bincount(spans[:, ROW], minlength=len(batch))
    return Verdict(
        signals={f"pii.{kind}": counts[kind].astype(np.int64) for kind in KINDS}
        | {"pii.spans": span_lists(batch.text, spans, KINDS, "kind")},
        failed={"pii.too_many": total > params.max_spans},
        texts=texts,
    )


def _edit_until_clean(texts: TextBuffers, languages: list[str], params: Params) -> tuple[NDArray[np.int64], pa.Array]:
    """All spans of the texts, and the texts without them.

    An edit can bring a new finding about: what stood on both sides of a removed address may be one number now. So
    edited texts are looked at again; a new finding is led back to where it came from and swallows what it covers.
    """
    actions = [getattr(params, kind) for kind in KINDS]
    replacements = [
        _PLACEHOLDERS[kind] if action == "replace" else b"" for kind, action in zip(KINDS, actions, strict=True)
    ]
    spans = find_spans(texts, languages, params.keep_reserved)
    for _ in range(_MAX_ROUNDS):
        acted = spans[[actions[kind] != "keep" for kind in spans[:, KIND]]]
        result = edited(texts, acted, replacements)
        rows = np.unique(acted[:, ROW])
        again = text_buffers(result.take(pa.array(rows)))
        new = find_spans(again, [languages[row] for row in rows], params.keep_reserved)
        new = new[[actions[kind] != "keep" for kind in new[:, KIND]]]
        if not len(new):
            break
        new[:, [START, END]] -= again.offsets[new[:, ROW], None]
        new[:, ROW] = rows[new[:, ROW]]
        spans = _joined(spans, _led_back(new, texts, acted, replacements))
    return spans, result


def _led_back(
    new: NDArray[np.int64], texts: TextBuffers, acted: NDArray[np.int64], replacements: list[bytes]
) -> NDArray[np.int64]:
    """Spans of edited texts (bytes from the text's start) as spans of the texts they were made from."""
    sizes = np.array([len(piece) for piece in replacements], np.int64)
    back = new.copy()
    for span in back:
        edits = acted[acted[:, ROW] == span[ROW]]
        shift = np.cumsum(sizes[edits[:, KIND]] - (edits[:, END] - edits[:, START]))
        begins = edits[:, START] - texts.offsets[span[ROW]] + np.concatenate(([0], shift[:-1]))  # in the edited text
        before = int(np.sum(begins + sizes[edits[:, KIND]] <= span[START]))
        until = int(np.sum(begins < span[END]))
        span[START] += texts.offsets[span[ROW]] - (shift[before - 1] if before else 0)
        span[END] += texts.offsets[span[ROW]] - (shift[until - 1] if until else 0)
    return back


def _joined(spans: NDArray[np.int64], new: NDArray[np.int64]) -> NDArray[np.int64]:
    """Old and new spans in order; a new one swallows the old ones that it touches."""
    kept = [
        span
        for span in spans
        if not np.any((new[:, ROW] == span[ROW]) & (new[:, START] < span[END]) & (span[START] < new[:, END]))
    ]
    return without_overlaps(np.array([*kept, *new], np.int64).reshape(-1, 4))


def find_spans(texts: TextBuffers, languages: list[str], keep_reserved: bool) -> NDArray[np.int64]:
    """Personal data in texts: row, kind, start and end byte in the buffer; in order and disjoint: int64[spans, 4]."""
    found: list[tuple[int, int, int, int]] = []
    view = memoryview(texts.data.data)
    for row, place, first, last in candidates(texts.data, texts.offsets).tolist():
        after = IBAN_BYTES if place == IBAN else _AFTER_BYTES
        low = max(int(texts.offsets[row]), first - _BEFORE_BYTES)
        window = bytes(view[low : min(int(texts.offsets[row + 1]), last + after)])
        for kind, start, end in _look(window, place, (first - low, last - low), languages[row], keep_reserved):
            found.append((row, KINDS.index(kind), low + start, low + end))
    return without_overlaps(np.array(found, np.int64).reshape(-1, 4))


def _look(
    window: bytes, place: int, bounds: tuple[int, int], language: str, keep_reserved: bool
) -> list[tuple[str, int, int]]:
    """What the careful rules find at one place of a window."""
    first, last = bounds
    if place == AT:
        one = find_email(window, window.index(b"@", first), first, last, keep_reserved)
        return [("email", *one)] if one else []
    if place == IBAN:
        one = find_iban(window, first, keep_reserved)
        return [("iban", *one)] if one else []
    if place == COLONS:
        return [("ipv6", *span) for span in find_ipv6(window, first, last)]
    return [
        *(("credit_card", *span) for span in find_cards(window, first, last, keep_reserved)),
        *(("phone", *span) for span in find_phones(window, first, last, language or "", keep_reserved)),
        *(("ipv4", *span) for span in find_ipv4(window, first, last)),
    ]
