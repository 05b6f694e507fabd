"""Judge a table of texts by the document stages of a recipe: no store, no Prefect, one row per document and stage.

id       string           as in the input
stage    string           the stage's name; a document's rows stand together, in the order of the recipe
outcome  string           kept | rejected | failed (the input has no text there)
rules    list<string>     every rule it failed
signals  struct           the signals of all stages; in a row, those of other stages are null
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from gristmill.core.batch import Batch
from gristmill.core.errors import RecipeError
from gristmill.core.limits import LANGUAGE
from gristmill.core.verdict import Verdict, failed_rules
from gristmill.pipelines.outfiles import appearing
from gristmill.pipelines.recipe import Recipe, Stage
from gristmill.pipelines.steps.judge import signal_type
from gristmill.pipelines.texts import Texts
from gristmill.pipelines.verdicts import signal_struct


@dataclass
class Summary:
    """What a stage made of the documents it saw."""

    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)


class Judge:
    """The document stages of a recipe.

    Attributes:
        stages: those that judge a document by itself.
        skipped: names of the others, which need a file, all documents, or a place to write to.
        chain: whether a stage sees what the stages before it left over, as in a run; otherwise each sees every text as given.
        schema: of the verdicts.
        summaries: by stage, of what has been judged so far.
    """

    def __init__(self, recipe: Recipe, chain: bool = False) -> None:
        self.stages = tuple(stage for stage in recipe.stages if stage.type.kind == "document")
        self.skipped = tuple(stage.name for stage in recipe.stages if stage.type.kind != "document")
        self.chain = chain
        if not self.stages:
            raise RecipeError(
                f"recipe {recipe.name} has no stage that judges documents; add one, or name another recipe."
            )
        fields = {field.name: field for stage in self.stages for field in _signal_fields(stage)}
        self._signals = pa.struct(list(fields.values()))
        self.schema = pa.schema(
            [
                pa.field("id", pa.string()),
                pa.field("stage", pa.string(), nullable=False),
                pa.field("outcome", pa.string(), nullable=False),
                pa.field("rules", pa.list_(pa.string()), nullable=False),
                pa.field("signals", self._signals, nullable=False),
            ]
        )
        self.summaries = {stage.name: Summary() for stage in self.stages}

    def judge(self, texts: Texts) -> pa.Table:
        """The verdicts on a batch."""
        rows = np.arange(len(texts.ids))
        documents = texts.documents
        missing = texts.missing.to_numpy(zero_copy_only=False)
        upstream = {} if texts.language is None else {LANGUAGE: texts.language}
        tables, places = [], []
        for stage in self.stages:
            module: Any = stage.type.load()
            verdict = module.judge(Batch(documents, upstream), stage.params)
            table = self._rows(stage, texts.ids.take(pa.array(rows)), missing[rows], verdict)
            tables.append(table)
            places.append(rows)
            upstream = _carried(upstream, verdict, texts.language, rows)
            if self.chain:
                kept = pc.equal(table["outcome"], "kept").combine_chunks()
                if verdict.texts is not None:
                    at = documents.schema.get_field_index("text")
                    documents = documents.set_column(at, documents.schema.field(at), verdict.texts)
                documents = documents.filter(kept)
                upstream = {name: values.filter(kept) for name, values in upstream.items()}
                rows = rows[kept.to_numpy(zero_copy_only=False)]
        order = np.argsort(np.concatenate(places), kind="stable")
        return pa.concat_tables(tables).take(pa.array(order))

    def _rows(self, stage: Stage, ids: pa.Array, missing: NDArray[np.bool_], verdict: Verdict) -> pa.Table:
        """A stage's rows, and their count in its summary; of a document without a text nothing is known."""
        rules = failed_rules({rule: failing & ~missing for rule, failing in verdict.failed.items()}, len(ids))
        signals = signal_struct(verdict.signals, len(ids)).take(pa.array(np.arange(len(ids)), mask=missing))
        rejected = pc.greater(pc.list_value_length(rules), 0)
        outcome = pc.if_else(pa.array(missing), "failed", pc.if_else(rejected, "rejected", "kept"))
        summary = self.summaries[stage.name]
        summary.outcomes.update({row["values"]: row["counts"] for row in outcome.value_counts().to_pylist()})
        summary.reasons.update({row["values"]: row["counts"] for row in rules.flatten().value_counts().to_pylist()})
        columns = [ids, pa.repeat(stage.name, len(ids)), outcome, rules, self._among_all(signals)]
        return pa.Table.from_arrays(columns, schema=self.schema)

    def _among_all(self, signals: pa.StructArray) -> pa.StructArray:
        """One stage's signals in a struct that has those of all stages."""
        own = dict(zip(signals.type.names, signals.flatten(), strict=True))
        arrays = [
            own[field.name] if field.name in own else pa.nulls(len(signals), field.type) for field in self._signals
        ]
        return pa.StructArray.from_arrays(arrays, fields=list(self._signals))


def judge_file(judge: Judge, batches: Iterator[Texts], out: Path) -> None:
    """Write the verdicts on all texts as Parquet, batch by batch; the file appears when it is whole."""
    with appearing(out) as partial, pq.ParquetWriter(partial, judge.schema, compression="zstd") as writer:
        for texts in batches:
            writer.write_table(judge.judge(texts))


def report(judge: Judge, reasons: int = 3) -> Iterator[dict[str, Any]]:
    """What each stage made of the texts, for people and programs: counts, and the most frequent reasons."""
    for name, summary in judge.summaries.items():
        frequent: Sequence[tuple[str, int]] = sorted(summary.reasons.items(), key=lambda item: (-item[1], item[0]))
        yield {
            "stage": name,
            "in": summary.outcomes.total(),
            **{outcome: summary.outcomes[outcome] for outcome in ("kept", "rejected", "failed")},
            "reasons": dict(frequent[:reasons] if reasons else frequent),
        }


def _signal_fields(stage: Stage) -> Iterator[pa.Field]:
    """The stage's signals; each may be null in the rows of other stages."""
    kind = signal_type(stage.type.load(), stage.params)
    for at in range(kind.num_fields):
        yield pa.field(kind.field(at).name, kind.field(at).type)


def _carried(
    upstream: dict[str, pa.Array], verdict: Verdict, given: pa.Array | None, rows: NDArray[np.int64]
) -> dict[str, pa.Array]:
    """The signals that later stages may ask for; a language that came with the text counts more than a model's."""
    found = upstream | {
        name: values if isinstance(values, pa.Array) else pa.array(values) for name, values in verdict.signals.items()
    }
    if given is not None and LANGUAGE in verdict.signals:
        found[LANGUAGE] = pc.coalesce(given.take(pa.array(rows)), found[LANGUAGE])
    return found
