"""What a filter says about a batch: every signal it measured and every rule each document failed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Signal: TypeAlias = NDArray[np.float64] | NDArray[np.int64] | NDArray[np.bool_] | pa.Array


@dataclass(frozen=True)
class Verdict:
    """The judgement of one filter, or of several merged, on the rows of one batch.

    Attributes:
        signals: "family.signal" to one value per document: float64, int64 or bool arrays, or an Arrow array (strings,
            lists of structs for spans). Finite numbers only: 0.0 where a ratio has no denominator.
        failed: "family.rule" to bool[documents]. Every rule is always decided; there is no short-circuit.
        texts: the edited texts (large_string) if the filter edits, else None.
    """

    signals: dict[str, Signal]
    failed: dict[str, NDArray[np.bool_]]
    texts: pa.Array | None = None


@dataclass(frozen=True)
class Example:
    """A text and the rules of its filter that it fails under default parameters; shown in docs, held by the contract test.

    Attributes:
        text: the document's text.
        failed: full names of all failed rules, in the order of the filter's RULES.
        columns: other columns the filter reads ({"url": "http://…"}); the rest get empty values.
    """

    text: str
    failed: tuple[str, ...] = ()
    columns: dict[str, object] = field(default_factory=dict)


def merge(verdicts: Sequence[Verdict]) -> Verdict:
    """Join the verdicts of several filters on the same batch; names must not collide, at most one may edit text."""
    signals: dict[str, Signal] = {}
    failed: dict[str, NDArray[np.bool_]] = {}
    texts = None
    for verdict in verdicts:
        clash = (signals.keys() & verdict.signals.keys()) | (failed.keys() & verdict.failed.keys())
        if clash or (texts is not None and verdict.texts is not None):
            raise ValueError(f"two filters of one stage say the same thing: {sorted(clash) or 'both edit text'}")
        signals |= verdict.signals
        failed |= verdict.failed
        texts = verdict.texts if verdict.texts is not None else texts
    return Verdict(signals, failed, texts)


def failed_rules(failed: dict[str, NDArray[np.bool_]], rows: int) -> pa.Array:
    """The names of the failed rules of each document, in the order of `failed`: list<string>[rows]."""
    names = pa.array(list(failed), pa.string())
    if not failed:
        return pa.ListArray.from_arrays(pa.array(np.zeros(rows + 1, np.int32)), names)
    table = np.stack([np.asarray(mask, bool) for mask in failed.values()], axis=1)
    row, rule = np.nonzero(table)
    offsets = np.zeros(rows + 1, np.int32)
    np.cumsum(np.bincount(row, minlength=rows), out=offsets[1:])
    return pa.ListArray.from_arrays(pa.array(offsets), names.take(pa.array(rule)))
