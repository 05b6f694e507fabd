"""The verdicts table of document stages: one row per document of the part, in the order of its documents table.

id       binary(16)
alive    bool             whether no earlier stage had rejected it
outcome  string           kept | rejected | failed; null if the stage did not look at it (scope = "alive")
rules    list<string>     every rule it failed
signals  struct           every value the stage measured
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gristmill.core.documents import ID_BYTES
from gristmill.core.verdict import Signal, Verdict, failed_rules
from gristmill.pipelines.receipts import Receipt
from gristmill.pipelines.store import Store
from gristmill.pipelines.tables import read_table

OUTCOMES = ("kept", "rejected", "failed")


def schema(signals: pa.DataType) -> pa.Schema:
    """The table's schema for a stage whose signals are this struct."""
    return pa.schema(
        [
            pa.field("id", pa.binary(ID_BYTES), nullable=False),
            pa.field("alive", pa.bool_(), nullable=False),
            pa.field("outcome", pa.string()),
            pa.field("rules", pa.list_(pa.string()), nullable=False),
            pa.field("signals", signals),
        ]
    )


def table(
    ids: pa.Array, alive: NDArray[np.bool_], judged: NDArray[np.bool_], rules: pa.Array, signals: pa.StructArray
) -> pa.RecordBatch:
    """Put rows together; a row with failed rules is rejected."""
    lengths = pc.list_value_length(rules).to_numpy(zero_copy_only=False)
    outcome = pc.if_else(pa.array(lengths == 0), "kept", "rejected")
    outcome = pc.if_else(pa.array(judged), outcome, pa.scalar(None, pa.string()))
    return pa.RecordBatch.from_arrays([ids, pa.array(alive), outcome, rules, signals], schema=schema(signals.type))


def from_verdict(
    ids: pa.Array, alive: NDArray[np.bool_], judged: NDArray[np.bool_], verdict: Verdict
) -> pa.RecordBatch:
    """Rows of all documents of a batch from a verdict on those of them that were judged."""
    rules = failed_rules(verdict.failed, int(judged.sum()))
    signals = signal_struct(verdict.signals, int(judged.sum()))
    if not judged.all():
        place = pa.array(np.cumsum(judged) - 1, mask=~judged)
        rules = rules.take(place).fill_null(pa.scalar([], rules.type))
        signals = signals.take(place)
    return table(ids, alive, judged, rules, signals)


def signal_struct(signals: dict[str, Signal], rows: int) -> pa.StructArray:
    """All signals side by side; a stage without signals gets an empty struct with one placeholder-free row each."""
    if not signals:
        return pa.array([{}] * rows, pa.struct([]))
    arrays = [values if isinstance(values, pa.Array) else pa.array(values) for values in signals.values()]
    return pa.StructArray.from_arrays(arrays, names=list(signals))


def alive_after(store: Store, receipt: Receipt | None, rows: int) -> NDArray[np.bool_]:
    """Which documents of a part are still alive behind a stage: bool[documents]; all of them if there was none."""
    if receipt is None:
        return np.ones(rows, bool)
    output = receipt.output("verdicts")
    assert output is not None
    columns = read_table(store, output.path, ["alive", "outcome"])
    kept = pc.fill_null(pc.equal(columns["outcome"], "kept"), False)
    alive: NDArray[np.bool_] = pc.and_(columns["alive"], kept).to_numpy()
    return alive


def read_signals(store: Store, receipt: Receipt, names: Sequence[str]) -> tuple[pa.Array, dict[str, Any]]:
    """The ids of a part's documents, and some of their signals, those that the stage has."""
    output = receipt.output("verdicts")
    assert output is not None
    table = read_table(store, output.path, ["id", "signals"])
    signals = table["signals"].combine_chunks()
    if isinstance(signals, pa.ChunkedArray):
        signals = pa.concat_arrays(signals.chunks) if signals.num_chunks else pa.array([], signals.type)
    known = {signals.type.field(i).name for i in range(signals.type.num_fields)}
    return table["id"].combine_chunks(), {name: signals.field(name) for name in names if name in known}
