"""A supervised pool of warm worker processes.

Each worker is forked from a server that has imported everything and called every kernel once (pipelines/warm.py), runs one
job at a time, and is replaced when it dies, is killed, or runs past the time-out; only its own job is affected. The
standard library's pool breaks as a whole in that case, and cannot stop a job that hangs.
"""

import multiprocessing
import os
import pickle
import queue
import signal
import threading
from multiprocessing.connection import Connection
from typing import Any

from gristmill.core.errors import GristmillError, WorkerError
from gristmill.pipelines.jobs import Job
from gristmill.pipelines.receipts import Receipt

PRELOAD = "gristmill.pipelines.warm"


class WorkerPool:
    """N warm processes; `run` may be called from many threads."""

    def __init__(self, workers: int) -> None:
        """Start the fork server; workers start when first needed."""
        self.workers = workers
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([PRELOAD])
        self._idle: queue.LifoQueue[_Worker | None] = queue.LifoQueue()
        self._started: set[_Worker] = set()
        self._closed = False
        for _ in range(workers):
            self._idle.put(None)

    def warm(self) -> None:
        """Start one worker now, so that preloading goes on beside other work."""
        threading.Thread(target=self._start_one, daemon=True).start()

    def run(self, job: Job, timeout_seconds: float) -> Receipt:
        """Run a job in an idle worker, waiting for one.

        Raises:
            WorkerError: the worker died or hung; it has been replaced.
            GristmillError, OSError, …: what the job raised.
        """
        worker = self._idle.get()
        try:
            if self._closed:
                raise WorkerError(f"{job.label}: the run is being stopped.")
            if worker is None or not worker.alive:
                worker = self._start()
            return worker.run(job, timeout_seconds)
        except WorkerError:
            if worker is not None:
                worker.stop()
                self._started.discard(worker)
            worker = None
            raise
        finally:
            self._idle.put(worker)

    def close(self) -> None:
        """Stop all workers; jobs in progress are lost, their data is garbage that no receipt names."""
        self._closed = True
        for worker in list(self._started):
            worker.stop()
            self._started.discard(worker)

    def _start_one(self) -> None:
        worker = self._idle.get()
        self._idle.put(worker or self._start())

    def _start(self) -> "_Worker":
        worker = _Worker(self._context)
        self._started.add(worker)
        return worker


class _Worker:
    """One process and the pipe to it."""

    def __init__(self, context: Any) -> None:
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve_jobs, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()

    @property
    def alive(self) -> bool:
        return bool(self._process.is_alive())

    def run(self, job: Job, timeout_seconds: float) -> Receipt:
        try:
            self._pipe.send_bytes(pickle.dumps(job))
            if not self._pipe.poll(timeout_seconds):
                raise WorkerError(f"{job.label} ran past its time-out of {timeout_seconds:g} s and was stopped.")
            outcome = pickle.loads(self._pipe.recv_bytes())
        except (EOFError, OSError) as error:
            self._process.join(1)
            raise WorkerError(f"{job.label}: the worker process died ({_cause(self._process.exitcode)}).") from error
        if isinstance(outcome, BaseException):
            raise outcome
        assert isinstance(outcome, Receipt)
        return outcome

    def stop(self) -> None:
        self._pipe.close()
        if self._process.is_alive():
            self._process.kill()
        self._process.join(5)


def _serve_jobs(pipe: Connection) -> None:
    """Body of a worker: run what comes through the pipe until it closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's affair
    from gristmill.pipelines.jobs import run_job

    while True:
        try:
            job = pickle.loads(pipe.recv_bytes())
        except (EOFError, OSError):
            os._exit(0)
        outcome: Receipt | BaseException
        try:
            outcome = run_job(job)
        except BaseException as error:
            outcome = _portable(error, job)
        try:
            pipe.send_bytes(pickle.dumps(outcome))
        except (BrokenPipeError, OSError):
            os._exit(0)


def _portable(error: BaseException, job: Job) -> BaseException:
    """An error that survives the pipe: Gristmill's own as they are, others as their text."""
    if isinstance(error, GristmillError):
        return error
    if isinstance(error, MemoryError):
        os._exit(137)  # its memory is in pieces: let the pool replace the process
    import traceback

    detail = "".join(traceback.format_exception(error)).strip()
    failure = GristmillError(f"{job.label}: {type(error).__name__}: {error}. Run with --debug for the traceback.")
    failure.add_note(detail)
    return failure


def _cause(exit_code: int | None) -> str:
    if exit_code is None:
        return "no exit code"
    if exit_code < 0:
        name = signal.Signals(-exit_code).name
        return f"{name}; out of memory?" if name == "SIGKILL" else name
    return "out of memory" if exit_code == 137 else f"exit code {exit_code}"
