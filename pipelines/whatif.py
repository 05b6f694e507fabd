"""What if a rule's parameters had been others: the whole chain's decisions anew, from the ledger, without reading text.

Document stages judge every document, so what a re-admitted one would have met in them is on record. Deduplication has seen
only the documents that were alive then: what it would do with a re-admitted one is unknown, and so is what becomes of a
removed copy whose survivor is gone now. Unknown stays unknown until a later stage would reject it in any case.
"""

from collections.abc import Sequence
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from gristmill.core.limits import LANGUAGE
from gristmill.pipelines.fates import ALIVE, REMOVED, UNKNOWN, Mask, State, Word, behind, counts, without_orphans, word
from gristmill.pipelines.redeciding import Change, changes
from gristmill.pipelines.runs import Run
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
    columns = VerdictColumns(ledger)
    then, now = np.zeros((2, len(columns)), np.uint8)
    turn = np.full(len(columns), -1, np.int8)  # the first stage that treats a document otherwise
    words: list[Word] = []
    stages: list[dict[str, Any]] = []
    labels = None
    for name in judging_stages(run):
        said = word(columns, name, [change for change in changed if change.stage == name], labels)
        said_now = without_orphans(columns, said, now) if (now != then).any() else said
        after, after_now = behind(then, said, said.kept), behind(now, said_now, said.kept_now)
        stages.append({"name": name, "then": counts(then, after, said), "now": counts(now, after_now, said)})
        turn[(turn < 0) & (after != after_now)] = len(words)
        then, now = after, after_now
        words.append(said)
        if name == "language":
            labels = columns.of(name, [f'signals."{LANGUAGE}" AS label']).column("label").combine_chunks()
    sides = _Sides(ledger, columns.ids, words, changed, turn, now)
    return {
        "dataset": f"{run.recipe}-{run.id}",
        "settings": [vars(setting) for setting in settings],
        "documents": len(columns),
        "rules": [
            {"rule": rule, "stage": said.stage, "then": int(was.sum()), "now": int(fails.sum())}
            for said in words
            for rule, (was, fails) in said.rules.items()
        ],
        "stages": stages,
        "kept": {"then": _count(then, ALIVE), "now": _count(now, ALIVE), "unknown": _count(now, UNKNOWN)},
        "readmitted": sides.told((then == REMOVED) & (now != REMOVED)),
        "lost": sides.told((then == ALIVE) & (now != ALIVE)),
    }


def _count(state: State, wanted: int) -> int:
    return int((state == wanted).sum())


class _Sides:
    """Tells of documents whose fate is another."""

    def __init__(
        self,
        ledger: duckdb.DuckDBPyConnection,
        ids: pa.ChunkedArray,
        words: Sequence[Word],
        changed: Sequence[Change],
        turn: NDArray[np.int8],
        now: State,
    ) -> None:
        self._ledger, self._ids, self._words, self._turn, self._now = ledger, ids, words, turn, now
        self._signals = {
            said.stage: sorted({name for change in changed if change.stage == said.stage for name in change.signals})
            for said in words
        }

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

    def _examples(self, rows: NDArray[np.int64]) -> list[dict[str, Any]]:
        urls = self._rows("documents", rows, "url")
        verdicts = {
            place: self._rows(f"verdicts_{self._words[place].stage}", rows[self._turn[rows] == place], "rules, signals")
            for place in np.unique(self._turn[rows]).tolist()
        }
        return [self._example(row, urls, verdicts[self._turn[row]]) for row in rows.tolist()]

    def _example(self, row: int, urls: dict[bytes, Any], verdicts: dict[bytes, Any]) -> dict[str, Any]:
        said = self._words[self._turn[row]]
        key = self._ids[row].as_py()
        rules = verdicts[key]["rules"]
        anew = [rule for rule, (_, fails) in said.rules.items() if fails[row]]
        signals = verdicts[key]["signals"]
        return {
            "id": key.hex(),
            "url": urls[key]["url"],
            "stage": said.stage,
            "rules_then": rules,
            "rules_now": [rule for rule in rules if rule not in said.rules] + anew,
            "signals": {name: signals[name] for name in self._signals[said.stage]},
            "now": _STATES[int(self._now[row])],
        }

    def _rows(self, view: str, rows: NDArray[np.int64], columns: str) -> dict[bytes, Any]:
        """Some columns of a few documents by id."""
        if not len(rows):
            return {}
        listed = ", ".join(f"'{self._ids[row].as_py().hex()}'" for row in rows.tolist())
        found = read(self._ledger, f'SELECT id, {columns} FROM "{view}" WHERE id IN (SELECT unhex(unnest([{listed}])))')
        return {row["id"]: row for row in found.to_pylist()}


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
            console.print(f"  {one['id']}  {one['now']}  {one['url']}  {signals}", markup=False, highlight=False)


def _plain(signal: Any) -> str:
    return f"{signal:.6g}" if isinstance(signal, float) else str(signal)
