"""What if a rule's parameters had been others: the whole chain's decisions anew, from the ledger, without reading text.

Document stages judge every document, so what a re-admitted one would have met in them is on record. Deduplication has seen
only the documents that were alive then: what it would do with a re-admitted one is unknown, and so is what becomes of a
removed copy whose survivor is gone now. Unknown stays unknown until a later stage would reject it in any case.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from gristmill.core.limits import LANGUAGE
from gristmill.pipelines.fates import (
    ALIVE,
    OUTCOME,
    REMOVED,
    UNKNOWN,
    Mask,
    State,
    Word,
    behind,
    counts,
    removes_nothing,
    without_orphans,
    word,
    word_of_keeper,
)
from gristmill.pipelines.redeciding import Change, changes
from gristmill.pipelines.runs import Run, StageRun
from gristmill.pipelines.verdict_columns import VerdictColumns, judging_stages, read

_EXAMPLES = 20
_STATES = {ALIVE: "kept", REMOVED: "removed", UNKNOWN: "unknown"}


def what_if(ledger: duckdb.DuckDBPyConnection, run: Run, overrides: Sequence[str]) -> dict[str, Any]:
    """The answer as `what-if --json` prints it (docs/reference.md has the schema).

    Args:
        overrides: "family.parameter=value" each, as `run --set` takes them.

    Raises:
        UsageError: a parameter cannot be decided again from stored signals.
        RecipeError: a parameter does not exist or has an impossible value.
    """
    settings, changed = changes(run, overrides)
    columns = VerdictColumns(ledger, run)
    fates = _follow(columns, judging_stages(run), changed)
    then, now = fates.then, fates.now
    sides = _Sides(ledger, columns, fates)
    return {
        "dataset": f"{run.recipe}-{run.id}",
        "settings": [vars(setting) for setting in settings],
        "documents": len(columns),
        "rules": [
            {"rule": rule, "stage": said.stage, "then": int(was.sum()), "now": int(fails.sum())}
            for said in fates.words
            for rule, (was, fails) in said.rules.items()
        ],
        "stages": fates.stages,
        "kept": {"then": _count(then, ALIVE), "now": _count(now, ALIVE), "unknown": _count(now, UNKNOWN)},
        "readmitted": sides.told((then == REMOVED) & (now != REMOVED)),
        "lost": sides.told((then == ALIVE) & (now != ALIVE)),
    }


@dataclass
class _Fates:
    """What became of every document, then and now.

    Attributes:
        stages: what each stage did, as the answer tells it.
        words: what the stages from the first changed one on said.
        turn: place in `words` of the first that treats a document otherwise, or -1: int8[documents].
        then, now: states behind the last stage.
    """

    stages: list[dict[str, Any]]
    words: list[Word]
    turn: NDArray[np.int8]
    then: State
    now: State


def _follow(columns: VerdictColumns, judging: Sequence[StageRun], changed: Sequence[Change]) -> _Fates:
    """Take every document through the stages. Those before the first changed one did what they would do."""
    first = min(place for place, stage in enumerate(judging) if any(change.stage == stage.name for change in changed))
    before = [{"name": stage.name, "then": (same := _as_it_was(stage)), "now": same} for stage in judging[:first]]
    start = np.zeros(len(columns), np.uint8)
    fates = _Fates(before, [], np.full(len(columns), -1, np.int8), start, start)
    labels = _labels(columns, judging[:first])
    for stage in judging[first:]:
        own = [change for change in changed if change.stage == stage.name]
        if removes_nothing(stage) and not own:
            said = word_of_keeper(stage.name, fates.then == ALIVE)
        else:
            said = word(columns, stage.name, own, labels)
        if not fates.words:
            fates.then = fates.now = np.where(said.alive, ALIVE, REMOVED).astype(np.uint8)
        _pass(columns, fates, said)
        labels = _labels(columns, [stage]) if stage.name == "language" else labels
    return fates


def _pass(columns: VerdictColumns, fates: _Fates, said: Word) -> None:
    """Take the documents through one stage."""
    then, now = fates.then, fates.now
    said_now = without_orphans(columns, said, now) if (now != then).any() else said
    fates.then, fates.now = behind(then, said, said.kept), behind(now, said_now, said.kept_now)
    told = {"then": counts(then, fates.then, said), "now": counts(now, fates.now, said)}
    fates.stages.append({"name": said.stage, **told})
    fates.turn[(fates.turn < 0) & (fates.then != fates.now)] = len(fates.words)
    fates.words.append(said)


def _as_it_was(stage: StageRun) -> dict[str, int]:
    total = [receipt.counts for receipt in stage.final]
    tallied = {name: sum(getattr(one, name) for one in total) for name in ("in_", "kept", "rejected", "failed")}
    return {"in": tallied.pop("in_"), **tallied, "unknown": 0}


def _labels(columns: VerdictColumns, stages: Sequence[StageRun]) -> pa.Array | None:
    """The documents' languages, if one of the stages tells them."""
    if not any(stage.name == "language" for stage in stages):
        return None
    return columns.of("language", [f'signals."{LANGUAGE}" AS label']).column("label").combine_chunks()


def _count(state: State, wanted: int) -> int:
    return int((state == wanted).sum())


class _Sides:
    """Tells of documents whose fate is another."""

    def __init__(self, ledger: duckdb.DuckDBPyConnection, columns: VerdictColumns, fates: _Fates) -> None:
        self._ledger, self._columns = ledger, columns
        self._words, self._turn, self._now = fates.words, fates.turn, fates.now

    def told(self, chosen: Mask) -> dict[str, Any]:
        """How many there are, what they are now, and examples spread over the whole run."""
        rows = np.flatnonzero(chosen)
        picked = rows[np.unique(np.linspace(0, len(rows) - 1, min(_EXAMPLES, len(rows))).astype(np.int64))]
        tally = np.bincount(self._now[rows], minlength=len(_STATES))
        return {
            "documents": len(rows),
            **{name: int(tally[state]) for state, name in _STATES.items()},
            "examples": self._examples(picked),
        }

    @functools.cache  # noqa: B019 - lives as long as the answer is made
    def _rules(self, stage: str) -> pa.ChunkedArray:
        return self._columns.of(stage, ["rules"]).column("rules")

    def _examples(self, rows: NDArray[np.int64]) -> list[dict[str, Any]]:
        if not len(rows):
            return []
        ids = self._columns.ids.take(pa.array(rows)).to_pylist()
        listed = ", ".join(f"'{key.hex()}'" for key in ids)
        found = read(self._ledger, f"SELECT id, url FROM documents WHERE id IN (SELECT unhex(unnest([{listed}])))")
        urls = dict(zip(found.column("id").to_pylist(), found.column("url").to_pylist(), strict=True))
        return [self._example(row, key, urls[key]) for row, key in zip(rows.tolist(), ids, strict=True)]

    def _example(self, row: int, key: bytes, url: str) -> dict[str, Any]:
        said = self._words[self._turn[row]]
        seen = {name: said.table.column(name)[row].as_py() for name in said.table.column_names if name not in OUTCOME}
        seen.pop("survivor", None)
        rules = seen.pop("rules") if "rules" in seen else self._rules(said.stage)[row].as_py()
        anew = [rule for rule, (_, fails) in said.rules.items() if fails[row]]
        return {
            "id": key.hex(),
            "url": url,
            "stage": said.stage,
            "rules_then": rules,
            "rules_now": [rule for rule in rules if rule not in said.rules] + anew,
            "signals": seen,
            "now": _STATES[int(self._now[row])],
        }


def print_what_if(value: dict[str, Any], console: Console) -> None:
    """Print the answer for people."""
    for setting in value["settings"]:
        console.print(f"{setting['parameter']}: {setting['then']} → {setting['now']}", highlight=False)
    for rule in value["rules"]:
        console.print(f"  {rule['rule']}: {rule['then']:,} → {rule['now']:,} documents fail it", highlight=False)
    table = Table(box=None, pad_edge=False)
    for name in ("stage", "in", "kept", "rejected", "in now", "kept now", "rejected now", "unknown"):
        table.add_column(name, justify="left" if name == "stage" else "right", no_wrap=True)
    for stage in value["stages"]:
        numbers = [stage["then"][name] for name in ("in", "kept", "rejected")]
        numbers += [stage["now"][name] for name in ("in", "kept", "rejected", "unknown")]
        table.add_row(stage["name"], *(f"{number:,}" for number in numbers))
    console.print(table)
    kept = value["kept"]
    console.print(f"kept {kept['then']:,} → {kept['now']:,}, and {kept['unknown']:,} that deduplication has not seen")
    for side, meaning in (("readmitted", "not kept then"), ("lost", "kept then, not now")):
        console.print(f"\n{side}: {value[side]['documents']:,} documents ({meaning})", highlight=False)
        for one in value[side]["examples"]:
            signals = ", ".join(f"{name} = {_plain(signal)}" for name, signal in one["signals"].items())
            console.print(f"  {one['id']}  {one['now']}  {one['url']}", markup=False, highlight=False, soft_wrap=True)
            console.print(f"      {one['stage']}: {signals}", markup=False, highlight=False, soft_wrap=True)


def _plain(signal: Any) -> str:
    return f"{signal:.6g}" if isinstance(signal, float) else str(signal)
