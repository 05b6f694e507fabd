"""A Dask cluster in a process of its own: prints its address and its workers' process ids, ends when standard input does."""

import json
import sys
from typing import Any

import distributed


def main(workers: int) -> None:
    dask: Any = distributed  # untyped
    with dask.LocalCluster(n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        pids = [nanny.pid for nanny in cluster.workers.values()]
        print(json.dumps({"address": cluster.scheduler_address, "pids": pids}), flush=True)  # noqa: T201
        sys.stdin.read()


if __name__ == "__main__":
    main(int(sys.argv[1]))
