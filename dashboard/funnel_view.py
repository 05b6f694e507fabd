"""The funnel: what came into each stage, what it kept and what it took out."""

import itertools
from typing import Any

import altair as alt
import streamlit as st

from gristmill.dashboard import look, queries
from gristmill.dashboard.source import Source

_STATES = {"kept": look.KEPT, "rejected": look.REJECTED, "failed": look.FAILED}
_ROOM = 1.25  # the axis is longer than the longest bar, for the numbers behind it


def render(source: Source) -> None:
    """Draw the funnel and its table."""
    st.subheader("Funnel", anchor=False)
    rows = source.ask(queries.funnel)
    # Files, records and documents do not share a scale: a record that is no page would dwarf every document.
    for i, (unit, group) in enumerate(itertools.groupby(rows, key=lambda row: row["unit"])):
        look.show(_chart(unit, list(group), legend=i == 0), f"funnel of {unit}s: kept, rejected and failed by stage")
    with st.expander("As a table"):
        st.dataframe(
            [_told(row) for row in rows],
            hide_index=True,
            height="content",
            column_config={"share kept": st.column_config.NumberColumn(format="percent")},
        )


def _chart(unit: str, rows: list[dict[str, Any]], legend: bool) -> look.Drawing:
    order = [row["name"] for row in rows]
    bars = [
        {"stage": row["name"], "state": state, "order": place, "count": row[state], "in": row["in"]}
        for row in rows
        for place, state in enumerate(_STATES)
    ]
    texts = [{"stage": row["name"], "in": row["in"], "text": _numbers(row)} for row in rows]
    scale = alt.Scale(domain=[0, max(1, *(row["in"] for row in rows)) * _ROOM], nice=False)
    axis = alt.Axis(minExtent=90, ticks=False, domain=False)
    y = alt.Y("stage", type="nominal", sort=order, title=f"{unit}s", axis=axis)
    colour = look.colours(_STATES)
    bar = (
        alt.Chart(look.data(bars))
        .mark_bar(height={"band": 0.72})
        .encode(
            y=y,
            x=alt.X("count", type="quantitative", stack="zero", scale=scale, axis=None),
            color=colour if legend else colour.legend(None),
            order=alt.Order("order", type="quantitative"),
            tooltip=[
                alt.Tooltip("stage", type="nominal"),
                alt.Tooltip("state", type="nominal", title="outcome"),
                alt.Tooltip("count", type="quantitative", format=",", title=f"{unit}s"),
                alt.Tooltip("in", type="quantitative", format=",", title="came in"),
            ],
        )
    )
    text = (
        alt.Chart(look.data(texts))
        .mark_text(align="left", dx=7, fontSize=12)
        .encode(y=y, x=alt.X("in", type="quantitative", scale=scale, axis=None), text=alt.Text("text", type="nominal"))
    )
    return alt.layer(bar, text).properties(height=len(rows) * 27 + (6 if not legend else 34))


def _numbers(row: dict[str, Any]) -> str:
    told = [f"{row['kept']:,} kept"]
    told += [f"−{row['rejected']:,}"] if row["rejected"] else []
    told += [f"{row['failed']:,} failed"] if row["failed"] else []
    return "  ".join(told)


def _told(row: dict[str, Any]) -> dict[str, Any]:
    share = row["kept"] / row["in"] if row["in"] else None
    return {
        "stage": row["name"],
        "unit": row["unit"],
        "in": row["in"],
        "kept": row["kept"],
        "rejected": row["rejected"],
        "failed": row["failed"],
        "share kept": share,
        "seconds": row["seconds"],
    }
