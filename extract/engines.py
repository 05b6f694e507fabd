"""The engines that find a page's main text, by name. An engine is a function from a page's markup, and what
becomes of comments, to text.

A new engine is one function here and one name in params.EngineName; it finds in `Markup` the decoded page and a tree
and tokens that are made when first asked for.

`gristmill` is the project's own (extract/main_text.py): it reads bytes, and tells more than a text (`Found`).
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.html import HTMLTree

from gristmill.extract.main_text import MainText, Parsed, main_text, parse
from gristmill.extract.params import Comments
from gristmill.extract.thinning import thinned
from gristmill.extract.tokens import Tokens, tokenize_page


@dataclass
class Markup:
    """A decoded page on its way to an engine.

    Attributes:
        utf8: the page in UTF-8.
        url: the page's address, if known.
    """

    utf8: bytes
    url: str | None

    @cached_property
    def html(self) -> str:
        """The page as text."""
        return self.utf8.decode("utf-8", "replace")

    @cached_property
    def data(self) -> NDArray[np.uint8]:
        """The page as an array, without most of its tags if it has absurdly many (extract/thinning.py)."""
        return thinned(np.frombuffer(self.utf8, np.uint8))

    @cached_property
    def tokens(self) -> Tokens:
        """The page's tokens."""
        return tokenize_page(self.data)

    def take_blocks(self) -> Parsed:
        """The page in blocks, for the last who needs it: its bytes and tokens are let go, which take several times its size."""
        page = parse(self.data, self.tokens)
        self.utf8 = b""
        del self.data, self.tokens
        return page

    @cached_property
    def tree(self) -> HTMLTree:
        """The page's tree; HTMLParserException if it cannot be built."""
        return HTMLTree.parse(self.html)


@dataclass(frozen=True)
class Found:
    """What an engine found: the text, and what the own engine knows of it besides."""

    text: str
    main: MainText | None = None


Engine = Callable[[Markup, Comments], Found]


def gristmill_text(markup: Markup, comments: Comments = "auto") -> Found:
    """Main text by the project's own classifier of blocks."""
    main = main_text(markup.take_blocks(), comments=comments)
    return Found(main.text, main)


def resiliparse_text(markup: Markup, comments: Comments = "auto") -> Found:
    """Main content by resiliparse's rules: blocks as lines, lists with bullets and numbers, `pre` as it stands."""
    text: str = extract_plain_text(
        markup.tree,
        preserve_formatting=True,
        main_content=True,
        list_bullets=True,
        alt_texts=False,  # captions of pictures that the text does not show
        links=False,
        form_fields=False,
        noscript=False,
        comments=comments
        != "drop",  # resiliparse's default; without them whole pages go whose container is named after comments
    )
    return Found(text)


def trafilatura_text(markup: Markup, comments: Comments = "auto") -> Found:
    """Main content by trafilatura's rules, in its default balance; nothing depends on earlier pages."""
    extract = _trafilatura()
    text = extract(
        markup.html, url=markup.url, include_comments=comments == "keep", deduplicate=False, with_metadata=False
    )
    return Found(text or "")


@lru_cache(maxsize=1)
def _trafilatura() -> Callable[..., str | None]:
    """Imported on first use (it takes a second), and quiet: that a page has no text is told by the record's outcome."""
    from trafilatura import extract

    for name in ("trafilatura", "htmldate", "courlan"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    main_text: Callable[..., str | None] = extract
    return main_text


ENGINES: dict[str, Engine] = {
    "gristmill": gristmill_text,
    "resiliparse": resiliparse_text,
    "trafilatura": trafilatura_text,
}

TREE_ENGINES = ("resiliparse", "trafilatura")
"""Engines that build a tree, whose time does not grow linearly: extract/guard.py measures the page before they see it."""
