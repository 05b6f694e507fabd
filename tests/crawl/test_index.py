from datetime import UTC, date, datetime
from itertools import product
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gristmill.core.errors import InputError
from gristmill.crawl.access import Access
from gristmill.crawl.asking import Asker
from gristmill.crawl.index import query_index
from gristmill.crawl.selection import IndexFilter
from gristmill.crawl.spans import unpack
from tests.crawl.standin import Faults, serve
from tests.crawl.test_crawls import lay_out

CRAWL = "CC-MAIN-2024-10"


def captures() -> list[dict[str, Any]]:
    """Every combination of a few values, over three files."""
    values = product(
        ("a.org", "b.de"), ("org", "de"), ("deu", "eng,deu", None), ("text/html", None), (200, 301), (20, 21, 22)
    )
    return [
        {
            "url_host_registered_domain": domain,
            "url_host_tld": tld,
            "content_languages": language,
            "content_mime_detected": mime,
            "fetch_status": status,
            "fetch_time": datetime(2024, 2, day, 23, 59, 59, tzinfo=UTC),
            "warc_filename": f"{number % 3}.warc.gz",
            "warc_record_offset": (1 << 32) - number * 1000,
            "warc_record_length": 100 + number,
        }
        for number, (domain, tld, language, mime, status, day) in enumerate(values)
    ]


def fits(row: dict[str, Any], wanted: IndexFilter) -> bool:
    """The obvious reading of a filter."""
    day = row["fetch_time"].date()
    first = (row["content_languages"] or "").split(",")[0]
    return (
        (not wanted.domains or row["url_host_registered_domain"] in wanted.domains)
        and (not wanted.tlds or row["url_host_tld"] in wanted.tlds)
        and (not wanted.languages or first in wanted.languages)
        and (not wanted.mimes or row["content_mime_detected"] in wanted.mimes)
        and (not wanted.statuses or row["fetch_status"] in wanted.statuses)
        and (wanted.since is None or day >= wanted.since)
        and (wanted.until is None or day <= wanted.until)
    )


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("mirror")
    rows = captures()
    subsets = {
        "warc": [row for row in rows if row["fetch_status"] == 200],
        "crawldiagnostics": [row for row in rows if row["fetch_status"] != 200],
    }
    names = []
    for subset, chosen in subsets.items():
        names.append(f"cc-index/table/cc-main/warc/crawl={CRAWL}/subset={subset}/part-0.parquet")
        (root / names[-1]).parent.mkdir(parents=True)
        pq.write_table(pa.Table.from_pylist(chosen), root / names[-1], row_group_size=10)
    lay_out(root, CRAWL, "cc-index-table", names)
    return root


FILTERS = [
    IndexFilter(),
    IndexFilter(domains=("a.org",)),
    IndexFilter(tlds=("de", "fr")),
    IndexFilter(languages=("deu",), mimes=("text/html",)),
    IndexFilter(statuses=()),
    IndexFilter(statuses=(301,), since=date(2024, 2, 21)),
    IndexFilter(since=date(2024, 2, 21), until=date(2024, 2, 21)),
    IndexFilter(domains=("it's.org",)),
]


def found(root: str, wanted: IndexFilter) -> dict[str, list[list[int]]]:
    with Asker() as asker:
        chosen = query_index([CRAWL], wanted, Access(data=root), asker, {})
    return {path: unpack(packed).tolist() for path, packed in chosen.items()}


@pytest.mark.parametrize("wanted", FILTERS)
def test_filters_mean_what_they_say(mirror: Path, wanted: IndexFilter) -> None:
    expected: dict[str, list[list[int]]] = {}
    for row in captures():
        if fits(row, wanted):
            place = [row["warc_record_offset"], row["warc_record_length"]]
            expected.setdefault(row["warc_filename"], []).append(place)
    assert found(str(mirror), wanted) == {path: sorted(places) for path, places in expected.items()}


def test_a_server_gives_what_a_folder_gives(mirror: Path) -> None:
    wanted = IndexFilter(tlds=("de",), statuses=(200, 301))
    with serve(mirror, Faults(busy=0.2), seed=4) as site:
        assert found(site.url, wanted) == found(str(mirror), wanted)
        assert any(asked for asked in site.ranges)


def test_an_index_that_is_none(mirror: Path, tmp_path: Path) -> None:
    lay_out(tmp_path, CRAWL, "cc-index-table", ["a.parquet"])
    (tmp_path / "a.parquet").write_bytes(b"PAR1 but not really PAR1")
    with pytest.raises(InputError, match="cannot be read"):
        found(str(tmp_path), IndexFilter())


@pytest.mark.parametrize("missing", [True, False])
def test_a_servers_index_that_cannot_be_read_is_named(mirror: Path, tmp_path: Path, missing: bool) -> None:
    lay_out(tmp_path, CRAWL, "cc-index-table", ["a.parquet"])
    if not missing:
        (tmp_path / "a.parquet").write_bytes(b"PAR1 but not really PAR1")
    with serve(tmp_path) as site, pytest.raises(InputError) as raised:
        found(site.url, IndexFilter())
    said = (
        f"{site.url}/a.parquet: the server answers 404 Not Found; check the address." if missing else "cannot be read"
    )
    assert said in str(raised.value)
    assert "Traceback" not in str(raised.value)
