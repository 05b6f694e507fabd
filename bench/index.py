"""Selection over a columnar index: rows that are made up, as Common Crawl sorts them; time and peak memory of the query.

python -m bench.index [--rows 10000000] [--folder FOLDER]
"""

import argparse
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from gristmill.crawl.asking import Asker
from gristmill.crawl.index import query_files
from gristmill.crawl.selection import IndexFilter

FILE_ROWS = 1_000_000
LANGUAGES = ["eng", "eng,deu", "deu", "rus", "fra", "spa", "zho", "jpn,eng", None]
FILTERS = {
    "one domain": IndexFilter(domains=("site0000777.com",)),
    "one top-level domain": IndexFilter(tlds=("de",)),
    "one language of a day": IndexFilter(languages=("deu",), since="2024-02-21", until="2024-02-21"),
    "everything that is HTML": IndexFilter(mimes=("text/html",)),
}


def make(folder: Path, rows: int) -> list[str]:
    """Files of an index, sorted by host as the original."""
    names = []
    tlds = np.array(sorted(["com", "org", "net", "de", "ru", "fr", "jp", "uk", "it", "pl"]))
    files = max(1, rows // FILE_ROWS)
    for number in range(files):
        random = np.random.default_rng(number)
        count = rows // files
        site = np.sort(random.integers(number * 1000, (number + 1) * 1000, count))
        tld = tlds[site * len(tlds) // (files * 1000)]
        warc = random.integers(0, 9000, count)
        table = pa.table(
            {
                "url_surtkey": pa.array(
                    [f"{t},site{s:07d})/page/{n}" for n, (t, s) in enumerate(zip(tld, site, strict=True))]
                ),
                "url_host_tld": pa.array(tld),
                "url_host_registered_domain": pa.array([f"site{s:07d}.{t}" for t, s in zip(tld, site, strict=True)]),
                "fetch_time": pa.array(
                    random.integers(1708473600, 1709510400, count) * 1000, pa.timestamp("ms", "UTC")
                ),
                "fetch_status": pa.array(np.full(count, 200, np.int16)),
                "content_mime_detected": pa.array(
                    random.choice(["text/html", "application/xhtml+xml"], count, p=[0.9, 0.1])
                ),
                "content_languages": pa.array(random.choice(np.array(LANGUAGES, object), count)),
                "warc_filename": pa.array(
                    [f"crawl-data/CC-MAIN-2024-10/segments/{w % 100}/warc/{w:05d}.warc.gz" for w in warc]
                ),
                "warc_record_offset": pa.array(random.integers(0, 1 << 30, count).astype(np.int32)),
                "warc_record_length": pa.array(random.integers(1000, 60_000, count).astype(np.int32)),
            }
        )
        names.append(f"part-{number:05d}.parquet")
        pq.write_table(table, folder / names[-1], compression="zstd", row_group_size=125_000)
    return names


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, help="of an index made before")
    options = parser.parse_args()
    if options.folder is None:
        with tempfile.TemporaryDirectory() as folder:
            make(Path(folder), options.rows)  # in this process: its memory is not the query's
            subprocess.run([sys.executable, "-m", "bench.index", "--folder", folder], check=True)
        return
    names = sorted(path.name for path in options.folder.glob("*.parquet"))
    rows = sum(pq.read_metadata(options.folder / name).num_rows for name in names)
    print(f"{rows:,} rows in {len(names)} files")
    for told, wanted in FILTERS.items():
        started = time.perf_counter()
        found = query_files(names, wanted, str(options.folder), Asker())
        seconds = time.perf_counter() - started
        captures = pc.sum(pc.list_value_length(found["places"])).as_py() or 0
        # Not getrusage: its peak is inherited from the process that made the index.
        peak = int(re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[0]) / 1024
        print(f"{told:<26}{seconds:6.2f} s  {captures:>10,} captures in {found.num_rows:,} files, peak {peak:,.0f} MB")


if __name__ == "__main__":
    main()
