"""Which rules other parameters would decide differently, and what they decide then: by stored signals alone.

A parameter can be changed after the fact if a rule's limit names it (core/limits.py): the limits that judged then judge now.
Any other parameter decides what is measured, and that takes the recipe to be run again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import ValidationError

from gristmill.core.batch import Batch
from gristmill.core.errors import RecipeError, UsageError
from gristmill.core.limits import LANGUAGE, Limit, apply_limits, families
from gristmill.core.params import Params
from gristmill.core.verdict import Signal
from gristmill.pipelines.explaining import explain
from gristmill.pipelines.overrides import apply_override
from gristmill.pipelines.registry import stage_type
from gristmill.pipelines.runs import Run

_WHY = {
    "fetch": "it decides which bytes there are",
    "extract": "it decides what text is read from a page",
    "exact": "it decides which documents are compared, and the ledger knows the pairs of the run's own value only",
    "minhash": "it decides which documents are compared, and the ledger knows the pairs of the run's own value only",
    "encode": "it decides tokens, which are not in the ledger",
    "shards": "it decides how tokens are packed, and removes no document",
    "pretrain": "it removes no document",
}
_MEASURES = "it decides what the signals of its stage measure, and the ledger has them as the run measured them"


@dataclass(frozen=True)
class Setting:
    """A parameter that is to have another value."""

    parameter: str
    then: Any
    now: Any


@dataclass(frozen=True)
class Change:
    """The rules of one filter that other parameters decide.

    Attributes:
        stage: the stage's name.
        then: the filter's parameters in the run.
        now: the same with the changes.
        limits: the rules that depend on what has changed.
        alone: rules of the stage; a document that failed one of them was judged by no other.
    """

    stage: str
    then: Params
    now: Params
    limits: tuple[Limit, ...]
    alone: tuple[str, ...]

    @property
    def signals(self) -> tuple[str, ...]:
        """Names of the signals its rules look at, without the language."""
        return tuple(dict.fromkeys(name for limit in self.limits for name in limit.signals))

    def decide(
        self, params: Params, signals: Mapping[str, pa.Array], labels: pa.Array | None, alone: NDArray[np.bool_]
    ) -> dict[str, NDArray[np.bool_]]:
        """Which documents fail which of the rules under `then` or `now`: rule to bool[documents].

        Args:
            params: the filter's parameters.
            signals: what it measured, without nulls.
            labels: the documents' languages, if the stage knew them.
            alone: documents that failed a rule of `self.alone`.
        """
        rows = pa.RecordBatch.from_arrays([pa.array(alone)], names=["alone"])
        values = {name: _values(column) for name, column in signals.items()}
        failed = apply_limits(self.limits, values, params, Batch(rows, {} if labels is None else {LANGUAGE: labels}))
        return {rule: failing & ~alone for rule, failing in failed.items()}


def _values(column: pa.Array) -> Signal:
    return column if pa.types.is_string(column.type) else column.to_numpy(zero_copy_only=False)


def changes(run: Run, overrides: Sequence[str]) -> tuple[list[Setting], list[Change]]:
    """What "family.parameter=value" settings change in a run.

    Raises:
        UsageError: there is none, or one cannot be decided again from stored signals; says why.
        RecipeError: one names no parameter, or has an impossible value.
    """
    if not overrides:
        raise UsageError("what-if needs a parameter to change, for example --set gopher_quality.min_words=40.")
    raw = {stage.name: dict(stage.params) for stage in run.stages}
    for override in overrides:
        apply_override(raw, override)
    settings: list[Setting] = []
    changed: list[Change] = []
    for stage in run.stages:
        if raw[stage.name] != stage.params:
            for told, change in _stage_changes(stage.name, stage.params, raw[stage.name]):
                settings += told
                changed.append(change)
    if not changed:
        raise UsageError(f"these parameters have these values already: {', '.join(overrides)}.")
    return settings, changed


def _stage_changes(stage: str, then: dict[str, Any], now: dict[str, Any]) -> Iterator[tuple[list[Setting], Change]]:
    """The changes of a stage, one for each filter in it."""
    module = stage_type(stage).load()
    limits = tuple(getattr(module, "LIMITS", ()))
    after = families(limits, _params(stage, now))
    for family, (old, own) in families(limits, _params(stage, then)).items():
        new = after[family][0]
        settings: list[Setting] = []
        touched: set[Limit] = set()
        for field in type(old).model_fields:
            was, becomes = getattr(old, field), getattr(new, field)
            if was == becomes or isinstance(was, Params):
                continue
            found = _touched(own, field, was, becomes)
            if not found or field in getattr(old, "measuring", ()):
                raise UsageError(_refusal(stage, f"{family or stage}.{field}", own))
            settings.append(Setting(f"{family or stage}.{field}", was, becomes))
            touched |= found
        if touched and not _judged(_params(stage, then), family):
            raise UsageError(
                f"{settings[0].parameter} decided nothing in this run: {stage} did not judge by {family}. "
                f"Run the recipe with {family} among its families; only {stage} and the stages behind it run again."
            )
        if touched:
            chosen = tuple(limit for limit in own if limit in touched)
            yield settings, Change(stage, old, new, chosen, tuple(getattr(module, "ALONE", ())))


def _judged(params: Params, family: str) -> bool:
    """Whether a stage judged by a family; one that lets families be chosen judges by no other."""
    chosen = getattr(params, "families", (getattr(params, "family", family),))
    return family in ("", *chosen)


def _params(stage: str, raw: dict[str, Any]) -> Params:
    model: type[Params] = stage_type(stage).load().Params
    try:
        return model(**raw)
    except ValidationError as error:
        raise RecipeError(explain(stage, model, error)) from error


def _touched(limits: Sequence[Limit], field: str, was: Any, now: Any) -> set[Limit]:
    """The limits that a field decides; of languages' own bounds, the limits of those that differ."""
    if field != "by_language":
        return {limit for limit in limits if field in limit.fields}
    names = {
        name
        for language in was.keys() | now.keys()
        for name in was.get(language, {}).keys() | now.get(language, {}).keys()
        if was.get(language, {}).get(name) != now.get(language, {}).get(name)
    }
    return {limit for limit in limits if limit.field in names}


def _refusal(stage: str, place: str, limits: Sequence[Limit]) -> str:
    why = _WHY.get(stage, "it decides which documents are judged" if place.endswith(".scope") else _MEASURES)
    known = sorted({field for limit in limits for field in limit.fields})
    return (
        f"{place} cannot be decided again from stored signals: {why}. Run the recipe with --set {place}=…; only {stage} and "
        "the stages behind it run again." + (f" What can be changed here: {', '.join(known)}." if known else "")
    )
