"""One page: bytes in, main text and what the page says about itself out."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import numpy as np

from gristmill.core.errors import GristmillError, UsageError
from gristmill.extract.charset import Source, decode
from gristmill.extract.cleaning import clean_text
from gristmill.extract.engines import ENGINES, TREE_ENGINES, Engine, Found, Markup
from gristmill.extract.guard import Size, measure
from gristmill.extract.json_ld import ScriptText
from gristmill.extract.main_text import Block, MainText, all_text
from gristmill.extract.math_marks import count_math_marks
from gristmill.extract.metadata import read_metadata
from gristmill.extract.params import Comments, Params

TextSource = Literal["page", "json-ld"]

_LITTLE = 3  # a script's text is taken where it is so many times as long as the page's
_FEWEST_CHARS = 200  # of a script's text: shorter ones are teasers
_MESSAGE_CHARS = 200


@dataclass(frozen=True)
class Page:
    """A page read.

    Attributes:
        text: main text: NFC, "\\n" line ends, no NUL, no surrogates; blank lines between blocks, bullets before list
            items.
        title: of the title element, else og:title.
        lang: the lang attribute of html, as written.
        charset: what the page was decoded with, WHATWG name.
        charset_source: who said so: bom, utf-8, header, meta, detected or fallback (extract/charset.py).
        undecodable: places where bytes made no character.
        robots: wishes about use, verbatim: "meta robots: noai".
        licences: targets of rel=license and their like.
        html_bytes: length of the page, in bytes.
        text_bytes: length of the text, in bytes of UTF-8.
        elements: elements of the page's tree, as the guard counts them.
        depth: its deepest nesting, likewise.
        author: as a meta element names one.
        published: day of publication that the page names, YYYY-MM-DD, not after the capture.
        canonical: target of rel=canonical, resolved.
        page_type: article, collection, documentation, forum, listing, product or service; "" where the engine does not
            tell.
        confidence: the word F1 that the engine expects of its text, 0 to 1; None where it does not tell.
        math_marks: marks of formulas in the HTML (extract/math_marks.py), if the parameters ask for them.
        text_source: page, or json-ld where the page holds next to no text but a script of JSON-LD an article or posts
            (engine gristmill).
    """

    text: str
    title: str
    lang: str
    charset: str
    charset_source: Source
    undecodable: int
    robots: tuple[str, ...]
    licences: tuple[str, ...]
    html_bytes: int
    text_bytes: int
    elements: int
    depth: int
    author: str = ""
    published: str = ""
    canonical: str = ""
    page_type: str = ""
    confidence: float | None = None
    math_marks: int = 0
    text_source: TextSource = "page"
    script: ScriptText | None = field(default=None, repr=False, compare=False)
    main: MainText | None = field(default=None, repr=False, compare=False)
    html: bytes = field(default=b"", repr=False, compare=False)

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """All blocks of the page with what was decided about each; none where the engine has no blocks.

        Of a text from a script the last block is that script's.
        """
        if self.main is None:
            return ()
        again = Markup(decode(self.html, charset=self.charset).utf8, None)
        blocks = self.main.described(again.take_blocks())
        if self.script is None:
            return blocks
        told = Block(
            self.text, True, 1.0, "script", self.script.begin, self.script.end, ("the page shows next to no text",)
        )
        return (*(replace(block, kept=False) for block in blocks), told)

    def alone(self) -> "Page":
        """The page without what tells of its blocks."""
        return replace(self, main=None, script=None, html=b"")


class PageError(GristmillError):
    """A page could not be read; `error_class` is one of params.ERRORS."""

    def __init__(self, error_class: str, message: str) -> None:
        super().__init__(message)
        self.error_class = error_class

    def __reduce__(self) -> tuple[type["PageError"], tuple[str, str]]:
        return PageError, (self.error_class, str(self))


def extract_page(
    html: bytes,
    *,
    url: str | None = None,
    charset: str | None = None,
    engine: str | None = None,
    content_type: str | None = None,
    headers: Iterable[tuple[str, str]] = (),
    captured: str = "",
    params: Params = Params(),
) -> Page:
    """Read a page: decode it, measure it, find its main text and its metadata.

    Args:
        html: the page's bytes, content encodings undone.
        url: its address; relative licence links are resolved against it.
        charset: a charset known from elsewhere; it counts as the Content-Type's, so sound UTF-8 overrules it.
        engine: "gristmill", "resiliparse" or "trafilatura"; default: that of `params`.
        content_type: the Content-Type header.
        headers: all HTTP headers, for wishes about use.
        captured: when the page was captured, ISO 8601; bounds its date of publication.
        params: limits, and what becomes of comments.

    Raises:
        PageError: the page is over a limit, or a parser gave up on it. The same bytes always give the same error.
        UsageError: there is no such engine.
    """
    chosen = engine or params.engine
    if chosen not in ENGINES:
        raise UsageError(f"there is no engine {chosen!r}; choose one of {', '.join(sorted(ENGINES))}")
    if len(html) > params.max_html_bytes:
        raise PageError("extract.too_large", f"{len(html):,} bytes, limit {params.max_html_bytes:,} (max_html_bytes)")
    utf8, name, undecodable, source = decode(html, content_type, charset)
    markup = Markup(utf8, url)
    del utf8  # markup has it, until an engine takes it
    size = _measured(markup.utf8, params) if chosen in TREE_ENGINES else Size(0, 0, 0)
    about = read_metadata(markup, headers, captured=captured, comments=params.comments)
    math_marks = count_math_marks(markup.data) if params.math_marks else 0
    found = _run(ENGINES[chosen], markup, params.comments)
    if found.main:
        size = Size(found.main.elements, found.main.depth, 0)
    text, script = clean_text(found.text), None
    if found.main and about.text and len(about.text.html) > _LITTLE * len(text):
        told = clean_text(all_text(np.frombuffer(about.text.html.encode("utf-8", "replace"), np.uint8)))
        if len(told) > max(_LITTLE * len(text), _FEWEST_CHARS):
            text, script = told, about.text
    text_bytes = len(text) if text.isascii() else len(text.encode())
    if text_bytes > params.max_text_bytes:
        raise PageError(
            "extract.too_much_text", f"{text_bytes:,} bytes, limit {params.max_text_bytes:,} (max_text_bytes)"
        )
    return Page(
        text=text,
        title=clean_text(about.title),
        lang=clean_text(about.lang),
        charset=name,
        charset_source=source,
        undecodable=undecodable,
        robots=tuple(map(clean_text, about.robots)),
        licences=tuple(map(clean_text, about.licences)),
        html_bytes=len(html),
        text_bytes=text_bytes,
        elements=size.elements,
        depth=size.depth,
        author=clean_text(about.author),
        published=about.published,
        canonical=clean_text(about.canonical),
        page_type=found.main.page_type if found.main else "",
        confidence=found.main.confidence if found.main and not script else None,
        math_marks=math_marks,
        text_source="json-ld" if script else "page",
        script=script,
        main=found.main,
        html=html,
    )


def _measured(utf8: bytes, params: Params) -> Size:
    """The page's size, if it is within the limits: parsers see nothing that is not."""
    size = measure(utf8, params.max_elements, params.max_depth)
    if size.depth > params.max_depth:
        raise PageError("extract.too_deep", f"nested deeper than {params.max_depth:,} elements (max_depth)")
    if size.elements > params.max_elements:
        raise PageError("extract.too_many_elements", f"more than {params.max_elements:,} elements (max_elements)")
    if size.attributes > params.max_attributes:
        raise PageError(
            "extract.too_many_attributes",
            f"a tag with {size.attributes:,} attributes, limit {params.max_attributes:,} (max_attributes)",
        )
    return size


def _run(engine: Engine, markup: Markup, comments: Comments) -> Found:
    """Parse and extract; whatever a parser throws at a page becomes a PageError."""
    error_class = "extract.parser_error"
    try:
        if engine is ENGINES["resiliparse"]:
            _ = markup.tree
        error_class = "extract.engine_error"
        return engine(markup, comments)
    except MemoryError:
        raise  # the machine's, not the page's: the task is to be tried again
    except Exception as error:
        raise PageError(error_class, _message(error)) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # how a panic in Rust arrives: no subclass of Exception
            raise
        raise PageError(error_class, _message(error)) from error


def _message(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:_MESSAGE_CHARS]
