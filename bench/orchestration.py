"""Orchestration's share of a run of many files, and two workers against one.

    python -m bench.orchestration [--files 80] [--pages 40000] [--rounds 1]

A sample crawl is made, then run with 1 and 2 workers in turn against one running Prefect server. Share = (wall − workers'
busy time / workers) / wall. The speed-up compares the pool's work: from the first job's start to the last one's end.
"""

import argparse
import statistics
import tempfile
from pathlib import Path

from bench.pipeline import recipe_without_training, run_once

from gristmill.pipelines.server import temporary_server
from gristmill.samples.sample import write_sample


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=80)
    parser.add_argument("--pages", type=int, default=40_000)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    walls: dict[int, list[float]] = {1: [], 2: []}
    shares: dict[int, list[float]] = {1: [], 2: []}
    with temporary_server() as server, tempfile.TemporaryDirectory() as folder:
        write_sample(Path(folder) / "crawl", options.pages, 0, files=options.files)
        recipe = recipe_without_training(Path(folder))
        if server is not None:
            server.wait()
        for number in range(options.rounds):
            for workers in (2, 1):
                run, wall = run_once(recipe, f"{folder}/crawl", Path(folder) / f"store-{number}-{workers}", workers)
                busy = sum(receipt.seconds for stage in run.stages for receipt in (*stage.final, *stage.steps))
                walls[workers].append(wall)
                shares[workers].append(100 * (wall - busy / workers) / wall)
                print(
                    f"{workers} workers: wall {wall:.1f} s, busy {busy:.1f} s, share {shares[workers][-1]:.1f} %",
                    flush=True,
                )
    one, two = statistics.median(walls[1]), statistics.median(walls[2])
    print(f"{options.files} files, {options.pages} pages: 2 workers are {one / two:.2f}× one (wall)")
    for workers in (1, 2):
        print(f"orchestration's share with {workers}: {statistics.median(shares[workers]):.1f} %")


if __name__ == "__main__":
    main()
