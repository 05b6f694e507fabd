"""The document browser: a search over all records, and one document's text beside its verdicts."""

import streamlit as st

from gristmill.dashboard import document_view, queries, search
from gristmill.dashboard.search import Search
from gristmill.dashboard.source import Source

_ANY = "any"
_LIST_ROWS, _LIST_PIXELS = 6, 250  # a longer list scrolls, so that the document below it stays in sight


def render(source: Source) -> None:
    """Draw the search, a page of what it finds, and the chosen document."""
    wanted = _ask_for(source)
    found = source.ask(search.count_found, wanted)
    if not found:
        st.caption("Nothing was found.")
        return
    pages = min(-(-found // search.PAGE_ROWS), search.MAX_PAGES)
    # The list's key holds the search: another search must not keep the row that was chosen in this one.
    page = st.pagination(pages, key=f"page_{wanted}") if pages > 1 else 1
    rows = source.ask(search.find_page, wanted, page - 1)
    told = (
        f"{found:,} found"
        if pages < search.MAX_PAGES
        else f"{found:,} found; the first {pages * search.PAGE_ROWS:,} can be listed"
    )
    st.caption(told)
    event = st.dataframe(
        [{**row, "date": row["date"][:10], "rules": ", ".join(row["rules"])} for row in rows],
        hide_index=True,
        height=_LIST_PIXELS if len(rows) > _LIST_ROWS else "content",
        column_order=("url", "outcome", "rules", "date"),
        column_config={
            "url": st.column_config.TextColumn("URL", width="large"),
            "outcome": st.column_config.TextColumn(width="small"),
            "rules": st.column_config.TextColumn("removed by" if not wanted.stage else "failed rules", width="large"),
            "date": st.column_config.TextColumn("captured", width="small"),
        },
        on_select="rerun",
        selection_mode="single-row",
        selection_default={"selection": {"rows": [0]}},
        key=f"found_{wanted}_{page}",
    )
    chosen = [row for row in event.selection.rows if row < len(rows)]
    if chosen:
        document_view.render(source, rows[chosen[0]]["id"])
    else:
        st.caption("Choose a row to read the document.")


def _ask_for(source: Source) -> Search:
    removals = source.ask(queries.removals)
    first, second, third, fourth = st.columns([4, 2, 3, 2], vertical_alignment="bottom")
    find = first.text_input(
        "Part of the URL, or a document's id", key="find", type="search", bind="query-params", max_chars=500
    )
    stages = ["extract", *source.ask(queries.judged_stages)]
    stage = second.selectbox("Stage", [_ANY, *stages], key="find_stage")
    rules = sorted({row["rule"] for row in removals if row["stage"] in (stages if stage == _ANY else [stage])})
    rule = third.selectbox("Failed rule", [_ANY, *rules], key=f"find_rule_{stage}")
    outcome = fourth.selectbox("Outcome", [_ANY, "kept", "rejected", "failed"], key="find_outcome")
    beside = stage not in (_ANY, "extract") and st.toggle("also pages that were rejected before", key="find_beside")
    return Search((find or "").strip(), _chosen(stage), _chosen(rule), _chosen(outcome), beside)


def _chosen(value: str) -> str:
    return "" if value == _ANY else value
