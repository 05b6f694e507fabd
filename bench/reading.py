"""Reading speed: inflate, WARC header, HTTP header, body; against warcio and bare FastWARC, in one run.

    python -m bench.reading [FILE…]

Each side inflates every member, parses WARC headers and responses' HTTP headers, and reads all bodies as bytes. We also
check that a record ends where its length says, and undo content encodings, as warcio does and bare FastWARC does not.
FastWARC and warcio also parse requests' HTTP headers. Nobody compares WARC digests.

Without files a crawl is made whose pages have the sizes of Common Crawl's (median 20 kB, mean 75 kB).
"""

import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from fastwarc.warc import ArchiveIterator, WarcRecordType
from warcio.archiveiterator import ArchiveIterator as WarcioIterator

from gristmill.crawl.record import Record
from gristmill.crawl.records import read_records
from tests.crawl.warcs import gz, warc

ROUNDS = 5
PAGES = 600
WORDS = [f"w{number:x}" for number in range(4000)]


def read_gristmill(path: Path) -> tuple[int, int]:
    records = size = 0
    for item in read_records(path):
        if isinstance(item, Record):
            records += 1
            size += len(item.body) if item.type == "response" else 0
    return records, size


def read_fastwarc(path: Path) -> tuple[int, int]:
    """Bare: HTTP parsed, bodies read, digests and damage not looked at."""
    records = size = 0
    with path.open("rb") as file:
        for record in ArchiveIterator(file, parse_http=True):
            records += 1
            body = record.reader.read()
            size += len(body) if record.record_type == WarcRecordType.response else 0
    return records, size


def read_warcio(path: Path) -> tuple[int, int]:
    records = size = 0
    with path.open("rb") as file:
        for record in WarcioIterator(file):
            records += 1
            body = record.content_stream().read()
            size += len(body) if record.rec_type == "response" else 0
    return records, size


def made(folder: Path) -> list[Path]:
    """Captures as Common Crawl writes them: request, response, metadata, each a gzip member."""
    random_ = random.Random(0)
    path = folder / "made.warc.gz"
    with path.open("wb") as file:
        for number in range(PAGES):
            words = int(min(200_000, random_.lognormvariate(8.4, 1.3)))
            text = " ".join(random_.choices(WORDS, k=words)).encode()
            head = b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-Header-%d: some value or other\r\n" % n for n in range(12))
            file.write(gz(warc(b"GET / HTTP/1.1\r\nHost: site.example\r\n\r\n", "request", 3 * number)))
            file.write(gz(warc(head + b"Content-Type: text/html\r\n\r\n" + text, number=3 * number + 1)))
            file.write(gz(warc(b"fetchTimeMs: 100\r\ncharset-detected: utf-8\r\n", "metadata", 3 * number + 2)))
    return [path]


def best(read: Callable[[Path], tuple[int, int]], paths: list[Path]) -> tuple[float, tuple[int, int]]:
    """CPU seconds of the fastest round, and what was found."""
    times = []
    for _ in range(ROUNDS):
        started = time.process_time()
        found = [read(path) for path in paths]
        times.append(time.process_time() - started)
    return min(times), (sum(one[0] for one in found), sum(one[1] for one in found))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(name) for name in sys.argv[1:]] or made(Path(folder))
        stored = sum(path.stat().st_size for path in paths)
        readers = {"gristmill": read_gristmill, "FastWARC": read_fastwarc, "warcio": read_warcio}
        results = {name: best(read, paths) for name, read in readers.items()}
    ours = results["gristmill"][0]
    for name, (seconds, (records, size)) in results.items():
        print(
            f"{name:<10}{seconds:7.3f} s  {stored / seconds / 1e6:7.1f} MB/s stored  {records:,} records, "
            f"{size / 1e6:.1f} MB of pages  gristmill is {seconds / ours:.2f} times as fast"
        )


if __name__ == "__main__":
    main()
