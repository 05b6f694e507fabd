"""The engines that find a page's main text, by name. An engine is a function from a page's markup to text.

A new engine is one function here and one name in params.EngineName; it finds in `Markup` the decoded page and a tree
that is parsed when first asked for and shared with the metadata.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.html import HTMLTree


@dataclass(frozen=True)
class Markup:
    """A decoded page on its way to an engine.

    Attributes:
        html: the page as text.
        url: the page's address, if known.
    """

    html: str
    url: str | None

    @cached_property
    def tree(self) -> HTMLTree:
        """The page's tree; HTMLParserException if it cannot be built."""
        return HTMLTree.parse(self.html)


Engine = Callable[[Markup], str]


def resiliparse_text(markup: Markup) -> str:
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
        comments=True,  # resiliparse's default; without them whole pages go whose container is named after comments
    )
    return text


def trafilatura_text(markup: Markup) -> str:
    """Main content by trafilatura's rules, in its default balance; no comments; nothing depends on earlier pages."""
    extract = _trafilatura()
    return extract(markup.html, url=markup.url, include_comments=False, deduplicate=False, with_metadata=False) or ""


@lru_cache(maxsize=1)
def _trafilatura() -> Callable[..., str | None]:
    """Imported on first use (it takes a second), and quiet: that a page has no text is told by the record's outcome."""
    from trafilatura import extract

    for name in ("trafilatura", "htmldate", "courlan"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    main_text: Callable[..., str | None] = extract
    return main_text


ENGINES: dict[str, Engine] = {"resiliparse": resiliparse_text, "trafilatura": trafilatura_text}
