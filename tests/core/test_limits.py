"""Bounds, switches and lists, and the languages they are for."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from pydantic import Field, ValidationError

from gristmill.core.batch import Batch
from gristmill.core.errors import RecipeError
from gristmill.core.limits import LANGUAGE, Limit, apply_limits, check_languages, in_languages
from gristmill.core.params import LanguageParams


class Bounds(LanguageParams):
    most: float = Field(default=0.5, le=1)
    other: float = 3
    english: tuple[str, ...] = ("en",)
    asked: bool = True
    wanted: tuple[str, ...] = ("en", "de")
    lenient: bool = False


SIGNALS = {"a.share": np.array([0.4, 0.5, 0.6, 0.6])}
ABOVE = Limit("a.above", "a.share", "above", "most")


def batch(labels: Sequence[str | None] | None) -> Batch:
    documents = pa.RecordBatch.from_pydict({"text": [""] * 4})
    return Batch(documents, {} if labels is None else {LANGUAGE: pa.array(labels, pa.string())})


def fails(
    limit: Limit, params: Bounds | None = None, labels: Sequence[str | None] | None = None, **more: object
) -> str:
    """Ones for the documents that fail."""
    signals = SIGNALS | {name.replace("_", "."): np.array(values) for name, values in more.items()}
    failed = apply_limits((limit,), signals, params or Bounds(), batch(labels))
    return "".join(str(int(value)) for value in failed[limit.rule])


def test_a_document_on_the_bound_passes_unless_it_is_one_to_reach() -> None:
    assert fails(ABOVE) == "0011"
    assert fails(Limit("a.below", "a.share", "below", "most")) == "1000"
    assert fails(Limit("a.reaches", "a.share", "reaches", "most")) == "0111"


def test_rules_can_be_for_some_languages() -> None:
    labels = ["en", "en", "en", "de"]
    only = Limit("a.only", "a.share", "above", "most", only="english")
    but = Limit("a.but", "a.share", "above", "most", but="english")
    assert fails(only, labels=labels) == "0010"
    assert fails(but, labels=labels) == "0001"
    assert fails(only, Bounds(english=("*",)), labels) == fails(only, Bounds(english=()), labels) == "0011"
    assert fails(but, Bounds(english=("*",)), labels) == "0000"


def test_without_a_label_a_document_is_judged_as_english() -> None:
    assert in_languages(batch(None), ("en",)).tolist() == [True] * 4
    assert in_languages(batch(["de", None, "en", "zh"]), ("en",)).tolist() == [False, True, True, False]


def test_a_bound_of_a_language_goes_before_the_others_and_before_exceptions() -> None:
    params = Bounds(by_language={"de": {"most": 0.55}, "zh": {"most": 0.3}})
    assert fails(ABOVE, params, ["zh", "en", "de", "fr"]) == "1011"
    only = Limit("a.only", "a.share", "above", "most", only="english")
    assert fails(only, params, ["zh", "en", "fr", "de"]) == "1001"


def test_labels_measured_by_the_stage_itself_count() -> None:
    params = Bounds(by_language={"de": {"most": 1}})
    signals = SIGNALS | {LANGUAGE: pa.array(["en", "en", "en", "de"])}
    assert apply_limits((ABOVE,), signals, params, batch(None))["a.above"].tolist() == [False, False, True, False]


def test_switches_lists_and_what_spares() -> None:
    noted = [True, False, True, False]
    flag = Limit("a.flag", "a.noted", "true", "asked")
    assert fails(flag, a_noted=noted) == "1010"
    assert fails(flag, Bounds(asked=False), a_noted=noted) == "0000"
    spared = Limit("a.above", "a.share", "above", "most", unless="a.noted")
    assert fails(spared, a_noted=noted) == "0001"
    zero = Limit("a.below", "a.zeros", "below", "most", spares_zero="lenient")
    assert fails(zero, a_zeros=[0.0, 0.1, 0.5, 1.0]) == "1100"
    assert fails(zero, Bounds(lenient=True), a_zeros=[0.0, 0.1, 0.5, 1.0]) == "0100"


def test_a_name_outside_the_list_fails_if_there_is_a_list() -> None:
    limit = Limit("a.name", "a.name", "outside", "wanted")
    signals = {"a.name": pa.array(["en", "fr", "de", ""])}
    assert apply_limits((limit,), signals, Bounds(), batch(None))["a.name"].tolist() == [False, True, False, True]
    assert not apply_limits((limit,), signals, Bounds(wanted=()), batch(None))["a.name"].any()


def test_only_bounds_can_differ_by_language() -> None:
    limits = (ABOVE, Limit("a.flag", "a.noted", "true", "asked"))
    check_languages(limits, {"de": {"most": 1}})
    for name in ("other", "asked"):
        with pytest.raises(RecipeError, match=rf"by_language\.de\.{name} is no bound .* these are: most"):
            check_languages(limits, {"de": {name: 1}})


@pytest.mark.parametrize(
    ("own", "said"), [({"most": 2}, "de.most = 2.0: input should be less"), ({"mots": 1}, "de.mots")]
)
def test_a_bound_of_a_language_is_checked_as_the_plain_one(own: dict[str, float], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Bounds(by_language={"de": own})


def test_a_limit_tells_what_decides_it() -> None:
    limit = Limit("a.a", "a.share", "above", "most", only="english", unless="a.noted", spares_zero="lenient")
    assert limit.fields == ("most", "english", "lenient")
    assert limit.signals == ("a.share", "a.noted")
