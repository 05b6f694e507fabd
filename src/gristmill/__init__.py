"""Gristmill: Common Crawl in, language-model training shards out, and every record accounted for."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gristmill.extract.batch import extract_pages as extract_pages
    from gristmill.extract.page import extract_page as extract_page

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """The functions are imported when first asked for: the command line must start fast."""
    if name == "extract_page":
        from gristmill.extract.page import extract_page

        return extract_page
    if name == "extract_pages":
        from gristmill.extract.batch import extract_pages

        return extract_pages
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
