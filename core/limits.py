"""Rules that hold one signal against one parameter, written down so that what judged them can also judge them anew.

A stage decides such a rule by `apply_limits` when it measures a document, and `gristmill what-if` by the same function when
it reads the signals from the ledger.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gristmill.core.batch import Batch
from gristmill.core.errors import RecipeError
from gristmill.core.params import Params
from gristmill.core.verdict import Signal

LANGUAGE = "language.label"
_ASSUMED_LANGUAGE = "en"  # where no earlier stage told: the published rules were made for English

# Written without spaces between words, ISO 639-1 or what lid.176 calls it: word counts and lengths mean nothing there.
UNSPACED_LANGUAGES = ("zh", "yue", "wuu", "ja", "th", "lo", "km", "my", "bo", "dz")

Side: TypeAlias = Literal["below", "above", "reaches", "true", "outside"]


@dataclass(frozen=True)
class Limit:
    """One rule.

    Attributes:
        rule: its full name, "family.rule".
        signal: full name of the signal it looks at.
        side: which values fail. "below", "above": strictly beyond the bound, a document exactly on it passes; "reaches":
            the bound or more; "true": true, if the parameter says so; "outside": none of the list, if there is a list.
        field: the field of the family's parameters that holds the bound, the switch or the list.
        only: the field that lists the languages it is for, or "". "*" and an empty list are all languages.
        but: the field that lists the languages it is not for, or "".
        unless: a signal that spares the documents for which it is true, or "".
        spares_zero: the field of a switch that spares documents whose value is 0, or "".
    """

    rule: str
    signal: str
    side: Side
    field: str
    only: str = ""
    but: str = ""
    unless: str = ""
    spares_zero: str = ""

    @property
    def family(self) -> str:
        """The filter it belongs to."""
        return self.rule.partition(".")[0]

    @property
    def fields(self) -> tuple[str, ...]:
        """The parameters that decide it once its signals are measured."""
        return tuple(field for field in (self.field, self.only, self.but, self.spares_zero) if field)

    @property
    def signals(self) -> tuple[str, ...]:
        """The signals it looks at."""
        return (self.signal, self.unless) if self.unless else (self.signal,)


def apply_limits(
    limits: Iterable[Limit], signals: Mapping[str, Signal], params: Params, batch: Batch
) -> dict[str, NDArray[np.bool_]]:
    """Which documents fail which rule: rule to bool[documents], in the order of `limits`.

    Bounds of single languages (`by_language` of the parameters) go before the others, and hold also where the rule is
    not for that language.
    """
    own = getattr(params, "by_language", {})
    labels = _Labels(signals.get(LANGUAGE, batch.upstream.get(LANGUAGE)), len(batch))
    return {limit.rule: _failing(limit, signals, params, own, labels) for limit in limits}


def check_languages(limits: Iterable[Limit], by_language: Mapping[str, Mapping[str, float]]) -> None:
    """Raise RecipeError unless all that languages have of their own are bounds of these limits."""
    known = {limit.field for limit in limits if limit.side in _BEYOND}
    for language, bounds in by_language.items():
        if foreign := sorted(bounds.keys() - known):
            raise RecipeError(
                f"by_language.{language}.{foreign[0]} is no bound that a language can have of its own; "
                f"these are: {', '.join(sorted(known))}."
            )


def families(limits: Iterable[Limit], params: Params) -> dict[str, tuple[Params, tuple[Limit, ...]]]:
    """The limits of a stage beside the parameters they read: by family, and under "" those of the stage's own table."""
    limits = tuple(limits)
    own = {name: value for name, value in params if isinstance(value, Params)}
    found = {name: (value, tuple(limit for limit in limits if limit.family == name)) for name, value in own.items()}
    return {"": (params, tuple(limit for limit in limits if limit.family not in own)), **found}


def in_languages(batch: Batch, languages: tuple[str, ...]) -> NDArray[np.bool_]:
    """Which documents are in one of some languages, bool[documents]; without the upstream signal all are English."""
    return _Labels(batch.upstream.get(LANGUAGE), len(batch)).among(languages)


_BEYOND: dict[str, Callable[..., Any]] = {"below": np.less, "above": np.greater, "reaches": np.greater_equal}


class _Labels:
    """The languages of a batch's documents; of one whose language nobody told, English."""

    def __init__(self, labels: Signal | None, rows: int) -> None:
        if labels is None:
            self.codes, self.names = np.zeros(rows, np.int32), [_ASSUMED_LANGUAGE]
        else:
            encoded = pc.fill_null(labels, _ASSUMED_LANGUAGE).dictionary_encode()
            self.codes, self.names = encoded.indices.to_numpy(zero_copy_only=False), encoded.dictionary.to_pylist()

    def among(self, languages: Iterable[str]) -> NDArray[np.bool_]:
        """Which documents are in one of some languages, "*" being any: bool[documents]."""
        wanted = set(languages)
        among = [name in wanted or "*" in wanted for name in self.names]
        chosen: NDArray[np.bool_] = np.array(among, bool)[self.codes]
        return chosen

    def bounds(self, plain: float, own: Mapping[str, float]) -> NDArray[np.float64]:
        """Each document's bound, float64[documents]."""
        chosen: NDArray[np.float64] = np.array([own.get(name, plain) for name in self.names], np.float64)[self.codes]
        return chosen


def _failing(
    limit: Limit,
    signals: Mapping[str, Signal],
    params: Params,
    by_language: Mapping[str, Mapping[str, float]],
    labels: _Labels,
) -> NDArray[np.bool_]:
    values, setting = signals[limit.signal], getattr(params, limit.field)
    if limit.side == "outside":
        failing = ~_among(values, setting) if setting else np.zeros(len(values), bool)
    elif limit.side == "true":
        failing = np.asarray(values, bool) & setting
    else:
        own = {language: bounds[limit.field] for language, bounds in by_language.items() if limit.field in bounds}
        failing = _BEYOND[limit.side](np.asarray(values), labels.bounds(setting, own) if own else setting)
        failing &= _applies(limit, params, labels) | labels.among(own)
    if limit.unless:
        failing &= ~np.asarray(signals[limit.unless], bool)
    if limit.spares_zero and getattr(params, limit.spares_zero):
        failing &= np.asarray(values) != 0
    return failing


def _applies(limit: Limit, params: Params, labels: _Labels) -> NDArray[np.bool_]:
    """Which documents are in a language that the rule is for."""
    only = getattr(params, limit.only) if limit.only else ()
    but = getattr(params, limit.but) if limit.but else ()
    inside = labels.among(only) if only else np.ones(len(labels.codes), bool)
    return inside & ~labels.among(but)


def _among(values: Signal, names: Iterable[str]) -> NDArray[np.bool_]:
    """Which values are one of some names, bool[values]."""
    found = pc.is_in(values, value_set=pa.array(names, pa.string()))
    chosen: NDArray[np.bool_] = found.to_numpy(zero_copy_only=False)
    return chosen
