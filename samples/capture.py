"""A capture of the sample crawl before it is written."""

from dataclasses import dataclass, field

from gristmill.samples.grammar import Dice
from gristmill.samples.pages import Page
from gristmill.samples.personal import Span
from gristmill.samples.themes import render


@dataclass(frozen=True)
class Capture:
    """One capture before it is written: what the server said, and what the truth table will say about it."""

    page: Page
    plant: str
    body: bytes
    status: int = 200
    mime: str = "text/html"
    content_type: str = "text/html; charset=UTF-8"
    headers: tuple[tuple[str, str], ...] = ()
    charset: str = "utf-8"
    charset_source: str = "header"
    truncated: str = ""
    original: int | None = None
    duplicate_kind: str = ""
    jaccard: float | None = None
    spans: tuple[Span, ...] = field(default=())
    benchmark: str = ""
    optout: str = ""
    main_text: str = ""


def html_capture(page: Page, seed: int, index: int, plant: str, head: str = '<meta charset="utf-8">\n') -> Capture:
    """A page served as UTF-8 HTML with nothing special about it; furniture follows from the index."""
    body = render(page, Dice(seed, "furniture", index), head).encode()
    return Capture(page, plant, body, main_text=page.main_text)
