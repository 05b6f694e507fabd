"""Many pages at once: an Arrow table of pages in, an Arrow table of texts out, row by row in the same order.

    text                  large_string  null where the page could not be read
    title … confidence                  the attributes of extract/page.py's Page, likewise
    error                 string        null, or one of params.ERRORS
    message               string        null, or the error in words

Columns are those of `PAGES`.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa

from gristmill.core.errors import UsageError
from gristmill.extract.page import Page, PageError, extract_page
from gristmill.extract.params import Params

_NAMES = pa.list_(pa.string())
PAGE_TYPES: dict[str, pa.DataType] = {
    "text": pa.large_string(),
    "title": pa.string(),
    "lang": pa.string(),
    "charset": pa.string(),
    "charset_source": pa.string(),
    "undecodable": pa.int64(),
    "robots": _NAMES,
    "licences": _NAMES,
    "html_bytes": pa.int64(),
    "text_bytes": pa.int64(),
    "elements": pa.int64(),
    "depth": pa.int64(),
    "author": pa.string(),
    "published": pa.string(),
    "canonical": pa.string(),
    "page_type": pa.string(),
    "confidence": pa.float64(),
    "math_marks": pa.int64(),
    "text_source": pa.string(),
}
"""Types of the attributes of a Page as columns."""

PAGES = pa.schema([*PAGE_TYPES.items(), ("error", pa.string()), ("message", pa.string())])
"""Columns of the answer."""

_BATCH_ROWS = 256
_OPTIONAL = ("url", "content_type", "captured")


def extract_pages(
    pages: pa.Table | pa.RecordBatch, *, engine: str | None = None, params: Params = Params()
) -> pa.Table:
    """Read many pages; one that cannot be read is a row with its error, and the others go on.

    Args:
        pages: a column `html` (binary), and where they are known `url`, `content_type` and `captured` (string), as
            `extract_page` takes them. Other columns are not looked at.
        engine: "gristmill", "resiliparse" or "trafilatura"; default: that of `params`.
        params: limits, and what becomes of comments.

    Returns:
        A table with the columns of `PAGES` and as many rows. A row without html has nulls.

    Raises:
        UsageError: there is no column of bytes named html, or no such engine.
    """
    table = pa.Table.from_batches([pages]) if isinstance(pages, pa.RecordBatch) else pages
    if "html" not in table.column_names or not _is_binary(table["html"].type):
        told = ", ".join(f"{field.name} ({field.type})" for field in table.schema)
        raise UsageError(f"the pages need a column 'html' of type binary; the table has {told or 'no columns'}.")
    chosen = table.select(["html", *(name for name in _OPTIONAL if name in table.column_names)])
    batches = (_read_rows(batch.to_pylist(), engine, params) for batch in chosen.to_batches(max_chunksize=_BATCH_ROWS))
    return pa.Table.from_batches(batches, PAGES)


def page_columns(pages: Sequence[Page | None]) -> dict[str, pa.Array]:
    """The attributes of pages as columns of the types in PAGE_TYPES; null where there is no page."""
    return {
        name: pa.array([getattr(page, name) if page else None for page in pages], kind)
        for name, kind in PAGE_TYPES.items()
    }


def _is_binary(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _read_rows(rows: Iterable[dict[str, Any]], engine: str | None, params: Params) -> pa.RecordBatch:
    read = list(_outcomes(rows, engine, params))
    errors = {
        "error": pa.array([error.error_class if error else None for _, error in read], pa.string()),
        "message": pa.array([str(error) if error else None for _, error in read], pa.string()),
    }
    columns = page_columns([page for page, _ in read]) | errors
    return pa.RecordBatch.from_arrays([columns[name] for name in PAGES.names], schema=PAGES)


def _outcomes(
    rows: Iterable[dict[str, Any]], engine: str | None, params: Params
) -> Iterator[tuple[Page | None, PageError | None]]:
    """The page of each row, or why there is none."""
    for row in rows:
        page = error = None
        if row["html"] is not None:
            try:
                page = extract_page(
                    row["html"],
                    url=row.get("url"),
                    content_type=row.get("content_type"),
                    captured=row.get("captured") or "",
                    engine=engine,
                    params=params,
                )
            except PageError as failure:
                error = failure
        yield page, error
