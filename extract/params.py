"""Name, version, rules and parameters of the `extract` stage: records in, documents out."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from gristmill.core.params import Params as BaseParams

NAME = "extract"
VERSION = 6

RULES = (
    "extract.not_a_response",
    "extract.bad_status",
    "extract.empty_body",
    "extract.not_html",
    "extract.no_text",
)
"""Why a record is rejected. not_a_response: warcinfo, request, metadata, revisit and the like. A record may break
several."""

ERRORS = (
    "extract.too_large",
    "extract.too_many_elements",
    "extract.too_deep",
    "extract.too_many_attributes",
    "extract.too_much_text",
    "extract.parser_error",
    "extract.engine_error",
)
"""Why a page that should have become a document failed; beside these stand the reader's own classes for broken
records."""

MODEL = Path(__file__).resolve().parent / "models" / "gristmill.npz"
"""What the own engine has learnt."""

Limit = Annotated[int, Field(ge=1)]
EngineName = Literal["gristmill", "resiliparse", "trafilatura"]
Comments = Literal["auto", "drop", "keep"]


def _is_auto(value: Comments) -> bool:
    return value == "auto"


def _is_false(value: bool) -> bool:
    return not value


def files(params: "Params") -> tuple[Path, ...]:
    """The files whose content decides the text: the model of the own engine."""
    return (MODEL,) if params.engine == "gristmill" else ()


class Params(BaseParams):
    """What is taken for a page, how it is read, and how large it may be. Limits decide, never a clock."""

    engine: EngineName = "gristmill"
    """What finds the main text. gristmill: the project's own classifier (docs/extraction.md);
    resiliparse: fast, recall-leaning (DCLM's); trafilatura: slower, more precise
    (FineWeb's)."""

    comments: Comments = Field(default="auto", exclude_if=_is_auto)  # left out of keys where it changes nothing
    """Readers' comments. auto: as the engine has it (gristmill: as the classifier sees them, kept on forums and mostly
    dropped below articles; resiliparse keeps them, trafilatura drops them); drop or keep: always. gristmill knows them by
    the class, id and itemprop of the elements around them."""

    math_marks: bool = Field(default=False, exclude_if=_is_false)
    """Count marks of formulas in the HTML, which the text no longer has: `math_pages` behind it takes a page with some for
    one with LaTeX. OpenWebMath: yes. Costs a tenth of the time of the own engine, so no by default."""

    mimes: tuple[str, ...] = ("text/html", "application/xhtml+xml")
    """Media types taken for pages, after a look at the bytes. 98.7 % of Common Crawl's captures (its statistics,
    2025)."""

    statuses: tuple[int, ...] = (200,)
    """HTTP statuses of pages; others are redirects and error pages. Records without HTTP are not asked."""

    min_text_chars: Limit = 1
    """Fewest characters of main text, in characters. Judging short texts is the filters' business."""

    max_html_bytes: Limit = 10_485_760
    """Largest body, in bytes, content encodings undone. Twice Common Crawl's limit of 5 MiB (since CC-MAIN-2025-13)."""

    max_elements: Limit = 200_000
    """Most elements on a page, for the engines that build trees. Of Common Crawl's size limit, a page of nothing but
    short tags has about that many."""

    max_depth: Limit = 512
    """Deepest nesting, in open elements, likewise. Blink's parser cuts at 512; parsers' time grows with the square."""

    max_attributes: Limit = 1000
    """Most attributes on one tag, likewise. Parsers compare each with all before it; the largest seen on real pages was about
    50."""

    max_text_bytes: Limit = 10_485_760
    """Longest main text, in bytes of UTF-8: no longer than the longest page."""
