"""What filters declare in LIMITS is what they do: `gristmill what-if` decides rules anew from stored signals by it."""

from types import ModuleType
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from gristmill.core.batch import Batch
from gristmill.core.limits import LANGUAGE, Limit, apply_limits, families
from gristmill.core.params import Params, StageParams
from gristmill.core.verdict import Verdict
from tests.filters.test_contract import FILTERS, documents, example_rows, params_of, signal_table

LABELS = ("en", "de", "zh", "th", None)
DECLARING = [module for module in FILTERS if getattr(module, "LIMITS", ())]
every_declaring = pytest.mark.parametrize("module", DECLARING, ids=[module.NAME for module in DECLARING])


def batch_of(module: ModuleType) -> Batch:
    """The filter's examples and odd texts, in several languages."""
    rows = example_rows(module)
    labels = pa.array([LABELS[place % len(LABELS)] for place in range(len(rows))], pa.string())
    return Batch(documents(rows), {LANGUAGE: labels} if LANGUAGE in module.UPSTREAM else {})


def judged(module: ModuleType, params: StageParams) -> Verdict:
    verdict: Verdict = module.judge(batch_of(module), params)
    return verdict


@every_declaring
def test_limits_decide_as_the_filter_does(module: ModuleType) -> None:
    params = params_of(module)
    batch = batch_of(module)
    verdict = module.judge(batch, params)
    alone = np.zeros(len(batch), bool)
    for rule in getattr(module, "ALONE", ()):
        alone |= verdict.failed[rule]
    for own, limits in families(module.LIMITS, params).values():
        there = [limit for limit in limits if limit.rule in verdict.failed]  # the others' families are not asked for
        for rule, failing in apply_limits(there, verdict.signals, own, batch).items():
            np.testing.assert_array_equal(failing & ~alone, verdict.failed[rule], rule)


@every_declaring
def test_what_limits_name_does_not_change_what_is_measured(module: ModuleType) -> None:
    """Else it belongs in `Params.measuring`."""
    params = params_of(module)
    before = signal_table(judged(module, params))
    for family, (own, limits) in families(module.LIMITS, params).items():
        fields = sorted({field for limit in limits for field in limit.fields} - set(getattr(own, "measuring", ())))
        other = own.model_copy(update={field: changed(own, field, limits) for field in fields})
        whole: Any = other if not family else params.model_copy(update={family: other})
        after = signal_table(judged(module, whole))
        assert before.keys() == after.keys()
        for name, values in before.items():
            assert values.equals(after[name]), f"{name} depends on one of {fields}"


def changed(params: Params, field: str, limits: tuple[Limit, ...]) -> Any:
    """Another value of a parameter."""
    value = getattr(params, field)
    if isinstance(value, bool):
        return not value
    if isinstance(value, tuple):
        return ("de", "zh") if value != ("de", "zh") else ("en",)
    assert isinstance(value, int | float), f"{field} = {value!r} is no bound, switch or list; see {limits[0]}"
    return value + 1 if np.isfinite(value) else type(value)(7)
