"""Duplicates: how large their clusters are, and how alike the near ones were."""

import json
from typing import Any

import altair as alt
import streamlit as st

from gristmill.dashboard import look, queries
from gristmill.dashboard.source import Source

_STAGES = {"exact": look.KEPT, "minhash": look.REJECTED}


def render(source: Source) -> None:
    """Draw cluster sizes and Jaccards, and list the largest clusters."""
    sizes = source.ask(queries.cluster_sizes)
    if not sizes:
        st.caption("This run removed no duplicates.")
        return
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Cluster sizes", anchor=False)
        look.show(_sizes_chart(sizes), "clusters by size")
    with right:
        st.subheader("Jaccard of near duplicates", anchor=False)
        near = source.ask(queries.near_duplicates)
        threshold = json.loads(source.ask(queries.stage_params).get("minhash", "{}")).get("threshold")
        if near:
            look.show(_jaccard_chart(near, threshold), "near duplicates by true Jaccard to their survivor")
        else:
            st.caption("No near duplicates were removed.")
    st.subheader("Largest clusters", anchor=False)
    st.dataframe(
        source.ask(queries.largest_clusters),
        hide_index=True,
        height="content",
        column_config={
            "id": st.column_config.TextColumn("survivor", width="medium"),
            "url": st.column_config.TextColumn("URL", width="large"),
            "least_jaccard": st.column_config.NumberColumn("least Jaccard", format="%.3f"),
        },
    )
    st.caption("Paste a survivor's id into the search under Documents to read it.")


def _sizes_chart(rows: list[dict[str, Any]]) -> look.Drawing:
    stages = {stage: colour for stage, colour in _STAGES.items() if any(row["stage"] == stage for row in rows)}
    chart: look.Drawing = (
        alt.Chart(look.data([{**row, "state": row["stage"]} for row in rows]))
        .mark_bar()
        .encode(
            x=alt.X("cluster_size", type="ordinal", title="documents in the cluster", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("clusters", type="quantitative", title="clusters", axis=alt.Axis(format="~s", tickMinStep=1)),
            xOffset=alt.XOffset("state", type="nominal"),
            color=look.colours(stages),
            tooltip=[
                alt.Tooltip("stage", type="nominal"),
                alt.Tooltip("cluster_size", type="ordinal", title="documents in the cluster"),
                alt.Tooltip("clusters", type="quantitative", format=","),
                alt.Tooltip("removed", type="quantitative", format=",", title="documents removed"),
            ],
        )
        .properties(height=300)
    )
    return chart


def _jaccard_chart(rows: list[dict[str, Any]], threshold: float | None) -> look.Drawing:
    low = min(threshold or 1, *(row["start"] for row in rows))
    scale = alt.Scale(domain=[low - 0.005, 1], nice=False)
    bars = (
        alt.Chart(look.data(rows))
        .mark_bar(color=look.REJECTED, binSpacing=0.5)
        .encode(
            x=alt.X("start", type="quantitative", bin="binned", scale=scale, title="true Jaccard to the survivor"),
            x2="end",
            y=alt.Y(
                "documents", type="quantitative", title="documents removed", axis=alt.Axis(format="~s", tickMinStep=1)
            ),
            tooltip=[
                alt.Tooltip("start", type="quantitative", format=".3f", title="from"),
                alt.Tooltip("end", type="quantitative", format=".3f", title="to"),
                alt.Tooltip("documents", type="quantitative", format=","),
            ],
        )
    )
    bounds = [] if threshold is None else [{"at": threshold, "text": f"threshold = {threshold:g}"}]
    base = alt.Chart(look.data(bounds)).encode(x=alt.X("at", type="quantitative", scale=scale))
    text = base.mark_text(align="left", baseline="top", dx=5, fontSize=12, color=look.LINE)
    return alt.layer(
        bars,
        base.mark_rule(color=look.LINE, strokeWidth=1.6, strokeDash=[5, 3]),
        text.encode(text=alt.Text("text", type="nominal"), y=alt.value(0)),
    ).properties(height=300)
