"""The head of the page: which run this is, whether it balances, and its size."""

import streamlit as st

from gristmill.dashboard import look, queries
from gristmill.dashboard.markup import escape
from gristmill.dashboard.source import Source


def render(source: Source) -> None:
    """Draw the line that says which run this is."""
    facts = source.ask(queries.run_facts)
    balanced = bool(facts["balanced"])
    words = "every record accounted for" if balanced else "does not balance"
    colour = look.KEPT if balanced else look.FAILED
    st.html(
        f'<div class="gm-head"><h1>{escape(facts["recipe"])}</h1>'
        f'<span class="gm-pill" style="background:{colour}">{words}</span>'
        f"<code>run {escape(facts['id'])}</code><code>root {escape(facts['root'])}</code>"
        f"<code>{escape(facts['started'][:16].replace('T', ' '))} UTC</code></div>"
        f'<div class="gm-about">{escape(facts["description"] or "")}</div>'
    )


def render_size(source: Source) -> None:
    """Draw how large the run is."""
    facts = source.ask(queries.run_facts)
    st.html(f'<div class="gm-cards">{"".join(_card(name, facts[key]) for name, key in _CARDS)}</div>')


_CARDS = (
    ("input files", "files"),
    ("records read", "records"),
    ("documents extracted", "documents"),
    ("documents kept", "kept"),
    ("tokens in the shards", "tokens"),
)


def _card(name: str, value: int) -> str:
    return f'<div class="gm-card"><b>{int(value):,}</b><span>{name}</span></div>'
