"""Histograms of signals with the run's thresholds drawn in."""

from typing import Any

import altair as alt
import streamlit as st

from gristmill.dashboard import histograms, look, markup, queries
from gristmill.dashboard.histograms import Axis, Signal, Summary
from gristmill.dashboard.source import Source
from gristmill.dashboard.thresholds import Threshold, stage_thresholds

_STATES = {
    histograms.PASSES: look.KEPT,
    histograms.OTHERWISE: look.BESIDE,
    histograms.FAILS: look.REJECTED,
}


@st.cache_data(show_spinner=False)
def _thresholds(stage: str, params: str) -> tuple[Threshold, ...]:
    return stage_thresholds(stage, params)


def render(source: Source) -> None:
    """Draw the histogram of a chosen signal."""
    params = source.ask(queries.stage_params)
    by_stage = {
        stage: found for stage in ["extract", *source.ask(queries.judged_stages)] if (found := _signals(source, stage))
    }
    if not by_stage:
        st.caption("This run has no numeric signals.")
        return
    first, second, third = st.columns([2, 3, 3], vertical_alignment="bottom")
    stages = list(by_stage)
    start = stages.index("heuristics") if "heuristics" in stages else 0
    stage = first.selectbox("Stage", stages, index=start, key="signal_stage")
    thresholds = _thresholds(stage, params.get(stage, "{}"))
    signals = _busiest_first(by_stage[stage], thresholds, source.ask(queries.removals))
    signal = second.selectbox("Signal", signals, format_func=lambda one: one.name, key=f"signal_{stage}")
    with third.container(horizontal=True):
        everyone = st.toggle(
            "also already rejected", key="signal_all", help="Count pages that an earlier stage had rejected as well."
        )
        summary = source.ask(histograms.summarise, signal, not everyone)
        log = st.toggle("logarithmic", bool(summary and histograms.skewed(summary)), key=f"log_{signal.name}")
    if summary is None:
        st.caption("No document has this signal.")
        return
    own = [threshold for threshold in thresholds if threshold.signal == signal.name]
    axis = histograms.choose_axis(summary, signal, [threshold.bound for threshold in own], log)
    rules = tuple(threshold.rule for threshold in own)
    rows = source.ask(histograms.count_bins, signal, axis, not everyone, rules)
    look.show(_chart(rows, axis, signal, own), f"histogram of {signal.name}")
    _tell(summary, axis, own, sum(row["documents"] for row in rows))


def _busiest_first(
    signals: list[Signal], thresholds: tuple[Threshold, ...], removals: list[dict[str, Any]]
) -> list[Signal]:
    """Signals in the order of what their rules removed; those without a rule last, as the stage gives them."""
    counts = {row["rule"]: row["alive"] for row in removals}
    removed: dict[str, int] = {}
    for threshold in thresholds:
        removed[threshold.signal] = max(removed.get(threshold.signal, 0), counts.get(threshold.rule, 0))
    return sorted(signals, key=lambda signal: -removed.get(signal.name, -1))


def _signals(source: Source, stage: str) -> list[Signal]:
    return source.ask(histograms.numeric_signals, stage)


def _chart(rows: list[dict[str, Any]], axis: Axis, signal: Signal, thresholds: list[Threshold]) -> look.Drawing:
    scale = alt.Scale(domain=[axis.low, axis.high], nice=False, type="symlog" if axis.log else "linear")
    x = alt.X("start", type="quantitative", bin="binned", scale=scale, title=signal.name, axis=alt.Axis(grid=False))
    order = {state: place for place, state in enumerate(_STATES)}
    bars = (
        alt.Chart(look.data([{**row, "order": order[row["state"]]} for row in rows]))
        .mark_bar(binSpacing=0.5)
        .encode(
            x=x,
            x2="end",
            y=alt.Y(
                "documents",
                type="quantitative",
                stack="zero",
                title="documents",
                axis=alt.Axis(format="~s", tickMinStep=1),
            ),
            color=look.colours(_STATES),
            order=alt.Order("order", type="quantitative"),
            tooltip=[
                alt.Tooltip("start", type="quantitative", format=",.4~g", title="from"),
                alt.Tooltip("end", type="quantitative", format=",.4~g", title="to"),
                alt.Tooltip("state", type="nominal"),
                alt.Tooltip("documents", type="quantitative", format=","),
            ],
        )
    )
    lines = [
        {
            "at": line_at(one, signal),
            "text": f"{one.parameter.rpartition('.')[2]} = {markup.plain(one.bound)}",
            "row": place,
        }
        for place, one in enumerate(thresholds)
        if axis.low <= line_at(one, signal) <= axis.high
    ]
    base = alt.Chart(look.data(lines)).encode(x=alt.X("at", type="quantitative", scale=scale))
    rule = base.mark_rule(color=look.LINE, strokeWidth=1.6, strokeDash=[5, 3])
    text = base.mark_text(align="left", baseline="top", dx=5, fontSize=12, color=look.LINE).encode(
        text=alt.Text("text", type="nominal"), y=alt.value(0)
    )
    return alt.layer(bars, rule, text).properties(height=380)


def line_at(threshold: Threshold, signal: Signal) -> float:
    """Where to draw a bound: of whole numbers on the failing side of the bound itself, which passes."""
    if not signal.integer:
        return threshold.bound
    return threshold.bound + (0.5 if threshold.side == "above" else -0.5)


def _tell(summary: Summary, axis: Axis, thresholds: list[Threshold], drawn: int) -> None:
    outside = summary.count - drawn
    told = [f"{summary.count:,} documents, mean {summary.mean:,.4g}, from {summary.low:,.4g} to {summary.high:,.4g}."]
    told += [f"{outside:,} lie outside of what is drawn."] if outside else []
    for one in thresholds:
        where = "" if axis.low <= one.bound <= axis.high else " (beyond what is drawn)"
        languages = f", {one.languages}" if one.languages else ""
        told.append(f"{one.rule} fails {one.side} {one.parameter} = {markup.plain(one.bound)}{where}{languages}.")
    st.html(markup.lines(told))
    st.dataframe(
        [{f"{share:.1%}": value for share, value in summary.quantiles}],
        hide_index=True,
        column_config={f"{share:.1%}": st.column_config.NumberColumn(format="%.4g") for share, _ in summary.quantiles},
    )
