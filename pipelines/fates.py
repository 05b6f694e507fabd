"""What each stage said of each document, then and under other parameters: masks over the run's documents, in their order."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gristmill.core.errors import UsageError
from gristmill.pipelines.redeciding import Change
from gristmill.pipelines.runs import StageRun
from gristmill.pipelines.verdict_columns import Failures, VerdictColumns, failures, flags

Mask = NDArray[np.bool_]
State = NDArray[np.uint8]

ALIVE, REMOVED, UNKNOWN = 0, 1, 2
OUTCOME = {"alive": "alive", "known": "outcome IS NOT NULL", "failed": "outcome = 'failed'", "kept": "outcome = 'kept'"}
_DEDUPLICATION = ("exact", "minhash")


@dataclass(frozen=True)
class Word:
    """A stage's word on each document.

    Attributes:
        stage: its name.
        alive: the documents that no stage before it had rejected.
        known: the documents that it judged.
        failed: those that it could not process.
        kept: of the known ones, those that it kept.
        kept_now: those that it keeps under the changed parameters.
        rules: rule to the documents that failed it then and those that fail it now, for the rules that were decided anew.
        table: the columns that were read: where rules are decided anew also `rules` (those that failed) and the signals
            that they look at; of a deduplication the `survivor` of each document that it removed.
    """

    stage: str
    alive: Mask
    known: Mask
    failed: Mask
    kept: Mask
    kept_now: Mask
    table: pa.Table
    rules: dict[str, tuple[Mask, Mask]] = field(default_factory=dict)


def removes_nothing(stage: StageRun) -> bool:
    """Whether a stage kept all that it saw, and saw the living only: nothing has to be read to know its word."""
    return not any(
        receipt.counts.rejected or receipt.counts.failed or receipt.beside.get("judged", 0) for receipt in stage.final
    )


def word_of_keeper(stage: str, alive: Mask) -> Word:
    """The word of a stage that removes nothing."""
    return Word(
        stage, alive, alive, np.zeros(len(alive), bool), alive, alive, pa.table({"rules": pa.nulls(len(alive))})
    )


def word(columns: VerdictColumns, stage: str, changed: Sequence[Change], labels: pa.Array | None) -> Word:
    """Read a stage's word, and decide anew what has changed.

    Args:
        labels: the documents' languages, null where unknown, if a stage before this one tells them.

    Raises:
        UsageError: a rule says something else of its stored signals than it said in the run.
    """
    rules = [limit.rule for change in changed for limit in change.limits]
    names = sorted({name for change in changed for name in change.signals})
    table = columns.of(
        stage,
        [
            *(f"{sql} AS {name}" for name, sql in OUTCOME.items()),
            *(["rules"] if rules else []),
            *([f'signals."{stage}.survivor" AS survivor'] if stage in _DEDUPLICATION else []),
            *(f'signals."{name}" AS "{name}"' for name in names),
        ],
    )
    alive, known, failed, kept = (flags(table, name) for name in OUTCOME)
    if not changed:
        return Word(stage, alive, known, failed, kept, kept, table)
    judged = known & ~failed
    recorded = failures(table.column("rules"))
    found: dict[str, tuple[Mask, Mask]] = {}
    for change in changed:
        found |= _anew(change, table, judged, recorded, labels)
    left = np.bincount(recorded.documents, minlength=len(columns)) - sum(was for was, _ in found.values())
    kept_now = judged & (left == 0) & ~np.logical_or.reduce([fails for _, fails in found.values()])
    return Word(stage, alive, known, failed, kept, kept_now, table, found)


def _anew(
    change: Change, table: pa.Table, judged: Mask, recorded: Failures, labels: pa.Array | None
) -> dict[str, tuple[Mask, Mask]]:
    """Rule to the documents that failed it then and those that fail it now, for the rules of a change."""
    chosen = pa.array(judged)
    signals = {name: table.column(name).filter(chosen).combine_chunks() for name in change.signals}
    languages = None if labels is None else labels.filter(chosen)
    alone = np.zeros(len(judged), bool)
    for rule in change.alone:
        alone |= recorded.of(rule, len(judged))
    was = change.decide(change.then, signals, languages, alone[judged])
    fails = change.decide(change.now, signals, languages, alone[judged])
    found = {}
    for rule in was:
        failed = recorded.of(rule, len(judged))
        _check(rule, failed[judged], was[rule])
        now = np.zeros(len(judged), bool)
        now[judged] = fails[rule]
        found[rule] = failed, now
    return found


def _check(rule: str, recorded: Mask, decided: Mask) -> None:
    if differing := int((recorded != decided).sum()):
        raise UsageError(
            f"{rule} cannot be decided again: with the run's own parameters its stored signals give another answer for "
            f"{differing:,} documents. The run was made by another version; run the recipe again."
        )


def without_orphans(columns: VerdictColumns, told: Word, state: State) -> Word:
    """A deduplication's word, without what it said of copies whose survivor does not reach it any more."""
    if "survivor" not in told.table.column_names:
        return told
    survivors = told.table.column("survivor")
    missing = columns.ids.filter(pa.array(state != ALIVE)).combine_chunks()
    orphans = pc.is_in(survivors, value_set=missing.cast(survivors.type)).to_numpy() & told.known & ~told.kept
    return replace(told, known=told.known & ~orphans)


def behind(state: State, told: Word, kept: Mask) -> State:
    """The documents' states behind a stage that keeps some."""
    after = state.copy()
    after[(state == ALIVE) & ~told.known] = UNKNOWN
    after[(state != REMOVED) & told.known & ~kept] = REMOVED
    return after


def counts(before: State, after: State, told: Word) -> dict[str, int]:
    """What a stage did: in = kept + rejected + failed + unknown. Who comes in unknown counts so until it is rejected."""
    gone = (before != REMOVED) & (after == REMOVED)
    tallied: dict[str, Any] = {
        "in": before != REMOVED,
        "kept": after == ALIVE,
        "rejected": gone & ~told.failed,
        "failed": gone & told.failed,
        "unknown": after == UNKNOWN,
    }
    return {name: int(mask.sum()) for name, mask in tallied.items()}
