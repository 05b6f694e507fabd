from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.core.verdict import Verdict, failed_rules, merge


@given(st.lists(st.lists(st.booleans(), min_size=4, max_size=4), max_size=6))
def test_failed_rules_are_named_in_order(rows: list[list[bool]]) -> None:
    names = ["b.long", "a.short", "b.dense", "a.empty"]
    failed = {name: np.array([row[place] for row in rows], bool) for place, name in enumerate(names)}
    found = failed_rules(failed, len(rows))
    assert found.type == pa.list_(pa.string())
    assert found.to_pylist() == [[name for name, hit in zip(names, row, strict=True) if hit] for row in rows]
    found.validate(full=True)


@pytest.mark.parametrize("rows", [0, 1, 5])
def test_without_rules_nobody_fails(rows: int) -> None:
    found = failed_rules({}, rows)
    assert found.type == pa.list_(pa.string())
    assert found.to_pylist() == [[]] * rows


def test_rules_without_rows() -> None:
    found = failed_rules({"a.short": np.zeros(0, bool)}, 0)
    assert (found.type, len(found)) == (pa.list_(pa.string()), 0)


def verdict(name: str, **more: Any) -> Verdict:
    return Verdict({f"{name}.words": np.array([3])}, {f"{name}.short": np.array([True])}, **more)


def test_verdicts_are_merged_in_order() -> None:
    merged = merge([verdict("b"), verdict("a")])
    assert list(merged.signals) == ["b.words", "a.words"]
    assert list(merged.failed) == ["b.short", "a.short"]
    assert merged.texts is None


def test_one_of_the_merged_may_edit() -> None:
    texts = pa.array(["mill"], pa.large_string())
    assert merge([verdict("a"), verdict("b", texts=texts), verdict("c")]).texts is texts


def test_nothing_merged_says_nothing() -> None:
    assert merge([]) == Verdict({}, {})


def test_two_filters_must_not_say_the_same() -> None:
    with pytest.raises(ValueError, match=r"a\.short"):
        merge([verdict("a"), Verdict({}, {"a.short": np.array([False])})])
    with pytest.raises(ValueError, match=r"a\.words"):
        merge([verdict("a"), Verdict({"a.words": np.array([1])}, {})])
    texts = pa.array(["mill"], pa.large_string())
    with pytest.raises(ValueError, match="both edit text"):
        merge([verdict("a", texts=texts), verdict("b", texts=texts)])
