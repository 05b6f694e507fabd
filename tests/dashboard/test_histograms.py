import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gristmill.dashboard import histograms
from gristmill.dashboard.histograms import Axis, Signal
from tests.dashboard.ledgers import tiny_ledger

WORDS = Signal("heuristics", "gopher_quality.n_words_judged", integer=True)
RULES = ("gopher_quality.min_words",)


def test_only_numeric_signals_are_offered() -> None:
    ledger = tiny_ledger()
    assert [signal.name for signal in histograms.numeric_signals(ledger, "language")] == ["language.score"]
    assert histograms.numeric_signals(ledger, "urls") == [Signal("urls", "urls.soft_words", integer=True)]
    assert histograms.numeric_signals(ledger, "extract") == [Signal("extract", "extract.depth", integer=True)]


def test_summary_leaves_out_who_was_rejected_before_unless_asked() -> None:
    ledger = tiny_ledger()
    alive = histograms.summarise(ledger, WORDS, alive_only=True)
    everyone = histograms.summarise(ledger, WORDS, alive_only=False)
    assert alive and everyone
    assert (alive.count, everyone.count) == (9, 10)
    assert (alive.low, alive.high) == (10, 800)
    assert histograms.summarise(ledger, Signal("minhash", "minhash.jaccard", False), True) is not None


def test_a_signal_without_values_has_no_summary() -> None:
    ledger = tiny_ledger()
    ledger.execute("CREATE OR REPLACE VIEW verdicts_minhash AS SELECT * FROM verdicts_heuristics WHERE false")
    assert histograms.summarise(ledger, Signal("minhash", "gopher_quality.ratio", False), True) is None


@pytest.mark.parametrize("log", [False, True])
def test_bins_hold_every_document_once_and_tell_states_apart(log: bool) -> None:
    ledger = tiny_ledger()
    summary = histograms.summarise(ledger, WORDS, alive_only=True)
    assert summary
    axis = histograms.choose_axis(summary, WORDS, [50.0], log)
    rows = histograms.count_bins(ledger, WORDS, axis, True, RULES)
    assert sum(row["documents"] for row in rows) == 9
    assert len({row["start"] for row in rows}) <= histograms.BINS
    failing = [row for row in rows if row["state"] == histograms.FAILS]
    assert sum(row["documents"] for row in failing) == 1
    assert all(row["start"] - 1e-9 <= 10 <= row["end"] + 1e-9 for row in failing)


def test_a_document_that_fails_elsewhere_is_told_apart() -> None:
    ledger = tiny_ledger()
    rows = histograms.count_bins(ledger, WORDS, Axis(0, 1000, 10), True, ())
    assert {row["state"] for row in rows} == {histograms.PASSES, histograms.OTHERWISE}


@settings(max_examples=25)  # each makes a database
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40), st.floats(-1e6, 1e6), st.booleans())
def test_every_value_on_the_axis_is_counted_in_its_bin(values: list[float], bound: float, log: bool) -> None:
    ledger = duckdb.connect()
    ledger.execute(
        "CREATE TABLE verdicts_x AS SELECT 0 AS id, true AS alive, 'kept' AS outcome, []::VARCHAR[] AS rules, "
        "{'x.v': value} AS signals FROM (SELECT unnest(?::DOUBLE[]) AS value)",
        [values],
    )
    signal = Signal("x", "x.v", integer=False)
    summary = histograms.summarise(ledger, signal, alive_only=False)
    assert summary and summary.count == len(values)
    axis = histograms.choose_axis(summary, signal, [bound], log)
    assert axis.low < axis.high and axis.bins <= 2 * histograms.BINS
    rows = histograms.count_bins(ledger, signal, axis, False, ())
    assert sum(row["documents"] for row in rows) == sum(axis.low <= value <= axis.high for value in values)
    slack = 1e-9 * max(map(abs, [*values, axis.low, axis.high]))
    for row in rows:
        assert any(row["start"] - slack <= value <= row["end"] + slack for value in values)


def test_bins_of_whole_numbers_are_whole() -> None:
    ledger = tiny_ledger()
    summary = histograms.summarise(ledger, WORDS, alive_only=True)
    assert summary
    axis = histograms.choose_axis(summary, WORDS, [])
    width = axis.edge(1) - axis.edge(0)
    assert width == int(width) and axis.low % 1 == 0.5


def test_a_bound_lies_between_two_bins() -> None:
    ledger = tiny_ledger()
    signal = Signal("heuristics", "gopher_quality.ratio", integer=False)
    summary = histograms.summarise(ledger, signal, alive_only=True)
    assert summary
    axis = histograms.choose_axis(summary, signal, [0.333])
    assert any(axis.edge(i) == pytest.approx(0.333) for i in range(axis.bins))


def test_names_cannot_leave_their_quotes() -> None:
    ledger = tiny_ledger()
    ledger.execute(
        """CREATE VIEW "verdicts_a""b" AS SELECT id, alive, outcome, rules, {'it''s "x"': 1} AS signals FROM verdicts_urls"""
    )
    (signal,) = histograms.numeric_signals(ledger, 'a"b')
    assert histograms.count_bins(ledger, signal, Axis(0, 2, 2), True, ("o'rule",))[0]["documents"] == 10
