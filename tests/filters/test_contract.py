"""The contract of document stages, held by every module of gristmill.filters that has a `judge`."""

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pydantic import BaseModel

import gristmill.filters
from gristmill.core.batch import Batch
from gristmill.core.documents import ID_BYTES, SCHEMA
from gristmill.core.errors import GristmillError
from gristmill.core.params import StageParams
from gristmill.core.verdict import Example, Verdict

LONG = 1_000_000  # bytes without a space

ODD_TEXTS = {
    "empty": "",
    "blank": " \n\t\r\n\u2028\u3000",
    "nul": "a\x00b\x00\x00 c",
    "controls": "".join(map(chr, range(32))) + "\x7f\x85\x9f",
    "right to left": "\u202eقالت الطاحونة: «لا»، ثم صمتت؟ שלום 123 abc\u202c",
    "combining": "e\u0301\u0301\u0301 Z\u0351\u036b\u0343a\u0489lgo \u0915\u094d\u0937",
    "lone combining": "\u0301",
    "lone joiner": "\u200d\ufe0f",
    "emoji": "👩‍👩‍👧‍👦 🏳️‍🌈🇩🇪👍🏽 ok",
    "byte order mark": "\ufeff\ufffe\uffff text",
    "last code point": "\U0010ffff\U0010fffe",
    "replacement": "\ufffd" * 50,
    "windows line ends": "one\r\ntwo\r\n\r\nthree\r\n",
    "only newlines": "\n" * 1000,
    "only dots": "." * 1000,
    "brackets": "[" * 500 + "]" * 500 + "{" * 500,
    "at signs": "a@" * 2000,
    "addresses": "http://" * 300 + "x.example/" + "?" * 300,
    "numbers": "1.2.3.4.5.6.7.8.9 " * 50 + "4111 1111 1111 1111 +49 30 1234567",
    "caseless": "水車は川にある。そして粉をひく。" * 20,
    "thai": "โรงสีตั้งอยู่ริมแม่น้ำใต้สะพานเก่า" * 20,
    "a long word": "x" * LONG,
    "a long word of many bytes": "語" * (LONG // 3),
    "long and repetitive": "ab " * (LONG // 3),
}


def _filters() -> Iterator[ModuleType]:
    for info in pkgutil.iter_modules(gristmill.filters.__path__):
        module = importlib.import_module(f"gristmill.filters.{info.name}")
        if hasattr(module, "judge"):
            yield module


FILTERS = list(_filters())
every_filter = pytest.mark.parametrize(
    "module", FILTERS, ids=[module.__name__.rpartition(".")[2] for module in FILTERS]
)


def params_of(module: ModuleType) -> StageParams:
    """Default parameters, if the files they name are here."""
    params: StageParams = module.Params()
    missing = [path for path in files_of(module, params) if not path.exists()]
    if missing:
        pytest.skip(f"not installed here: {', '.join(path.name for path in missing)}")
    return params


def files_of(module: ModuleType, params: StageParams) -> tuple[Any, ...]:
    return tuple(module.files(params)) if hasattr(module, "files") else ()


def documents(rows: list[dict[str, object]]) -> pa.RecordBatch:
    """A full documents table; what a row does not say is empty."""
    columns = []
    for field in SCHEMA:
        empty = _empty(field.type)
        columns.append(pa.array([row.get(field.name, empty) for row in rows], field.type))
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


def _empty(kind: pa.DataType) -> object:
    if pa.types.is_fixed_size_binary(kind):
        return bytes(ID_BYTES)
    if pa.types.is_list(kind):
        return []
    return "" if pa.types.is_string(kind) or pa.types.is_large_string(kind) else 0


def example_rows(module: ModuleType) -> list[dict[str, object]]:
    """The examples that are not huge, then the odd texts."""
    examples: tuple[Example, ...] = module.EXAMPLES
    rows: list[dict[str, object]] = [{"text": e.text, **e.columns} for e in examples if len(e.text) < 10_000]
    return rows + [{"text": text} for text in ODD_TEXTS.values() if len(text) < 10_000]


def signal_table(verdict: Verdict) -> dict[str, pa.Array]:
    return {name: pa.array(values) for name, values in verdict.signals.items()}


def concatenated(verdicts: list[Verdict]) -> tuple[dict[str, pa.Array], dict[str, list[bool]], pa.Array | None]:
    """Signals, failed rules and texts of several verdicts, one after the other."""
    first = verdicts[0]
    tables = [signal_table(verdict) for verdict in verdicts]
    signals = {name: pa.concat_arrays([table[name] for table in tables]) for name in first.signals}
    failed = {rule: [bool(x) for verdict in verdicts for x in verdict.failed[rule]] for rule in first.failed}
    texts = None if first.texts is None else pa.chunked_array([v.texts for v in verdicts]).combine_chunks()
    return signals, failed, texts


def assert_same(left: Any, right: Any) -> None:
    for mine, theirs in zip(left, right, strict=True):
        if isinstance(mine, dict):
            assert mine.keys() == theirs.keys()
            for name in mine:
                if isinstance(mine[name], pa.Array):
                    assert mine[name].equals(theirs[name]), name
                else:
                    assert mine[name] == theirs[name], name
        else:
            assert (mine is None and theirs is None) or mine.equals(theirs)


@every_filter
def test_it_says_what_it_is(module: ModuleType) -> None:
    assert module.__name__.rpartition(".")[2] == module.NAME
    assert module.VERSION >= 1
    assert len(set(module.RULES)) == len(module.RULES)
    assert all(rule.count(".") == 1 for rule in module.RULES)
    assert all(name.count(".") == 1 for name in module.UPSTREAM)
    assert issubclass(module.Params, StageParams)
    assert module.__doc__
    assert module.judge.__doc__


@every_filter
def test_every_parameter_is_documented(module: ModuleType) -> None:
    pending: list[type[BaseModel]] = [module.Params]
    while pending:
        for name, field in pending.pop().model_fields.items():
            assert field.description, f"{module.NAME}: the parameter {name} has no docstring"
            if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
                pending.append(field.annotation)


@every_filter
def test_examples_hold(module: ModuleType) -> None:
    params = params_of(module)
    for example in module.EXAMPLES:
        verdict = module.judge(Batch(documents([{"text": example.text, **example.columns}])), params)
        found = tuple(rule for rule in verdict.failed if verdict.failed[rule][0])
        assert found == example.failed, example.text[:200]


@every_filter
def test_every_rule_has_an_example_each_way(module: ModuleType) -> None:
    never = set(getattr(module, "OFF", ()))  # rules that default parameters switch off
    for rule in module.RULES:
        assert any(rule not in example.failed for example in module.EXAMPLES), f"{rule}: no example passes"
        if rule not in never:
            assert any(rule in example.failed for example in module.EXAMPLES), f"{rule}: no example fails"


@every_filter
def test_rules_are_the_keys_of_failed_in_their_order(module: ModuleType) -> None:
    verdict = module.judge(Batch(documents([{"text": "one"}])), params_of(module))
    never = set(getattr(module, "OFF", ()))  # need not even be decided
    decided = tuple(rule for rule in module.RULES if rule in verdict.failed or rule not in never)
    assert tuple(verdict.failed) == decided


@every_filter
def test_batches_do_not_matter(module: ModuleType) -> None:
    params = params_of(module)
    table = documents(example_rows(module))
    before = table.to_pylist()
    whole = concatenated([module.judge(Batch(table), params)])
    for size in (1, 7):
        parts = [Batch(table.slice(start, size)) for start in range(0, len(table), size)]
        assert_same(whole, concatenated([module.judge(part, params) for part in parts]))
    again = Batch(table)
    assert_same(whole, concatenated([module.judge(again, params)]))
    assert_same(whole, concatenated([module.judge(again, params)]))
    assert table.to_pylist() == before


@every_filter
def test_order_does_not_matter(module: ModuleType) -> None:
    params = params_of(module)
    table = documents(example_rows(module))
    order = np.random.default_rng(0).permutation(len(table))
    signals, failed, texts = concatenated([module.judge(Batch(table), params)])
    shuffled = concatenated([module.judge(Batch(table.take(pa.array(order))), params)])
    expected = (
        {name: values.take(pa.array(order)) for name, values in signals.items()},
        {rule: [values[i] for i in order] for rule, values in failed.items()},
        None if texts is None else texts.take(pa.array(order)),
    )
    assert_same(expected, shuffled)


@every_filter
def test_an_empty_batch_has_the_same_columns(module: ModuleType) -> None:
    params = params_of(module)
    none = module.judge(Batch(documents([])), params)
    some = module.judge(Batch(documents([{"text": "one two"}])), params)
    assert {name: values.type for name, values in signal_table(none).items()} == {
        name: values.type for name, values in signal_table(some).items()
    }
    assert list(none.failed) == list(some.failed)
    assert all(len(values) == 0 for values in (*none.signals.values(), *none.failed.values()))
    assert (none.texts is None) == (some.texts is None)


@every_filter
@pytest.mark.parametrize("name", ODD_TEXTS)
def test_no_text_is_too_odd(module: ModuleType, name: str) -> None:
    check_signals(module, ODD_TEXTS[name])


@every_filter
@pytest.mark.soak
@pytest.mark.parametrize(
    "text", ["x" * 10_000_000, "語" * 3_000_000, "a.b@" * 2_500_000], ids=["ascii", "han", "marks"]
)
def test_ten_megabytes_without_a_space(module: ModuleType, text: str) -> None:
    check_signals(module, text)


def check_signals(module: ModuleType, text: str) -> None:
    verdict = module.judge(Batch(documents([{"text": text}])), params_of(module))
    for signal, values in signal_table(verdict).items():
        assert len(values) == 1
        assert signal.count(".") == 1
        if pa.types.is_floating(values.type):
            assert np.isfinite(values.to_numpy()).all(), signal
    for rule, failed in verdict.failed.items():
        assert np.asarray(failed).dtype == bool, rule
        assert len(failed) == 1, rule
    assert verdict.texts is None or verdict.texts.type == pa.large_string()


@every_filter
def test_upstream_signals_may_be_there_or_not(module: ModuleType) -> None:
    params = params_of(module)
    table = documents([{"text": "The mill stands by the river."}, {"text": "水車は川にある。"}])
    absent = module.judge(Batch(table), params)
    labels = {name: pa.array(["en", "ja"], pa.string()) for name in module.UPSTREAM if name == "language.label"}
    present = module.judge(Batch(table, labels), params)
    assert {name: values.type for name, values in signal_table(absent).items()} == {
        name: values.type for name, values in signal_table(present).items()
    }


@every_filter
def test_a_misspelt_parameter_is_an_error(module: ModuleType) -> None:
    with pytest.raises((ValueError, GristmillError)):
        module.Params(no_such_parameter=1)


def test_the_families_of_this_project_are_all_here() -> None:
    names = {module.NAME for module in FILTERS}
    assert {"heuristics", "gopher_quality", "gopher_repetition", "c4", "fineweb"} <= names
