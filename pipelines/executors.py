"""Where jobs run: in this machine's warm pool, or on a Dask cluster. Prefect's tasks call `run` and wait.

Prefect's own Dask and process runners rebuild client and settings for every task (0.3 to 0.4 s each, PLATFORM measured); a
thread that hands its body over costs 0.02 s, and the workers need no Prefect at all.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from gristmill.core.errors import UsageError, WorkerError
from gristmill.pipelines.jobs import Job, run_job
from gristmill.pipelines.pool import WorkerPool
from gristmill.pipelines.receipts import Receipt

RUNNERS = ("local", "dask")


class Executor(Protocol):
    """Runs jobs somewhere; safe to call from many threads."""

    workers: int

    def run(self, job: Job, timeout_seconds: float) -> Receipt:
        """Run a job and wait for its receipt; WorkerError if its process was lost or hung."""


class DaskExecutor:
    """Jobs on the workers of a Dask cluster."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.workers = max(1, sum(client.nthreads().values()))

    def run(self, job: Job, timeout_seconds: float) -> Receipt:
        """Run a job on some worker of the cluster."""
        from distributed import TimeoutError as DaskTimeout
        from distributed.scheduler import KilledWorker

        future = self._client.submit(run_job, job, pure=False)
        try:
            receipt: Receipt = future.result(timeout=timeout_seconds)
        except DaskTimeout as error:
            future.cancel(force=True)
            raise WorkerError(f"{job.label} ran past its time-out of {timeout_seconds:g} s.") from error
        except KilledWorker as error:
            raise WorkerError(f"{job.label}: its Dask workers died again and again.") from error
        return receipt


_ahead: list[WorkerPool] = []


def warm_ahead(workers: int) -> None:
    """Start the local pool before Prefect is imported; the next `open_executor("local", …)` takes it over."""
    pool = WorkerPool(workers)
    pool.warm()
    _ahead.append(pool)


@contextmanager
def open_executor(runner: str, workers: int, address: str | None = None) -> Iterator[Executor]:
    """An executor for the block.

    Args:
        runner: "local" or "dask".
        workers: processes to start; a cluster at an address has its own.
        address: of a running Dask scheduler ("tcp://…"); None starts a cluster on this machine.
    """
    if runner == "local":
        if not _ahead:
            warm_ahead(workers)
        pool = _ahead.pop()
        try:
            yield pool
        finally:
            pool.close()
    elif runner == "dask":
        yield from _dask(workers, address)
    else:
        raise UsageError(f"there is no runner {runner!r}; there are {', '.join(RUNNERS)}.")


def _dask(workers: int, address: str | None) -> Iterator[Executor]:
    try:
        import distributed
    except ImportError as error:
        raise UsageError("the runner dask needs an extra: pip install 'gristmill[dask]'.") from error
    dask: Any = distributed  # untyped
    if address:
        with dask.Client(address) as client:
            yield DaskExecutor(client)
        return
    with (
        dask.LocalCluster(n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        dask.Client(cluster) as client,
    ):
        yield DaskExecutor(client)
