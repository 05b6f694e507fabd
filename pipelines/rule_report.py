"""What each rule is worth: the documents and tokens it removes, alone or with others, by language and by domain.

Counted over all documents that a stage judged, rejected before or not, so that the order of the stages hides no rule.
"""

from collections.abc import Sequence
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from gristmill.core.limits import LANGUAGE
from gristmill.pipelines.fates import removes_nothing
from gristmill.pipelines.runs import Run, StageRun
from gristmill.pipelines.verdict_columns import VerdictColumns, failures, flags, judging_stages, read

_TOP = 10  # languages and domains told of each rule
_CHUNK_DOCUMENTS = 65_536
_DOMAIN = "urls.domain"
_GAP = 2  # blanks between two columns
_FEWEST_COLUMNS = 2  # the rule, which is wrapped rather than cut, and how many fail it


def rule_report(ledger: duckdb.DuckDBPyConnection, run: Run) -> dict[str, Any]:
    """The report as `rules --json` prints it (docs/reference.md has the schema)."""
    columns = VerdictColumns(ledger, run)
    found = _Report(columns, judging_stages(run))
    sizes = columns.text_bytes()
    encoded = int(
        read(ledger, "SELECT coalesce(sum(length), 0)::BIGINT AS tokens FROM shards").column("tokens")[0].as_py()
    )
    rate = encoded / max(1, int(sizes[found.kept].sum()))
    tokens = np.multiply(sizes, rate, dtype=np.float64)
    groups = {
        "languages": _labels(columns, run, "language", LANGUAGE),
        "domains": _labels(columns, run, "urls", _DOMAIN),
    }
    order = np.argsort(-np.bincount(found.codes, minlength=len(found.rules)), kind="stable").tolist()
    return {
        "dataset": f"{run.recipe}-{run.id}",
        "documents": len(columns),
        "tokens": round(float(tokens.sum())),
        "tokens_per_byte": rate,
        "rules": [_rule(found, code, tokens, groups) for code in order],
        "overlap": found.overlap()[np.ix_(order, order)].tolist(),
    }


def _rule(
    found: "_Report", code: int, tokens: NDArray[np.float64], groups: dict[str, pa.DictionaryArray | None]
) -> dict[str, Any]:
    """What one rule is worth."""
    rule, stage = found.rules[code]
    pairs = found.codes == code
    failing = found.documents[pairs]
    chosen = {
        "failing": failing,
        "removed": failing[found.removed[pairs]],
        "alone": failing[found.reasons[failing] == 1],
    }
    counts = {
        name: {"documents": len(rows), "tokens": round(float(tokens[rows].sum()))} for name, rows in chosen.items()
    }
    tops = {name: _top(labels, failing) for name, labels in groups.items() if labels is not None}
    return {"rule": rule, "stage": stage, **counts, **tops}


class _Report:
    """Every failed rule of every document.

    Attributes:
        rules: name and stage of each rule that anything failed, in the order of the flow.
        documents: row of the document of each pair, int64[pairs].
        codes: place in `rules`, int64[pairs].
        removed: whether the document was alive before that stage, bool[pairs].
        reasons: how many rules each document failed, int64[documents].
        kept: the documents that no stage removed, bool[documents].
    """

    def __init__(self, columns: VerdictColumns, stages: Sequence[StageRun]) -> None:
        self.kept = np.ones(len(columns), bool)
        self.rules: list[tuple[str, str]] = []
        documents, codes, removed = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [np.zeros(0, bool)]
        for stage in stages:
            if removes_nothing(stage):
                continue
            table = columns.of(stage.name, ["rules", "alive", "outcome = 'kept' AS kept"])
            self.kept = flags(table, "alive") & flags(table, "kept")
            failed = failures(table.column("rules"))
            documents.append(failed.documents)
            codes.append(failed.codes.astype(np.int64) + len(self.rules))
            removed.append(flags(table, "alive")[failed.documents])
            self.rules += [(name, stage.name) for name in failed.names]
        self.documents, self.codes, self.removed = (np.concatenate(all_) for all_ in (documents, codes, removed))
        self.reasons = np.bincount(self.documents, minlength=len(columns))
        self._rows = len(columns)

    def overlap(self) -> NDArray[np.int64]:
        """Documents that fail two rules: int64[rules, rules], on the diagonal those that fail the one."""
        order = np.argsort(self.documents, kind="stable")
        documents, codes = self.documents[order], self.codes[order]
        total = np.zeros((len(self.rules), len(self.rules)), np.int64)
        for start in range(0, self._rows, _CHUNK_DOCUMENTS):
            low, high = np.searchsorted(documents, (start, start + _CHUNK_DOCUMENTS))
            table = np.zeros((_CHUNK_DOCUMENTS, len(self.rules)), np.float32)
            table[documents[low:high] - start, codes[low:high]] = 1
            total += (table.T @ table).astype(np.int64)  # exact: counts below 2²⁴
        return total


def _labels(columns: VerdictColumns, run: Run, stage: str, signal: str) -> pa.DictionaryArray | None:
    """A text signal of each document; None if the run has no such stage."""
    if run.stage(stage) is None:
        return None
    column = columns.of(stage, [f'signals."{signal}" AS label']).column("label")
    return pc.fill_null(column, "").combine_chunks().dictionary_encode()


def _top(labels: pa.DictionaryArray, rows: NDArray[np.int64]) -> list[dict[str, Any]]:
    """The labels of most of some documents."""
    counts = np.bincount(labels.indices.to_numpy()[rows], minlength=len(labels.dictionary))
    best = np.argsort(-counts, kind="stable")[:_TOP]
    return [{"name": labels.dictionary[code].as_py(), "documents": int(counts[code])} for code in best if counts[code]]


def print_rules(value: dict[str, Any], console: Console) -> None:
    """Print the report for people, without languages, domains and overlap.

    Names stand in full: where the console is too narrow for all columns, the last ones are left out.
    """
    columns = {
        "rule": [rule["rule"] for rule in value["rules"]],
        **{
            name: [f"{rule[name]['documents']:,}" for rule in value["rules"]]
            for name in ("failing", "removed", "alone")
        },
        "tokens": [f"{rule['failing']['tokens']:,}" for rule in value["rules"]],
    }
    shown = _fitting(columns, console.width)
    console.print(f"{value['dataset']}   {value['documents']:,} documents", highlight=False)
    table = Table(box=None, pad_edge=False)
    for name in shown:
        table.add_column(name, justify="left" if name == "rule" else "right", overflow="fold", no_wrap=name != "rule")
    for row in zip(*(columns[name] for name in shown), strict=True):
        table.add_row(*row)
    console.print(table)
    hidden = [name for name in columns if name not in shown]
    note = f" Too narrow for: {', '.join(hidden)}." if hidden else ""
    console.print(
        "failing: all documents that fail the rule, and tokens in them, estimated from the texts' length; removed: those "
        "that it found alive; alone: those that fail no other rule. --json has languages, domains and the overlap of "
        f"rules.{note}",
        highlight=False,
    )


def _fitting(columns: dict[str, list[str]], width: int) -> list[str]:
    """Names of the first columns that fit side by side, at least two."""
    shown: list[str] = []
    used = 0
    for name, cells in columns.items():
        used += max(map(len, [name, *cells])) + (_GAP if shown else 0)
        if used > width and len(shown) >= _FEWEST_COLUMNS:
            break
        shown.append(name)
    return shown
