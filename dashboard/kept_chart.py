"""A chart of names with how many of their documents were kept and removed: languages, domains."""

from typing import Any

import altair as alt

from gristmill.dashboard import look


def kept_chart(rows: list[dict[str, Any]], title: str) -> look.Drawing:
    """Horizontal bars, in the order of the rows.

    Args:
        rows: name, kept and removed each.
        title: what the names are.
    """
    bars = [
        {"name": row["name"], "state": state, "order": place, "count": row[state], "total": row["total"]}
        for row in rows
        for place, state in enumerate(("kept", "removed"))
    ]
    chart: look.Drawing = (
        alt.Chart(look.data(bars))
        .mark_bar(height={"band": 0.72})
        .encode(
            y=look.names_axis("name", [row["name"] for row in rows], title),
            x=look.counts_axis("count", "documents", stack="zero"),
            color=look.colours({"kept": look.KEPT, "removed": look.REJECTED}),
            order=alt.Order("order", type="quantitative"),
            tooltip=[
                alt.Tooltip("name", type="nominal", title=title),
                alt.Tooltip("state", type="nominal"),
                alt.Tooltip("count", type="quantitative", format=","),
                alt.Tooltip("total", type="quantitative", format=","),
            ],
        )
        .properties(height=look.rows_height(len(rows)) + 30)
    )
    return chart
