"""Rules that hold a signal against one bound of a filter's parameters, written down so that others can apply them too.

A rule fails strictly below or strictly above its bound: a document exactly on it passes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from gristmill.core.batch import Batch
from gristmill.core.params import Params
from gristmill.core.verdict import Signal

LANGUAGE = "language.label"
_ASSUMED_LANGUAGE = "en"  # where no earlier stage told: the published rules were made for English

# Written without spaces between words, ISO 639-1 or what lid.176 calls it: word counts and lengths mean nothing there.
UNSPACED_LANGUAGES = ("zh", "yue", "wuu", "ja", "th", "lo", "km", "my", "bo", "dz")


@dataclass(frozen=True)
class Limit:
    """One rule.

    Attributes:
        rule: its full name, "family.rule".
        signal: full name of the signal it looks at.
        side: which side of the bound fails.
        field: the field of the family's parameters that holds the bound.
        only: the field that lists the languages it is for, or "" for all.
        but: the field that lists the languages it is not for, or "".
    """

    rule: str
    signal: str
    side: Literal["below", "above"]
    field: str
    only: str = ""
    but: str = ""


def apply_limits(
    limits: Iterable[Limit], signals: Mapping[str, Signal], params: Params, batch: Batch
) -> dict[str, NDArray[np.bool_]]:
    """Which documents fail which rule: rule to bool[documents], in the order of `limits`."""
    failed = {}
    for limit in limits:
        values = np.asarray(signals[limit.signal])
        bound = getattr(params, limit.field)
        failing = values < bound if limit.side == "below" else values > bound
        if limit.only:
            failing &= in_languages(batch, getattr(params, limit.only))
        if limit.but:
            failing &= ~in_languages(batch, getattr(params, limit.but))
        failed[limit.rule] = failing
    return failed


def in_languages(batch: Batch, languages: tuple[str, ...]) -> NDArray[np.bool_]:
    """Which documents are in one of some languages, bool[documents]; without the upstream signal all are English."""
    labels = batch.upstream.get(LANGUAGE)
    if labels is None:
        return np.full(len(batch), _ASSUMED_LANGUAGE in languages)
    found = {label: label in languages for label in pc.unique(labels).to_pylist()}
    found[None] = _ASSUMED_LANGUAGE in languages
    return np.fromiter((found[label] for label in labels.to_pylist()), np.bool_, len(batch))
