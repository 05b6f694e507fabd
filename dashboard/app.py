"""The statistics dashboard: `gristmill dashboard` serves this page; every section of it is a module beside this one.

streamlit run dashboard/app.py -- --store STORE --run RUN
"""

import argparse

import streamlit as st

from gristmill.core.errors import GristmillError
from gristmill.dashboard import (
    browser_view,
    domains_view,
    duplicates_view,
    funnel_view,
    header_view,
    languages_view,
    look,
    removals_view,
    signals_view,
)
from gristmill.dashboard.source import Source, open_source


def _languages_and_domains(source: Source) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        languages_view.render(source)
    with right:
        domains_view.render(source)


_SECTIONS = {
    "Overview": (header_view.render_size, funnel_view.render, removals_view.render),
    "Signals": (signals_view.render,),
    "Languages and domains": (_languages_and_domains,),
    "Duplicates": (duplicates_view.render,),
    "Documents": (browser_view.render,),
}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Statistics of a run in the browser.")
    parser.add_argument("--store", default="data", help="folder or bucket that holds the run")
    parser.add_argument("--run", default=None, help="the run's id; the newest if not given")
    return parser.parse_args()


def main() -> None:
    """Draw the page; only the section that is open asks the ledger."""
    look.style_page()
    arguments = _arguments()
    try:
        source = open_source(arguments.store, arguments.run)
        header_view.render(source)
        for tab, views in zip(
            st.tabs(list(_SECTIONS), key="section", on_change="rerun", bind="query-params"),
            _SECTIONS.values(),
            strict=True,
        ):
            if tab.open:
                with tab:
                    for view in views:
                        view(source)
    except GristmillError as error:
        st.error("The ledger cannot be shown.")
        st.text(str(error))


main()
