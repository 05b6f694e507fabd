"""Where jobs run: in this machine's warm pool, or on a Dask cluster. Prefect's tasks call `run` and wait.

Prefect's own Dask and process runners rebuild client and settings for every task (0.3 to 0.4 s each, PLATFORM measured); a
thread that hands its body over costs 0.02 s, and the workers need no Prefect at all.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from gristmill.core.errors import GristmillError, UsageError, WorkerError
from gristmill.pipelines.jobs import Job, run_job
from gristmill.pipelines.pool import Work, WorkerPool, portable
from gristmill.pipelines.receipts import Receipt

_NOBODY_SECONDS = 60.0  # how often a cluster is asked whether it has workers; a nanny restarts one in a few seconds

RUNNERS = ("local", "dask")


class Executor(Protocol):
    """Runs jobs somewhere; safe to call from many threads."""

    workers: int

    def run(self, job: Job, timeout_seconds: float) -> Receipt:
        """Run a job and wait for its receipt; WorkerError if its process was lost or hung."""

    def close(self) -> None:
        """End the jobs in progress: what waits for them in `run` raises an error that is not worth a retry."""


class DaskExecutor:
    """Jobs on the workers of a Dask cluster."""

    def __init__(self, client: Any, work: Work = run_job) -> None:
        """Use a cluster through its client; `work` is what its workers do with a job."""
        self._client = client
        self._work = work
        self._running: set[Any] = set()
        self._closed = False
        self.workers = max(1, sum(client.nthreads().values()))

    def run(self, job: Job, timeout_seconds: float) -> Receipt:
        """Run a job on some worker of the cluster; the time-out includes the wait for one.

        Dask itself tries again, three times, where a worker dies.
        """
        import distributed

        dask: Any = distributed  # untyped
        future = self._client.submit(_portably, self._work, job, pure=False)
        self._running.add(future)
        try:
            receipt: Receipt = self._wait(future, job, timeout_seconds)
        except dask.TimeoutError as error:
            self._end(future)
            raise WorkerError(f"{job.label} ran past its time-out of {timeout_seconds:g} s and was stopped.") from error
        except (dask.KilledWorker, dask.CancelledError) as error:
            if self._closed:
                raise GristmillError(f"{job.label} was stopped with the run.") from error
            raise WorkerError(f"{job.label}: its Dask workers died again and again.") from error
        finally:
            self._running.discard(future)
        return receipt

    def close(self) -> None:
        """Cancel the jobs in progress."""
        self._closed = True
        self._client.cancel(list(self._running), force=True)

    def _wait(self, future: Any, job: Job, timeout_seconds: float) -> Receipt:
        """The future's result; a cluster that has lost all its workers would keep us waiting for ever."""
        deadline = time.monotonic() + timeout_seconds
        receipt: Receipt
        while (left := deadline - time.monotonic()) > _NOBODY_SECONDS:
            try:
                receipt = future.result(timeout=_NOBODY_SECONDS)
                return receipt
            except TimeoutError:
                if not self._client.scheduler_info()["workers"]:
                    raise WorkerError(f"{job.label}: the Dask cluster has no workers.") from None
        receipt = future.result(timeout=left)
        return receipt

    def _end(self, future: Any) -> None:
        """Cancel a job that hangs, and restart its worker: Dask cannot stop what already runs."""
        busy = [worker for worker, keys in self._client.processing().items() if future.key in keys]
        future.cancel(force=True)
        self._client.restart_workers(busy, timeout=60, raise_for_error=False)


def _portably(work: Work, job: Job) -> Receipt:
    """Run a job on a cluster's worker; its errors become Gristmill's own, which can be sent and read."""
    try:
        return work(job)
    except MemoryError as error:
        raise WorkerError(f"{job.label}: out of memory.") from error
    except GristmillError:
        raise  # as it is: an error that names itself as its cause keeps Dask busy for ever
    except Exception as error:
        raise portable(error, job) from error


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
