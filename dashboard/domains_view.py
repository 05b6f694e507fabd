"""Documents by registered domain: kept against removed."""

import streamlit as st

from gristmill.dashboard import look, queries
from gristmill.dashboard.kept_chart import kept_chart
from gristmill.dashboard.source import Source

_SHOWN = 30
_ORDERS: dict[str, queries.Order] = {"most documents": "total", "most kept": "kept", "most removed": "removed"}


def render(source: Source) -> None:
    """Draw the domains with most documents, kept or removed."""
    st.subheader("Domains", anchor=False)
    order = st.segmented_control(
        "Order",
        list(_ORDERS),
        default="most documents",
        key="domain_order",
        required=True,
        label_visibility="collapsed",
    )
    rows = source.ask(queries.domains, _ORDERS[order or "most documents"], _SHOWN)
    if not rows:
        st.caption("This run has no documents.")
        return
    look.show(kept_chart(rows, "domain"), "documents by domain, kept and removed")
    if len(rows) == _SHOWN:
        st.caption(f"The first {_SHOWN} domains in this order.")
