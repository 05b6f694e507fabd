"""Text that somebody else extracted: WET records, and rows of JSONL or Parquet."""

from gristmill.extract.charset import decode
from gristmill.extract.cleaning import clean_text
from gristmill.extract.page import Page, PageError
from gristmill.extract.params import Params


def read_text(body: bytes, content_type: str | None, params: Params) -> Page:
    """A page made of plain text, cleaned like any other's.

    Raises:
        PageError: the text is over a limit.
    """
    if len(body) > params.max_text_bytes:
        raise PageError(
            "extract.too_much_text", f"{len(body):,} bytes, limit {params.max_text_bytes:,} (max_text_bytes)"
        )
    decoded = decode(body, content_type, None)
    text = clean_text(decoded.text)
    return Page(
        text=text,
        title="",
        lang="",
        charset=decoded.charset,
        charset_source=decoded.source,
        undecodable=decoded.undecodable,
        robots=(),
        licences=(),
        html_bytes=len(body),
        text_bytes=len(text.encode()),
        elements=0,
        depth=0,
    )
