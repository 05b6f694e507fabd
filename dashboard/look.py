"""How the dashboard looks: its colours, its few lines of CSS, and what all charts share."""

from typing import Any, cast

import altair as alt
import streamlit as st

KEPT, REJECTED, FAILED, BESIDE, LINE, INK = "#2f6f73", "#d7a24a", "#b04a3a", "#eadbbd", "#8f2f22", "#6f6a60"
_ROW_HEIGHT = 24

Drawing = alt.Chart | alt.LayerChart | alt.FacetChart

_CSS = """
<style>
.block-container { padding-top: 2.2rem; max-width: 1240px; }
.gm-head { display: flex; flex-wrap: wrap; align-items: baseline; gap: .3rem 1rem; }
.gm-head h1 { font-size: 1.7rem; font-weight: 650; padding: 0; margin: 0; letter-spacing: -.01em; }
.gm-head code { font-size: .82rem; opacity: .75; background: none; padding: 0; color: inherit; }
.gm-pill { font-size: .8rem; font-weight: 600; padding: .12rem .6rem; border-radius: 1rem; color: #fff; }
h3 { font-size: 1.15rem !important; font-weight: 620 !important; padding-bottom: .3rem !important; }
.gm-about { opacity: .7; font-size: .92rem; margin-top: .3rem; }
.gm-cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); gap: .7rem; }
.gm-card { border: 1px solid rgba(128, 120, 100, .25); border-radius: .5rem; padding: .55rem .85rem; }
.gm-card b { display: block; font-size: 1.35rem; font-weight: 600; font-variant-numeric: tabular-nums; line-height: 1.3; }
.gm-card span { opacity: .65; font-size: .82rem; }
.gm-text { white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate; line-height: 1.55; font-size: .93rem;
  max-height: 46rem; overflow-y: auto; padding: .9rem 1.1rem; border: 1px solid rgba(128, 120, 100, .25); border-radius: .5rem; }
.gm-text mark { background: #f3d48b; color: #2b2a27; border-radius: .2rem; padding: 0 .15rem; }
.gm-small { font-size: .86rem; opacity: .8; overflow-wrap: anywhere; unicode-bidi: isolate; }
.gm-title { font-weight: 600; margin: .1rem 0 .6rem; unicode-bidi: isolate; overflow-wrap: anywhere; }
.gm-scroll { max-height: 46rem; overflow-y: auto; }
.gm-table { width: 100%; border-collapse: collapse; font-size: .84rem; font-variant-numeric: tabular-nums; }
.gm-table th { text-align: left; font-weight: 600; opacity: .65; }
.gm-table th, .gm-table td { padding: .2rem .5rem; border: 0; border-bottom: 1px solid rgba(128, 120, 100, .18);
  overflow-wrap: anywhere; vertical-align: top; }
.gm-table td:last-child { white-space: nowrap; }
.gm-table tr.stage td { font-weight: 600; padding-top: .6rem; }
.gm-table tr.beside td { opacity: .6; }
.gm-table tr.fails td { color: #b04a3a; font-weight: 600; }
</style>
"""


def style_page() -> None:
    """Set the page's title and width, and load the CSS."""
    # No icon: Streamlit fetches emoji and Material icons of a page's tab from the web.
    st.set_page_config(page_title="Gristmill", layout="wide", menu_items={})
    st.html(_CSS)


def show(chart: Drawing, alt_text: str) -> None:
    """Draw a chart as wide as its place."""
    st.altair_chart(chart, width="stretch", alt=alt_text)


def data(rows: list[dict[str, Any]]) -> alt.Data:
    """Rows as they are: the charts name their types, and no library need guess them."""
    untyped: Any = alt.Data
    return cast(alt.Data, untyped(values=rows))


def rows_height(rows: int) -> int:
    """Height in pixels of a chart of horizontal bars."""
    return rows * _ROW_HEIGHT + 40


def names_axis(field: str, sort: Any, title: str | None = None) -> alt.Y:
    """A vertical axis of names, wide enough for a rule's full name."""
    return alt.Y(
        field, type="nominal", sort=sort, title=title, axis=alt.Axis(labelLimit=320, ticks=False, domain=False)
    )


def counts_axis(field: str, title: str | None = None, **more: Any) -> alt.X:
    """A horizontal axis of counts."""
    return alt.X(
        field, type="quantitative", title=title, axis=alt.Axis(format="~s", tickCount=6, tickMinStep=1), **more
    )


def colours(names_to_colours: dict[str, str], **more: Any) -> alt.Color:
    """The colour of each state, with a legend above the chart."""
    scale = alt.Scale(domain=list(names_to_colours), range=list(names_to_colours.values()))
    return alt.Color(
        "state", type="nominal", scale=scale, legend=alt.Legend(orient="top", title=None, labelLimit=260), **more
    )
