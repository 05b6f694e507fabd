"""Step of a document stage: judge every document of a part; write verdicts, and edited documents if the stage edits."""

import contextlib
from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gristmill.core import documents
from gristmill.core.batch import Batch
from gristmill.core.verdict import Verdict
from gristmill.pipelines import verdicts
from gristmill.pipelines.jobs import Draft, Job, Result, count_reasons
from gristmill.pipelines.receipts import Counts, Output
from gristmill.pipelines.tables import TableWriter, read_batches, read_table


def judge_part(job: Job, draft: Draft) -> Result:
    """Judge a part's documents, the rejected ones too unless the scope is "alive"."""
    source = job.receipt("documents").output("documents")
    assert source is not None
    module = job.stage.type.load()
    params: Any = job.stage.params
    previous = job.receipts("previous")
    alive = verdicts.alive_after(draft.store, previous[0] if previous else None, source.rows)
    upstream = _upstream_signals(job, draft, getattr(module, "UPSTREAM", ()), source)
    tally = Tally()
    kind = signal_type(module, params)
    with contextlib.ExitStack() as stack:
        writer = stack.enter_context(draft.table("verdicts", verdicts.schema(kind)))
        edited = stack.enter_context(draft.table("documents", documents.SCHEMA)) if job.stage.type.edits else None
        start = 0
        for rows in read_batches(draft.store, source.path):
            here = slice(start, start + rows.num_rows)
            start += rows.num_rows
            judged = alive[here].copy() if params.scope == "alive" else np.ones(rows.num_rows, bool)
            verdict = _judge(module, params, rows, judged, {name: values[here] for name, values in upstream.items()})
            table = verdicts.from_verdict(rows.column("id"), alive[here], judged, verdict)
            writer.write(table)
            tally.add(table)
            if edited is not None:
                _write_edited(edited, rows, judged, alive[here], table, verdict)
    return tally.result("document")


class Tally:
    """Counts outcomes and reasons over the batches of a part, for alive documents and beside them for the others."""

    def __init__(self) -> None:
        self._outcomes: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()
        self._beside: Counter[str] = Counter()
        self._judged_beside = 0

    def add(self, table: pa.RecordBatch) -> None:
        """Take in the verdicts of a batch."""
        alive = table.column("alive")
        outcomes = table.column("outcome")
        for entry in outcomes.filter(alive).value_counts().to_pylist():
            self._outcomes[entry["values"]] += entry["counts"]
        self._reasons.update(count_reasons([table.column("rules")], alive))
        dead = pa.array(~alive.to_numpy(zero_copy_only=False))
        self._beside.update(count_reasons([table.column("rules")], dead))
        dead_outcomes = outcomes.filter(dead)
        self._judged_beside += len(dead_outcomes) - dead_outcomes.null_count

    def result(self, unit: str) -> Result:
        """The totals."""
        kept, rejected, failed = (self._outcomes[name] for name in verdicts.OUTCOMES)
        return Result(
            unit,
            Counts(sum(self._outcomes.values()), kept, rejected, failed),
            dict(self._reasons),
            {"judged": self._judged_beside, "reasons": dict(sorted(self._beside.items()))},
        )


def _judge(
    module: Any, params: Any, rows: pa.RecordBatch, judged: NDArray[np.bool_], upstream: dict[str, pa.Array]
) -> Verdict:
    if not judged.all():
        chosen = pa.array(judged)
        rows = rows.filter(chosen)
        upstream = {name: values.filter(chosen) for name, values in upstream.items()}
    verdict: Verdict = module.judge(Batch(rows, upstream), params)
    return verdict


def signal_type(module: Any, params: Any) -> pa.DataType:
    """The struct of a stage's signals, learned from its verdict on no documents."""
    empty = pa.RecordBatch.from_pylist([], schema=documents.SCHEMA)
    return verdicts.signal_struct(module.judge(Batch(empty), params).signals, 0).type


def _upstream_signals(job: Job, draft: Draft, names: tuple[str, ...], source: Output) -> dict[str, pa.Array]:
    """Signals of earlier stages, a value for each of the documents: a stage that edits has left some out since."""
    found: dict[str, pa.Array] = {}
    for role in sorted(job.upstream) if names else ():
        if role.startswith("signals:"):
            ids, signals = verdicts.read_signals(draft.store, job.receipt(role), names)
            if len(ids) != source.rows:
                there = read_table(draft.store, source.path, ["id"])["id"].combine_chunks()
                place = pc.index_in(there, value_set=ids)
                signals = {name: values.take(place) for name, values in signals.items()}
            found |= signals
    return found


def _write_edited(
    writer: TableWriter,
    rows: pa.RecordBatch,
    judged: NDArray[np.bool_],
    alive: NDArray[np.bool_],
    table: pa.RecordBatch,
    verdict: Verdict,
) -> None:
    """Write the documents that are alive behind this stage, with their edited texts."""
    if verdict.texts is not None:
        place = pa.array(np.cumsum(judged) - 1, mask=~judged)
        texts = verdict.texts.cast(pa.large_string()).take(place)
        rows = rows.set_column(rows.schema.get_field_index("text"), documents.SCHEMA.field("text"), texts.fill_null(""))
    kept = alive & (table.column("outcome").to_numpy(zero_copy_only=False) == "kept")
    writer.write(rows.filter(pa.array(kept)))
