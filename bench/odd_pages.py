"""Time of odd pages against ordinary ones: no page may take more than ten times its size's share.

    python -m bench.odd_pages WARC_FOLDER PAGES.parquet

An ordinary page is one of the marked ones, whole: charset, metadata, text. What any page costs that has but a word is not
its size's; it is measured and given to every page. Beside the pages of the WARCs stand pages of a megabyte made to hurt.
"""

import argparse
import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq

from gristmill.crawl.record import Record
from gristmill.crawl.records import read_records
from gristmill.extract.page import PageError, extract_page
from tests.extract.test_main_text import HOSTILE
from tests.extract.test_thinning import PAGES

ROUNDS = 5
ORDINARY = 200
MADE_BYTES = 1 << 20
MOST = 10.0  # times the share
TOLD = 6  # pages, the slowest


def seconds(html: bytes, charset: str | None = None) -> float:
    """Shortest of a few times, of the CPU."""
    shortest = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time()
        with contextlib.suppress(PageError):  # refused pages take time, too
            extract_page(html, charset=charset)
        shortest = min(shortest, time.process_time() - start)
    return shortest


def odd_pages(folder: Path) -> Iterator[tuple[str, bytes, str | None]]:
    """Name, body and charset of each page in the folder's WARCs."""
    for path in sorted(folder.iterdir()):
        if ".warc" in path.name or ".arc" in path.name:
            for item in read_records(path):
                if isinstance(item, Record) and item.type == "response" and item.body:
                    yield item.uri or path.name, item.body, None


def made_pages() -> Iterator[tuple[str, bytes, str | None]]:
    """The same of pages that are made to hurt, as the tests have them."""
    for name, (part, charset) in PAGES.items():
        yield name, part * (MADE_BYTES // len(part)), charset
    for name, part in HOSTILE.items():
        yield name, part * (MADE_BYTES // max(1, len(part))), None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("ordinary", type=Path)
    chosen = parser.parse_args()
    bodies = [body.as_py() for body in pq.read_table(chosen.ordinary, columns=["html"])["html"][:ORDINARY]]
    smallest = seconds(b"word")
    rate = (sum(map(seconds, bodies)) - smallest * len(bodies)) / sum(map(len, bodies))
    print(f"ordinary: {1e-6 / rate:.0f} MB/s and {smallest * 1e6:.0f} µs a page")
    for kind, pages in (("odd", odd_pages(chosen.folder)), ("made", made_pages())):
        ratios = [
            (seconds(body, charset) / (smallest + rate * len(body)), len(body), name) for name, body, charset in pages
        ]
        over = sum(ratio > MOST for ratio, _, _ in ratios)
        print(f"{len(ratios)} {kind} pages, {over} of them above {MOST:.0f} times their share; the slowest:")
        for ratio, size, name in sorted(ratios, reverse=True)[:TOLD]:
            print(f"{ratio:6.2f}  {size:12,} bytes  {name}")


if __name__ == "__main__":
    main()
