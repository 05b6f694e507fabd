"""Which bounds a run put on a signal: the filters' own list of limits, and names that match where there is none.

A filter may declare `LIMITS` (core/limits.py): rule, signal, side and parameter. Elsewhere a parameter `min_x` or `max_x`
bounds the signal `x` of its family, and `_OTHERS` holds the few that are named differently.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from gristmill.core.errors import RecipeError
from gristmill.core.limits import Limit
from gristmill.pipelines.registry import stage_type

Side = Literal["below", "above"]

# parameter -> signal and rule
_OTHERS: dict[str, tuple[str, str, Side]] = {
    "minhash.threshold": ("minhash.jaccard", "minhash.near_duplicate", "below"),
}


@dataclass(frozen=True)
class Threshold:
    """A bound on a signal in one run.

    Attributes:
        rule: the rule that fails beyond it.
        signal: full name of the signal.
        side: which side of the bound fails; the bound itself passes.
        bound: its value in this run.
        parameter: where a recipe sets it, "family.parameter".
        languages: what it is limited to, in words, or "".
    """

    rule: str
    signal: str
    side: Side
    bound: float
    parameter: str
    languages: str = ""

    def fails(self, value: float) -> bool:
        """Whether a value lies beyond the bound."""
        return value < self.bound if self.side == "below" else value > self.bound


def stage_thresholds(stage: str, params_json: str) -> tuple[Threshold, ...]:
    """The thresholds of a stage by its parameters as the ledger has them (table `stages`, column `params`)."""
    params = json.loads(params_json)
    declared = tuple(_declared(_limits(stage), params))
    known = {threshold.parameter for threshold in declared}
    return declared + tuple(found for found in _by_name(stage, params) if found.parameter not in known)


def _limits(stage: str) -> tuple[Limit, ...]:
    """The limits that the installed stage declares; none if it is not installed."""
    try:
        return tuple(getattr(stage_type(stage).load(), "LIMITS", ()))
    except (RecipeError, ImportError):
        return ()  # a run of another version: its numbers are still worth showing


def _declared(limits: tuple[Limit, ...], params: dict[str, Any]) -> Iterator[Threshold]:
    for limit in limits:
        family = limit.signal.partition(".")[0]
        own = params.get(family, params)
        if isinstance(own, dict) and _is_number(own.get(limit.field)):
            yield Threshold(
                limit.rule,
                limit.signal,
                "below" if limit.side == "below" else "above",
                own[limit.field] - (limit.side == "reaches"),  # such bounds are counts: one less passes
                f"{family}.{limit.field}",
                _languages(limit, own),
            )


def _languages(limit: Limit, params: dict[str, Any]) -> str:
    for field, word in ((limit.only, "only"), (limit.but, "not")):
        if field and params.get(field):
            return f"{word} for {', '.join(params[field])}"
    return ""


def _by_name(stage: str, params: dict[str, Any]) -> Iterator[Threshold]:
    families = {stage: params} | {name: value for name, value in params.items() if isinstance(value, dict)}
    for family, own in families.items():
        for field, value in own.items():
            parameter = f"{family}.{field}"
            if not _is_number(value):
                continue
            if parameter in _OTHERS:
                signal, rule, side = _OTHERS[parameter]
                yield Threshold(rule, signal, side, value, parameter)
            elif field.startswith(("min_", "max_")):
                name = f"{family}.{field[4:]}"
                yield Threshold(name, name, "below" if field.startswith("min_") else "above", value, parameter)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
