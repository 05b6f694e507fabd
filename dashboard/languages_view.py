"""Documents by language: kept against removed."""

import streamlit as st

from gristmill.dashboard import look, queries
from gristmill.dashboard.kept_chart import kept_chart
from gristmill.dashboard.source import Source

_SHOWN = 30


def render(source: Source) -> None:
    """Draw the most frequent languages."""
    st.subheader("Languages", anchor=False)
    st.caption("by the label that the language stage gave")
    rows = source.ask(queries.languages, _SHOWN)
    if not rows:
        st.caption("This run has no language stage.")
        return
    look.show(kept_chart(rows, "language"), "documents by language, kept and removed")
    if len(rows) == _SHOWN:
        st.caption(f"The {_SHOWN} most frequent labels.")
