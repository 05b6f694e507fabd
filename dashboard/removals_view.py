"""Removals by rule: what each rule took out, and what it would have taken of pages that were gone already."""

from typing import Any

import altair as alt
import streamlit as st

from gristmill.dashboard import look, queries
from gristmill.dashboard.source import Source

_TOP = 20
_ALIVE, _BESIDE = "alive when it came", "already rejected"
_ORDERS = {"most removed": "alive", "most failed in all": "both", "rule": "rule"}


def render(source: Source) -> None:
    """Draw the rules that removed most, with filters."""
    st.subheader("Removals by rule", anchor=False)
    rows = source.ask(queries.removals)
    if not rows:
        st.caption("No rule removed anything.")
        return
    stages = list(dict.fromkeys(row["stage"] for row in rows))
    documents = [stage for stage in stages if any(row["stage"] == stage and row["unit"] == "document" for row in rows)]
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    chosen = left.pills("Stages", stages, selection_mode="multi", default=documents or stages, key="removal_stages")
    with right.container(horizontal=True, vertical_alignment="bottom"):
        order = st.selectbox("Sort by", list(_ORDERS), key="removal_order", width=200)
        everything = st.toggle("all rules", key="removal_all")
    found = chosen_rules(rows, chosen or stages, _ORDERS[order])
    shown = found if everything else found[:_TOP]
    look.show(_chart(shown), "documents by failed rule")
    if len(found) > len(shown):
        st.caption(f"{len(shown)} of {len(found)} rules. A document that fails several counts for each of them.")
    else:
        st.caption("A document that fails several rules counts for each of them.")


def chosen_rules(rows: list[dict[str, Any]], stages: list[str], order: str) -> list[dict[str, Any]]:
    """The rules of some stages; by name ("rule"), or the largest count ("alive", "both") first."""
    found = [row for row in rows if row["stage"] in stages]
    if order == "rule":
        return sorted(found, key=lambda row: str(row["rule"]))
    extra = 1 if order == "both" else 0
    return sorted(found, key=lambda row: (-(row["alive"] + extra * row["beside"]), -row["beside"], row["rule"]))


def _chart(rows: list[dict[str, Any]]) -> look.Drawing:
    names = [row["rule"] for row in rows]
    bars = [
        {"rule": row["rule"], "stage": row["stage"], "state": state, "order": place, "count": row[field]}
        for row in rows
        for place, (state, field) in enumerate(((_ALIVE, "alive"), (_BESIDE, "beside")))
    ]
    chart: look.Drawing = (
        alt.Chart(look.data(bars))
        .mark_bar(height={"band": 0.72})
        .encode(
            y=look.names_axis("rule", names),
            x=look.counts_axis("count", stack="zero"),
            color=look.colours({_ALIVE: look.REJECTED, _BESIDE: look.BESIDE}),
            order=alt.Order("order", type="quantitative"),
            tooltip=[
                alt.Tooltip("rule", type="nominal"),
                alt.Tooltip("stage", type="nominal"),
                alt.Tooltip("state", type="nominal", title="documents"),
                alt.Tooltip("count", type="quantitative", format=","),
            ],
        )
        .properties(height=look.rows_height(len(rows)) + 30)
    )
    return chart
