"""Bounds and the languages they are for."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from gristmill.core.batch import Batch
from gristmill.core.limits import LANGUAGE, Limit, apply_limits, in_languages
from gristmill.core.params import Params


class Bounds(Params):
    most: float = 0.5
    english: tuple[str, ...] = ("en",)


SIGNALS = {"a.share": np.array([0.4, 0.5, 0.6, 0.6])}


def batch(labels: Sequence[str | None] | None) -> Batch:
    documents = pa.RecordBatch.from_pydict({"text": [""] * 4})
    return Batch(documents, {} if labels is None else {LANGUAGE: pa.array(labels, pa.string())})


def test_a_document_on_the_bound_passes() -> None:
    above = Limit("a.above", "a.share", "above", "most")
    below = Limit("a.below", "a.share", "below", "most")
    failed = apply_limits((above, below), SIGNALS, Bounds(), batch(None))
    assert failed["a.above"].tolist() == [False, False, True, True]
    assert failed["a.below"].tolist() == [True, False, False, False]


def test_rules_can_be_for_some_languages() -> None:
    labels = ["en", "en", "en", "de"]
    only = Limit("a.only", "a.share", "above", "most", only="english")
    but = Limit("a.but", "a.share", "above", "most", but="english")
    failed = apply_limits((only, but), SIGNALS, Bounds(), batch(labels))
    assert failed["a.only"].tolist() == [False, False, True, False]
    assert failed["a.but"].tolist() == [False, False, False, True]


def test_without_a_label_a_document_is_judged_as_english() -> None:
    assert in_languages(batch(None), ("en",)).tolist() == [True] * 4
    assert in_languages(batch(["de", None, "en", "zh"]), ("en",)).tolist() == [False, True, True, False]
