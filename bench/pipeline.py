"""Pages a second of the whole pipeline, and its CPU against inflating the same WARCs with zlib.

    python -m bench.pipeline FOLDER_OF_WARCS [--workers 2] [--rounds 3]

Both sides run in the same process group, one after the other in each round; the table shows medians. The pipeline's time
is that of a warm run: Prefect server up, workers forked, kernels compiled, a new store each round.
"""

import argparse
import statistics
import sys
import tempfile
import time
import zlib
from pathlib import Path

import psutil

from gristmill.pipelines.executors import warm_ahead
from gristmill.pipelines.funnel import funnel
from gristmill.pipelines.recipe import RECIPE_FOLDER
from gristmill.pipelines.runs import Run, read_run
from gristmill.pipelines.server import temporary_server
from gristmill.pipelines.store import open_store


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    files = sorted(Path(options.folder).rglob("*.warc.gz"))
    if not files:
        sys.exit(f"no *.warc.gz below {options.folder}")
    with temporary_server() as server, tempfile.TemporaryDirectory() as folder:
        recipe = recipe_without_training(Path(folder))
        if server is not None:
            server.wait()
        _warm_run(recipe, options.folder, folder, options.workers)
        rounds = [
            _round(recipe, options.folder, files, Path(folder), options.workers, i) for i in range(options.rounds)
        ]
    print(f"{len(files)} files, {options.workers} workers, {options.rounds} rounds, medians")
    for name in rounds[0]:
        print(f"  {name:<34}{statistics.median(one[name] for one in rounds):>12,.2f}")


def recipe_without_training(folder: Path) -> str:
    path = folder / "default.toml"
    text = (RECIPE_FOLDER / "default.toml").read_text("utf-8")
    path.write_text(text.replace("[stages.pretrain]", ""), "utf-8")
    return str(path)


def _warm_run(recipe: str, folder: str, stores: str, workers: int) -> None:
    """Fork servers stay; a first run pays for what is loaded once."""
    run_once(recipe, folder, Path(stores) / "warm", workers)


def run_once(recipe: str, folder: str, store: Path, workers: int) -> tuple[Run, float]:
    from gristmill.pipelines.curate import curate

    warm_ahead(workers)
    time.sleep(3)  # until the workers are forked; their start is not what is measured
    started = time.perf_counter()
    curate([folder], str(store), recipe, workers)
    seconds = time.perf_counter() - started
    return read_run(open_store(str(store))), seconds


def _round(recipe: str, folder: str, files: list[Path], stores: Path, workers: int, number: int) -> dict[str, float]:
    started = time.process_time()
    inflated = sum(_inflate(path) for path in files)
    inflate_seconds = time.process_time() - started
    run, wall = run_once(recipe, folder, stores / f"round-{number}", workers)
    receipts = [receipt for stage in run.stages for receipt in (*stage.final, *stage.steps)]
    cpu = sum(receipt.cpu_seconds for receipt in receipts)
    busy = sum(receipt.seconds for receipt in receipts)
    pages = next(stage["kept"] for stage in funnel(run)["stages"] if stage["name"] == "extract")
    return {
        "pages": pages,
        "wall seconds": wall,
        "pages a second": pages / wall,
        "MB of WARC (inflated) a second": inflated / 1e6 / wall,
        "workers' CPU seconds": cpu,
        "zlib inflate CPU seconds": inflate_seconds,
        "CPU as multiple of zlib": cpu / inflate_seconds,
        "orchestration's share, %": 100 * (wall - busy / workers) / wall,
        "peak memory of a worker, MB": max(receipt.peak_memory_bytes for receipt in receipts) / 1e6,
        "memory of this process, MB": psutil.Process().memory_info().rss / 1e6,
    }


def _inflate(path: Path) -> int:
    """Inflate all members of a file; the bytes that come out."""
    data, total = path.read_bytes(), 0
    while data:
        inflater = zlib.decompressobj(31)
        total += len(inflater.decompress(data))
        data = inflater.unused_data
    return total


if __name__ == "__main__":
    main()
