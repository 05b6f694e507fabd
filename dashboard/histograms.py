"""Histograms of signals, counted in DuckDB into a bounded number of bins.

A few values far out would squeeze all others into one bin, so the axis spans the middle 99 % of the values (and the
thresholds near it); what lies outside is told in numbers.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from gristmill.pipelines.ledger import query

BINS = 60
_TAIL = 0.005
_QUANTILES = (_TAIL, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1 - _TAIL)
_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
_FLOATS = ("FLOAT", "DOUBLE")
_WIDEN = 2.5  # a threshold is brought into the picture if that makes the axis at most this much longer
_SKEWED = 50  # upper end over median from which a logarithmic axis shows more

FAILS, OTHERWISE, PASSES = "fails this rule", "rejected by another rule", "passes the stage"


@dataclass(frozen=True)
class Signal:
    """A signal of a stage that can be drawn."""

    stage: str
    name: str
    integer: bool


@dataclass(frozen=True)
class Summary:
    """Values of a signal: how many, least, largest, mean, and quantiles by their share."""

    count: int
    low: float
    high: float
    mean: float
    quantiles: tuple[tuple[float, float], ...]

    def at(self, share: float) -> float:
        """The value below which a share of the values lies."""
        return dict(self.quantiles)[share]


@dataclass(frozen=True)
class Axis:
    """Bins from low to high; on a logarithmic axis they are equal in log(1 + value)."""

    low: float
    high: float
    bins: int
    log: bool = False

    def edge(self, i: int) -> float:
        """Where bin `i` begins and bin `i - 1` ends."""
        if not self.log:
            return self.low + (self.high - self.low) * i / self.bins
        start, end = math.log1p(self.low), math.log1p(self.high)
        return math.expm1(start + (end - start) * i / self.bins)


def numeric_signals(ledger: duckdb.DuckDBPyConnection, stage: str) -> list[Signal]:
    """The numeric signals of a stage, in the order it gives them."""
    cursor = ledger.execute(f"SELECT signals.* FROM {view_of(stage)} LIMIT 0")
    kinds = [(name, str(kind)) for name, kind, *_ in cursor.description or ()]
    return [Signal(stage, name, kind in _INTEGERS) for name, kind in kinds if kind in (*_INTEGERS, *_FLOATS)]


def view_of(stage: str) -> str:
    """What to select a stage's verdicts from; those of `extract` stand in `records`, which all came in alive."""
    if stage == "extract":
        return "(SELECT id, true AS alive, outcome, rules, signals FROM records)"
    return '"verdicts_' + stage.replace('"', '""') + '"'


def _column(name: str) -> str:
    return 'signals."' + name.replace('"', '""') + '"'


def _values(signal: Signal, alive_only: bool, rules: Sequence[str]) -> str:
    named = ", ".join("'" + rule.replace("'", "''") + "'" for rule in rules)
    fails = f"list_has_any(rules, [{named}]::VARCHAR[])"
    return (
        f"SELECT {_column(signal.name)}::DOUBLE AS value, CASE WHEN {fails} THEN '{FAILS}' "
        f"WHEN outcome = 'kept' THEN '{PASSES}' ELSE '{OTHERWISE}' END AS state "
        f"FROM {view_of(signal.stage)} WHERE outcome IS NOT NULL AND value IS NOT NULL{' AND alive' if alive_only else ''}"
    )


def summarise(ledger: duckdb.DuckDBPyConnection, signal: Signal, alive_only: bool) -> Summary | None:
    """Count, extremes, mean and quantiles of a signal; None if it has no values."""
    row = query(
        ledger,
        f"SELECT count(*) AS n, min(value) AS low, max(value) AS high, avg(value) AS mean, "
        f"approx_quantile(value, {list(_QUANTILES)}) AS quantiles FROM ({_values(signal, alive_only, ())})",
    )[0]
    if not row["n"]:
        return None
    quantiles = tuple(zip(_QUANTILES, map(float, row["quantiles"]), strict=True))
    return Summary(row["n"], row["low"], row["high"], row["mean"], quantiles)


def skewed(summary: Summary) -> bool:
    """Whether a logarithmic axis shows more."""
    return summary.low >= 0 and summary.at(1 - _TAIL) > _SKEWED * max(summary.at(0.5), 1)


def choose_axis(summary: Summary, signal: Signal, bounds: Sequence[float], log: bool = False) -> Axis:
    """An axis for a signal that shows the middle of its values and the bounds that are near."""
    low, high = max(summary.low, summary.at(_TAIL)), min(summary.high, summary.at(1 - _TAIL))
    log = log and summary.low >= 0
    for bound in bounds:
        reach = max(high, bound) - min(low, bound)
        if summary.low <= bound <= summary.high and (log or reach <= _WIDEN * (high - low)):
            low, high = min(low, bound), max(high, bound)
    if signal.integer:
        low, high = math.floor(low), math.ceil(high)
        if log:
            return Axis(float(low), float(max(high, low + 1)), min(BINS, max(high - low, 1)), log=True)
        width = math.ceil((high - low + 1) / BINS)
        bins = math.ceil((high - low + 1) / width)
        return Axis(low - 0.5, low - 0.5 + width * bins, bins)
    if high <= low:
        low, high = low - 0.5 * (not log), low + 0.5
    inside = [bound for bound in bounds if low < bound < high]
    return Axis(low, high, BINS, log) if log or not inside else _aligned(low, high, inside[0])


def _aligned(low: float, high: float, bound: float) -> Axis:
    """An axis with a bound between two bins, so that no bin holds values on both sides of it."""
    below = max(1, round((bound - low) / (high - low) * BINS))
    width = (bound - low) / below
    bins = math.ceil((high - low) / width)
    return Axis(low, low + bins * width, bins) if bins <= 2 * BINS else Axis(low, high, BINS)


def count_bins(
    ledger: duckdb.DuckDBPyConnection, signal: Signal, axis: Axis, alive_only: bool, rules: tuple[str, ...]
) -> list[dict[str, Any]]:
    """Documents by bin and state; bins without documents are left out.

    Args:
        signal: what to count.
        axis: the bins; values outside are left out.
        alive_only: leave out documents that an earlier stage had rejected.
        rules: rules on this signal; documents that fail one are told apart.

    Returns:
        Rows of start, end, state and documents.
    """
    low, high = ("ln(1 + ?)", "ln(1 + ?)") if axis.log else ("?", "?")
    value = "ln(1 + value)" if axis.log else "value"
    rows = query(
        ledger,
        f"SELECT least(floor(({value} - {low}) / ({high} - {low}) * {axis.bins}), {axis.bins - 1})::INTEGER AS bin, "
        f"state, count(*) AS documents FROM ({_values(signal, alive_only, rules)}) "
        "WHERE value BETWEEN ? AND ? GROUP BY ALL ORDER BY bin, state",
        [axis.low, axis.high, axis.low, axis.low, axis.high],
    )
    return [
        {
            "start": axis.edge(row["bin"]),
            "end": axis.edge(row["bin"] + 1),
            "state": row["state"],
            "documents": row["documents"],
        }
        for row in rows
    ]
