"""Showing untrusted text: everything is escaped here, and only http(s) addresses become links.

Streamlit reads Markdown in most of its widgets, and Markdown loads images. So what comes from pages goes through this
module into `st.html`, into `st.text`, or into the cells of a table.
"""

import html
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

_LONGEST_LINK = 2_000


def escape(text: str) -> str:
    """Text as HTML that shows it, inside elements and attributes."""
    return html.escape(text, quote=True)


def web_link(url: str) -> str | None:
    """The address if a browser may be sent there: http or https with a host, nothing invisible; else None."""
    if len(url) > _LONGEST_LINK or not url.isprintable() or " " in url or "\\" in url:
        return None
    try:
        parts = urlsplit(url)
        return url if parts.scheme in ("http", "https") and parts.hostname else None
    except ValueError:
        return None


def marked_text(text: str, spans: Iterable[Mapping[str, Any]]) -> str:
    """A text as HTML with marks around spans of personal data.

    Args:
        text: any text.
        spans: kind, start_char and end_char each, in order; what does not fit the text is left out.
    """
    pieces: list[str] = []
    at = 0
    for span in spans:
        start, end = int(span["start_char"]), min(int(span["end_char"]), len(text))
        if not at <= start < end:
            continue
        kind = escape(str(span["kind"]))
        pieces += [escape(text[at:start]), f'<mark title="{kind}">', escape(text[start:end]), "</mark>"]
        at = end
    pieces.append(escape(text[at:]))
    # Each page's writing direction is its own and must not spill into ours.
    return f'<div class="gm-text" dir="auto">{"".join(pieces)}</div>'


def lines(texts: Iterable[str]) -> str:
    """Short lines in small print."""
    return '<div class="gm-small">' + "".join(f"<div>{escape(text)}</div>" for text in texts) + "</div>"


def table(header: Iterable[str], rows: Iterable[tuple[str, Iterable[object]]]) -> str:
    """An HTML table: rows of a CSS class and cells; every cell is escaped."""
    head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
    body = "".join(
        f'<tr class="{escape(kind)}">' + "".join(f"<td>{escape(str(cell))}</td>" for cell in cells) + "</tr>"
        for kind, cells in rows
    )
    return f'<table class="gm-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def plain(value: object) -> str:
    """A signal's value for people."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 10_000 else f"{value:,.0f}"
    if isinstance(value, list):
        return f"{len(value):,} found" if value else "none"
    return "–" if value is None or value == "" else str(value)
