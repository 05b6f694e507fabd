"""The funnel: what came into each stage, what it kept and what it took out."""

from typing import Any

import altair as alt
import streamlit as st

from gristmill.dashboard import look, queries
from gristmill.dashboard.source import Source

_STATES = {"kept": look.KEPT, "rejected": look.REJECTED, "failed": look.FAILED}
_ROOM = 1.4  # the axis is longer than the longest bar, for the numbers behind it
_ROW_PIXELS = 30


def render(source: Source) -> None:
    """Draw the funnel and its table."""
    st.subheader("Funnel", anchor=False)
    rows = source.ask(queries.funnel)
    look.show(_chart(rows), "funnel: kept, rejected and failed by stage")
    with st.expander("As a table"):
        st.dataframe(
            [_told(row) for row in rows],
            hide_index=True,
            height="content",
            column_config={"share kept": st.column_config.NumberColumn(format="percent")},
        )


def shares(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row for each stage and state, with its length as a share of what the first stage of the same unit got.

    Files, records and documents do not share a scale: one record in three is a page at best, and would dwarf them all.
    """
    most: dict[str, int] = {}
    for row in rows:
        most[row["unit"]] = max(most.get(row["unit"], 1), row["in"])
    return [
        {
            "stage": row["name"],
            "unit": row["unit"],
            "state": state,
            "order": place,
            "count": row[state],
            "in": row["in"],
            "share": row[state] / most[row["unit"]],
            "whole": row["in"] / most[row["unit"]],
            "text": _numbers(row) if place == 0 else "",
        }
        for row in rows
        for place, state in enumerate(_STATES)
    ]


def _chart(rows: list[dict[str, Any]]) -> look.Drawing:
    base = alt.Chart(look.data(shares(rows))).encode(y=look.names_axis("stage", [row["name"] for row in rows]))
    scale = alt.Scale(domain=[0, _ROOM], nice=False)
    bar = base.mark_bar(height={"band": 0.74}).encode(
        x=alt.X("share", type="quantitative", stack="zero", scale=scale, axis=None),
        color=look.colours(_STATES),
        order=alt.Order("order", type="quantitative"),
        tooltip=[
            alt.Tooltip("stage", type="nominal"),
            alt.Tooltip("state", type="nominal", title="outcome"),
            alt.Tooltip("count", type="quantitative", format=","),
            alt.Tooltip("in", type="quantitative", format=",", title="came in"),
            alt.Tooltip("unit", type="nominal"),
        ],
    )
    text = base.mark_text(align="left", dx=8, fontSize=12.5, color=look.INK).encode(
        x=alt.X("whole", type="quantitative", scale=scale, axis=None), text=alt.Text("text", type="nominal")
    )
    return alt.layer(bar, text).properties(height=len(rows) * _ROW_PIXELS + 40)


def _numbers(row: dict[str, Any]) -> str:
    unit = row["unit"] + ("s" if row["in"] != 1 else "")
    told = [f"{row['kept']:,} of {row['in']:,} {unit}"]
    told += [f"−{row['rejected']:,}"] if row["rejected"] else []
    told += [f"{row['failed']:,} failed"] if row["failed"] else []
    return " · ".join(told)


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
