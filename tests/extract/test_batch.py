"""Pages as Arrow tables: the same as one by one, however the table is cut; errors are rows."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gristmill
from gristmill.core.errors import UsageError
from gristmill.extract.batch import PAGE_TYPES, PAGES, extract_pages
from gristmill.extract.params import Params

PROSE = "The harbour wakes before the town does, and nets are mended on the quay while the last boats come in. "
HEAD = "<html lang=en><meta name=robots content=noai><meta name=date content=2024-05-06><title>T</title>"
PAGE = f"{HEAD}<p>{PROSE * 4}<p>é".encode()
HTML = [PAGE, None, b"", PAGE[:-3], b"<div>" * 9999]
URLS = ["https://example.org/a", None, None, None, None]
CAPTURED = ["2024-01-01T00:00:00Z", None, None, None, None]
TABLE = pa.table({"id": list(range(5)), "html": HTML, "url": URLS, "captured": CAPTURED})


def test_a_table_is_what_its_pages_are_one_by_one() -> None:
    table = gristmill.extract_pages(TABLE)
    assert table.schema == PAGES
    assert table["error"].to_pylist() == [None] * 5
    assert table["text"].to_pylist()[1] is None
    for row, html, url, captured in zip(table.to_pylist(), HTML, URLS, CAPTURED, strict=True):
        if html is not None:
            page = gristmill.extract_page(html, url=url, captured=captured or "")
            found = {name: getattr(page, name) for name in PAGE_TYPES}
            assert {name: tuple(row[name]) if isinstance(found[name], tuple) else row[name] for name in found} == found
    assert table["published"].to_pylist()[0] == ""  # after the capture
    assert table["published"].to_pylist()[3] == "2024-05-06"


def test_a_page_that_cannot_be_read_is_a_row() -> None:
    table = extract_pages(TABLE, engine="resiliparse")
    assert table["error"].to_pylist() == [None, None, None, None, "extract.too_deep"]
    assert "max_depth" in table["message"].to_pylist()[4]
    assert table["text"].to_pylist()[4] is None
    limited = extract_pages(TABLE, params=Params(max_html_bytes=100))
    assert limited["error"].to_pylist() == ["extract.too_large", None, None, "extract.too_large", "extract.too_large"]


@settings(max_examples=20)
@given(st.integers(1, 6), st.integers(0, 4), st.booleans())
def test_the_cut_of_the_table_changes_nothing(rows: int, start: int, large: bool) -> None:
    table = pa.concat_tables(
        [TABLE.slice(start), TABLE.slice(0, 0), *(TABLE.slice(place, rows) for place in range(0, start, rows))]
    )
    if large:
        table = table.set_column(1, "html", table["html"].cast(pa.large_binary()))
    whole = extract_pages(TABLE)
    parts = [whole.slice(start), *(whole.slice(place, rows) for place in range(0, start, rows))]
    assert extract_pages(table).equals(pa.concat_tables(parts))


def test_no_rows_and_a_record_batch() -> None:
    assert extract_pages(TABLE.slice(0, 0)).num_rows == 0
    assert extract_pages(TABLE.to_batches()[0]).equals(extract_pages(TABLE))


@pytest.mark.parametrize("table", [pa.table({"text": ["x"]}), pa.table({"html": ["x"]}), pa.table({})])
def test_wrong_tables(table: pa.Table) -> None:
    with pytest.raises(UsageError, match="need a column 'html' of type binary"):
        extract_pages(table)
