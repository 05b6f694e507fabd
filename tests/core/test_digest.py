import io
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.core.digest import UNDIGESTED, TableDigest, bytes_digest, json_digest

SPAN = pa.struct([("kind", pa.string()), ("start", pa.int64())])
SCHEMA = pa.schema(
    [
        ("flag", pa.bool_()),
        ("small", pa.int16()),
        ("wide", pa.uint64()),
        ("score", pa.float64()),
        ("half", pa.float32()),
        ("name", pa.string()),
        ("text", pa.large_string()),
        ("bytes", pa.binary()),
        ("id", pa.binary(3)),
        ("words", pa.list_(pa.string())),
        ("tokens", pa.large_list(pa.uint16())),
        ("spans", pa.list_(SPAN)),
        ("signals", pa.struct([("a.share", pa.float64()), ("a.spans", pa.list_(SPAN)), ("a.label", pa.string())])),
    ]
)


def value_of(kind: pa.DataType) -> st.SearchStrategy[Any]:
    """Values of a type, nulls among them at every depth."""
    if pa.types.is_struct(kind):
        fields = [kind.field(i) for i in range(kind.num_fields)]
        plain: st.SearchStrategy[Any] = st.fixed_dictionaries({field.name: value_of(field.type) for field in fields})
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind):
        plain = st.lists(value_of(kind.value_type), max_size=3)
    else:
        plain = _PLAIN[kind]
    return st.none() | plain


_PLAIN: dict[pa.DataType, st.SearchStrategy[Any]] = {
    pa.bool_(): st.booleans(),
    pa.int16(): st.integers(-(2**15), 2**15 - 1),
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.uint16(): st.integers(0, 2**16 - 1),
    pa.uint64(): st.integers(0, 2**64 - 1),
    pa.float64(): st.floats(allow_nan=False, allow_infinity=False),
    pa.float32(): st.floats(width=32, allow_nan=False, allow_infinity=False),
    pa.string(): st.text("aé水😀", max_size=4),
    pa.large_string(): st.text("aé水😀", max_size=4),
    pa.binary(): st.binary(max_size=4),
    pa.binary(3): st.binary(min_size=3, max_size=3),
}


@st.composite
def tables(draw: st.DrawFn, count: int = 1) -> list[pa.Table]:
    """Tables of one column of the same type, any of the above."""
    field = draw(st.sampled_from(list(SCHEMA)))
    columns = [draw(st.lists(value_of(field.type), max_size=6)) for _ in range(count)]
    return [pa.table({field.name: pa.array(values, field.type)}) for values in columns]


def table(rows: list[dict[str, Any]], schema: pa.Schema = SCHEMA) -> pa.Table:
    return pa.Table.from_pylist(rows, schema).combine_chunks()


def digest_of(whole: pa.Table, cuts: list[int] | None = None) -> str:
    """Digest of a table that comes in slices that end at `cuts`."""
    digest = TableDigest(whole.schema)
    for start, end in itertools.pairwise([0, *(cuts or []), whole.num_rows]):
        for batch in whole.slice(start, end - start).to_batches():
            digest.update(batch)
    return digest.hexdigest()


@given(tables(), st.lists(st.integers(0, 6), max_size=4))
def test_batches_do_not_matter(found: list[pa.Table], cuts: list[int]) -> None:
    (whole,) = found
    assert digest_of(whole, sorted(min(cut, whole.num_rows) for cut in cuts)) == digest_of(whole)


@given(tables(3))
def test_slices_of_larger_tables_do_not_matter(found: list[pa.Table]) -> None:
    around = pa.concat_tables(found).combine_chunks()
    assert digest_of(around.slice(found[0].num_rows, found[1].num_rows)) == digest_of(found[1])


@given(tables())
def test_a_way_through_parquet_does_not_matter(found: list[pa.Table]) -> None:
    """Parquet renames the elements of lists; verification reads what the writer never saw."""
    (whole,) = found
    file = io.BytesIO()
    pq.write_table(whole, file, row_group_size=2)
    assert digest_of(pq.read_table(file)) == digest_of(whole)


@given(tables(2))
def test_different_values_have_different_digests(found: list[pa.Table]) -> None:
    one, other = (rounded(each.to_pylist()) for each in found)
    assert (digest_of(found[0]) == digest_of(found[1])) == (one == other)


def rounded(value: Any) -> Any:
    """The value with its floats as they are digested."""
    if isinstance(value, float):
        return np.rint(value * 1e6) if abs(value * 1e6) < 2.0**63 else value
    if isinstance(value, dict):
        return {name: rounded(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [rounded(inner) for inner in value]
    return value


FULL: dict[str, Any] = {
    "flag": True,
    "small": 5,
    "wide": 2**63,
    "score": 0.5,
    "half": 0.25,
    "name": "mill",
    "text": "the mill",
    "bytes": b"\0\1",
    "id": b"abc",
    "words": ["a", "b"],
    "tokens": [1, 2],
    "spans": [{"kind": "email", "start": 3}],
    "signals": {"a.share": 0.1, "a.spans": [{"kind": "phone", "start": 1}], "a.label": "en"},
}


def flipped(value: Any) -> Any:
    """The value, slightly changed."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str):
        return value[:-1] + "x"
    if isinstance(value, bytes):
        return value[:-1] + b"x"
    if isinstance(value, list):
        return [*value[:-1], flipped(value[-1])]
    name = next(reversed(value))
    return {**value, name: flipped(value[name])}


@pytest.mark.parametrize("name", SCHEMA.names)
@pytest.mark.parametrize("change", [flipped, lambda _: None], ids=["changed", "null"])
def test_every_column_matters(name: str, change: Callable[[Any], Any]) -> None:
    rows = [FULL, {**FULL, name: change(FULL[name])}]
    assert digest_of(table(rows)) != digest_of(table([FULL, FULL]))
    assert digest_of(table(rows)) != digest_of(table(rows[::-1]))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (["ab", "c"], ["a", "bc"]),
        (["", None], [None, ""]),
        ([None], [""]),
        ([1], [1, None]),
        ([["a"], ["b"]], [["a", "b"], []]),
        ([[], None], [None, []]),
        ([[None], ["a"]], [[], ["a"]]),
        ([0, None], [None, 0]),
        ([0.0, None], [None, 0.0]),
        ([float("nan")], [None]),
        ([False], [None]),
        ([{"a": None}, {"a": 1}], [None, {"a": 1}]),
        ([b"abc", None], [None, b"abc"]),
    ],
)
def test_what_might_be_confused_is_not(left: list[Any], right: list[Any]) -> None:
    kind = pa.array([*left, *right]).type
    digests = [digest_of(pa.table({"x": pa.array(values, kind)})) for values in (left, right)]
    assert digests[0] != digests[1]


def test_names_and_types_of_columns_matter_and_their_order() -> None:
    one = {"a": pa.array([1], pa.int32()), "b": pa.array([1], pa.int32())}
    tables = [
        one,
        {"a": one["a"], "c": one["b"]},
        {"b": one["b"], "a": one["a"]},
        {**one, "b": pa.array([1], pa.int64())},
    ]
    assert len({digest_of(pa.table(each)) for each in tables}) == 4


def test_floats_are_rounded_to_millionths() -> None:
    def score(value: float) -> str:
        return digest_of(pa.table({"score": [value]}))

    assert score(0.1 + 0.2) == score(0.3)
    assert score(0.0) == score(-0.0)
    assert score(0.300001) != score(0.3)
    assert len({score(value) for value in (1e13, 1e14, -1e14, float("inf"), float("-inf"), float("nan"))}) == 6


def test_a_column_for_people_is_passed_over() -> None:
    schema = pa.schema([pa.field("id", pa.int64()), pa.field("message", pa.string(), metadata=UNDIGESTED)])
    one, other = ([{"id": 1, "message": said}] for said in ("disk full", "no space left on device"))
    assert digest_of(table(one, schema)) == digest_of(table(other, schema))


def test_json_is_digested_whatever_the_order_of_keys() -> None:
    assert json_digest({"a": 1, "b": [1, 2]}) == json_digest({"b": [1, 2], "a": 1})
    assert json_digest([1, 2]) != json_digest([2, 1])
    assert json_digest("水") == bytes_digest('"水"'.encode())
    assert len(bytes_digest(b"")) == 32
