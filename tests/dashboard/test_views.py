"""What the views reckon before they draw."""

import pytest

from gristmill.dashboard import funnel_view, queries, removals_view, signals_view
from gristmill.dashboard.histograms import Signal
from gristmill.dashboard.thresholds import Threshold
from tests.dashboard.ledgers import tiny_ledger


def test_bars_of_a_stage_add_up_to_what_came_in() -> None:
    rows = funnel_view.shares(queries.funnel(tiny_ledger()))
    for stage in {row["stage"] for row in rows}:
        own = [row for row in rows if row["stage"] == stage]
        assert sum(row["share"] for row in own) == pytest.approx(own[0]["whole"])
        assert own[0]["whole"] <= 1
        assert sum(row["count"] for row in own) == own[0]["in"]
    texts = {row["stage"]: row["text"] for row in rows if row["text"]}
    assert texts["extract"] == "10 of 12 records · −1 · 1 failed"
    assert texts["shards"] == "7 of 7 documents"


def test_rules_are_sorted_and_filtered() -> None:
    rows = queries.removals(tiny_ledger())
    names = [row["rule"] for row in removals_view.chosen_rules(rows, ["heuristics", "language"], "both")]
    assert names == ["gopher_quality.min_words", "language.low_score"]
    assert [row["rule"] for row in removals_view.chosen_rules(rows, ["language", "extract"], "rule")] == [
        "extract.not_html",
        "language.low_score",
    ]


def test_bounds_of_whole_numbers_are_drawn_on_the_failing_side() -> None:
    bound = Threshold("c4.curly_bracket", "c4.n_curly_lines", "above", 0, "c4.max_curly_lines")
    assert signals_view.line_at(bound, Signal("heuristics", "c4.n_curly_lines", integer=True)) == 0.5
    assert signals_view.line_at(bound, Signal("heuristics", "c4.n_curly_lines", integer=False)) == 0
