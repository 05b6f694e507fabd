"""The sample crawl: composed pages in WARCs shaped like Common Crawl's, and a table with the truth about each page.

    DIR/crawl-data/CC-MAIN-2026-05/warc.paths.gz
    DIR/crawl-data/CC-MAIN-2026-05/segments/<segment>/warc/CC-MAIN-<start>-<end>-<number>.warc.gz
    DIR/truth.parquet

The bytes follow from the number of pages, the number of files and the seed. Page i is the same in every sample of one
seed, however large. Files are written one after the other; memory holds the truth about one file at a time.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from gristmill.core.errors import UsageError
from gristmill.samples import truth
from gristmill.samples.plan import original_of, plan_page
from gristmill.samples.plants import capture_page
from gristmill.samples.records import START, capture_date, write_capture
from gristmill.samples.warc import WarcFile, member

CRAWL = "CC-MAIN-2026-05"
_SEGMENT = "1768435200000.26"
_PAGES_A_FILE = 125


@dataclass(frozen=True)
class Summary:
    """What was written."""

    pages: int
    warcs: tuple[Path, ...]
    warc_bytes: int
    truth: Path
    plants: dict[str, int]


def write_sample(out: Path, pages: int, seed: int, files: int | None = None) -> Summary:
    """Write a sample crawl of that many pages into a folder, in `files` WARCs (by default one for each 125 pages).

    Raises:
        UsageError: `pages` or `files` is not positive, or there are more files than pages.
    """
    files = -(-pages // _PAGES_A_FILE) if files is None else files
    if pages < 1 or not 1 <= files <= pages:
        raise UsageError(f"cannot write {pages} pages into {files} WARCs: give at least one page for each WARC")
    paths = [_warc_path(number) for number in range(files)]
    (out / paths[0]).parent.mkdir(parents=True, exist_ok=True)
    for old in (out / paths[0]).parent.glob("CC-MAIN-*.warc.gz"):
        old.unlink()  # of an earlier and larger sample in the same folder
    plants: Counter[str] = Counter()
    groups = _originals(seed, pages)
    with pq.ParquetWriter(out / "truth.parquet", truth.SCHEMA, compression="zstd") as table:
        for number, path in enumerate(paths):
            indexes = range(pages * number // files, pages * (number + 1) // files)
            plan = [(index, plan_page(seed, index, pages)) for index in indexes]
            rows = [{"file": path, **row} for row in _write_file(out / path, seed, plan, groups)]
            plants.update(str(row["plant"]) for row in rows)
            table.write_table(pa.Table.from_pylist(rows, truth.SCHEMA))
    listing = "".join(f"{path}\n" for path in paths).encode()
    (out / "crawl-data" / CRAWL / "warc.paths.gz").write_bytes(member(listing))
    warcs = tuple(out / path for path in paths)
    size = sum(path.stat().st_size for path in warcs)
    return Summary(pages, warcs, size, out / "truth.parquet", dict(sorted(plants.items())))


def _warc_path(number: int) -> str:
    end = START + timedelta(hours=3)
    name = f"CC-MAIN-{START:%Y%m%d%H%M%S}-{end:%Y%m%d%H%M%S}-{number:05d}.warc.gz"
    return f"crawl-data/{CRAWL}/segments/{_SEGMENT}/warc/{name}"


def _originals(seed: int, pages: int) -> set[int]:
    """The pages that some duplicate in the sample repeats."""
    planned = ((index, plan_page(seed, index, pages)) for index in range(pages))
    return {original_of(seed, index, plant) for index, plant in planned if plant.startswith(("exact-", "near-"))}


def _write_file(path: Path, seed: int, plan: list[tuple[int, str]], originals: set[int]) -> Iterator[dict[str, object]]:
    """Write one WARC with the planned pages and tell the truth about each of them."""
    with path.open("wb") as stream:
        warc = WarcFile(stream, path.name, CRAWL, capture_date(plan[0][0]), seed)
        for index, plant in plan:
            capture = capture_page(seed, index, plant)
            row = write_capture(warc, capture, seed, index)
            group = index if capture.original is None and index in originals else capture.original
            yield {"index": index, "duplicate_group": group, **row}
