"""Orchestration's share of a run of many files, and two workers against one.

    python -m bench.orchestration [--files 80] [--pages 60000] [--rounds 1]

A sample crawl is made, then run with 2 and 1 workers in turn against one running Prefect server, after a small run that
pays for what is loaded once. Share = (wall − workers' busy time / workers) / wall. The speed-up compares the pool's work,
from the first job's start to the last one's end; that of the walls, planning and ledger included, stands beside it.
"""

import argparse
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.pipeline import recipe_without_training, run_once

from gristmill.pipelines.receipts import Receipt
from gristmill.pipelines.runs import Run
from gristmill.pipelines.server import temporary_server
from gristmill.samples.sample import write_sample

_WARM_PAGES = 400


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=80)
    parser.add_argument("--pages", type=int, default=60_000)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    taken: dict[int, list[tuple[float, float, float]]] = {1: [], 2: []}
    with temporary_server() as server, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_sample(folder / "warm", _WARM_PAGES, 1, files=4)
        write_sample(folder / "crawl", options.pages, 0, files=options.files)
        recipe = recipe_without_training(folder)
        if server is not None:
            server.wait()
        run_once(recipe, f"{folder}/warm", folder / "warm-store", 2)
        for number in range(options.rounds):
            for workers in (2, 1):
                taken[workers].append(_round(recipe, folder, number, workers))
    print(f"{options.files} files, {options.pages} pages, medians of {options.rounds}")
    wall, pool, share = ({workers: _median(taken[workers], place) for workers in (1, 2)} for place in range(3))
    print(f"2 workers against 1: {pool[1] / pool[2]:.2f}× the pool's work, {wall[1] / wall[2]:.2f}× the wall")
    print(f"orchestration's share: {share[2]:.1f} % of 2 workers, {share[1]:.1f} % of 1")


def _round(recipe: str, folder: Path, number: int, workers: int) -> tuple[float, float, float]:
    """Seconds by the clock, seconds of the pool's work, and orchestration's share in percent."""
    store = folder / f"store-{number}-{workers}"
    run, wall = run_once(recipe, f"{folder}/crawl", store, workers)
    busy = sum(receipt.seconds for receipt in _receipts(run))
    ends = [(_written(store, receipt), receipt.seconds) for receipt in _receipts(run)]
    pool = max(end for end, _ in ends) - min(end - seconds for end, seconds in ends)
    share = 100 * (wall - busy / workers) / wall
    print(
        f"{workers} workers: wall {wall:.1f} s, pool {pool:.1f} s, busy {busy:.1f} s, share {share:.1f} %", flush=True
    )
    return wall, pool, share


def _receipts(run: Run) -> Iterator[Receipt]:
    for stage in run.stages:
        yield from stage.final
        yield from stage.steps


def _written(store: Path, receipt: Receipt) -> float:
    """When a job ended: its receipt is what it writes last."""
    return (store / f"{receipt.stage}-{receipt.key}" / f"{receipt.name}.json").stat().st_mtime


def _median(rounds: list[tuple[float, float, float]], place: int) -> float:
    return statistics.median(one[place] for one in rounds)


if __name__ == "__main__":
    main()
