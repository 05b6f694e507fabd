"""What each stage said of each document, then and under other parameters: masks over the run's documents, in their order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gristmill.core.errors import UsageError
from gristmill.pipelines.redeciding import Change
from gristmill.pipelines.verdict_columns import VerdictColumns, flags

Mask = NDArray[np.bool_]
State = NDArray[np.uint8]

ALIVE, REMOVED, UNKNOWN = 0, 1, 2
_DEDUPLICATION = ("exact", "minhash")


@dataclass(frozen=True)
class Word:
    """A stage's word on each document.

    Attributes:
        stage: its name.
        known: the documents that it judged.
        failed: those that it could not process.
        kept: of the known ones, those that it kept.
        kept_now: those that it keeps under the changed parameters.
        rules: rule to the documents that failed it then and those that fail it now, for the rules that were decided anew.
    """

    stage: str
    known: Mask
    failed: Mask
    kept: Mask
    kept_now: Mask
    rules: dict[str, tuple[Mask, Mask]]


def word(columns: VerdictColumns, stage: str, changed: Sequence[Change], labels: pa.Array | None) -> Word:
    """Read a stage's word, and decide anew what has changed.

    Args:
        labels: the documents' languages, null where unknown, if a stage before this one tells them.

    Raises:
        UsageError: a rule says something else of its stored signals than it said in the run.
    """
    rules = [limit.rule for change in changed for limit in change.limits]
    names = sorted({name for change in changed for name in change.signals})
    alone = [rule for change in changed for rule in change.alone]
    table = columns.of(
        stage,
        [
            "outcome IS NOT NULL AS known",
            "outcome = 'failed' AS failed",
            "outcome = 'kept' AS kept",
            f"len(rules) > {' + '.join(['0', *(f'{_has([rule])}::INTEGER' for rule in rules)])} AS others",
            f"{_has(alone)} AS alone",
            *(f'{_has([rule])} AS "failed {rule}"' for rule in rules),
            *(f'signals."{name}" AS "{name}"' for name in names),
        ],
    )
    known, failed, kept, others = (flags(table, name) for name in ("known", "failed", "kept", "others"))
    judged = known & ~failed
    chosen = pa.array(judged)
    signals = {name: table.column(name).filter(chosen).combine_chunks() for name in names}
    languages = None if labels is None else labels.filter(chosen)
    found: dict[str, tuple[Mask, Mask]] = {}
    for change in changed:
        own = {name: signals[name] for name in change.signals}
        was = change.decide(change.then, own, languages, flags(table, "alone")[judged])
        fails = change.decide(change.now, own, languages, flags(table, "alone")[judged])
        for rule in was:
            recorded = flags(table, f"failed {rule}")
            _check(rule, recorded[judged], was[rule])
            now = np.zeros(len(columns), bool)
            now[judged] = fails[rule]
            found[rule] = recorded, now
    kept_now = kept if not changed else judged & ~others
    for _, now in found.values():
        kept_now = kept_now & ~now
    return Word(stage, known, failed, kept, kept_now, found)


def _has(rules: Sequence[str]) -> str:
    listed = ", ".join(f"'{rule}'" for rule in rules)
    return f"list_has_any(rules, [{listed}]::VARCHAR[])"


def _check(rule: str, recorded: Mask, decided: Mask) -> None:
    if differing := int((recorded != decided).sum()):
        raise UsageError(
            f"{rule} cannot be decided again: with the run's own parameters its stored signals give another answer for "
            f"{differing:,} documents. The run was made by another version; run the recipe again."
        )


def without_orphans(columns: VerdictColumns, told: Word, state: State) -> Word:
    """A deduplication's word, without what it said of copies whose survivor does not reach it any more."""
    if told.stage not in _DEDUPLICATION:
        return told
    survivors = columns.of(told.stage, [f'signals."{told.stage}.survivor" AS survivor']).column("survivor")
    missing = columns.ids.filter(pa.array(state != ALIVE)).combine_chunks()
    orphans = pc.is_in(survivors, value_set=missing.cast(survivors.type)).to_numpy() & told.known & ~told.kept
    return Word(told.stage, told.known & ~orphans, told.failed, told.kept, told.kept_now, told.rules)


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
