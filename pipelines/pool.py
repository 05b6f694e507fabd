"""A supervised pool of warm worker processes.

Each worker is forked from a server that has imported everything and called every kernel once (pipelines/warm.py), runs one
job at a time, and is replaced when it dies, is killed, or runs past the time-out; only its own job is affected. The
standard library's pool breaks as a whole in that case, and cannot stop a job that hangs.

No process outlives the one that made the pool, however that one ends: a worker watches its parent, a fork server ends with it.
"""

import importlib
import multiprocessing
import os
import pickle
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from types import ModuleType
from typing import Any

from gristmill.core.errors import GristmillError, StoreError, WorkerError
from gristmill.pipelines.jobs import Job, run_job
from gristmill.pipelines.receipts import Receipt

PRELOAD = "gristmill.pipelines.preloaded"
_READY_SECONDS = (
    300.0  # a forked worker answers at once, but one whose server could not preload has all to import itself
)
_OUT_OF_MEMORY = 137  # what a shell reports for a process that the kernel killed for its memory

Work = Callable[[Job], Receipt]


class WorkerPool:
    """N warm processes; `run` may be called from many threads."""

    def __init__(self, workers: int, work: Work = run_job, preload: str = PRELOAD) -> None:
        """Prepare the fork server; workers start when first needed.

        Args:
            workers: how many processes at most.
            work: what they do with a job; a function of a module, so that its name can be sent.
            preload: module that the fork server imports; if it has a FAILURE that is not None, workers refuse to start.
                A process has one fork server: where another pool has started it, each worker imports the module itself.
        """
        self.workers = workers
        self._work, self._preload = work, preload
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([preload])
        self._idle: queue.LifoQueue[_Worker | None] = queue.LifoQueue()
        self._started: set[_Worker] = set()
        self._starting = threading.Lock()
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
            StoreError: an operating system's error in the job.
            GristmillError: what else the job raised; or no worker can start; or the pool was closed.
        """
        worker = self._idle.get()
        try:
            if worker is None or not worker.alive:
                self._drop(worker)
                worker = None  # if none can start, the place is free again
                worker = self._start()
            outcome = worker.run(job, timeout_seconds)
        except BaseException as error:  # also Ctrl-C: what the worker would say next belongs to this job
            self._drop(worker)
            worker = None
            if self._closed and isinstance(error, Exception):
                raise GristmillError(f"{job.label} was stopped with the run.") from error
            raise
        finally:
            self._idle.put(worker)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def close(self) -> None:
        """Stop all workers; jobs in progress are lost, their data is garbage that no receipt names."""
        self._closed = True
        if self._starting.locked():
            _kill_fork_server()  # who waits for a worker, waits for the fork server to load everything first
        for worker in list(self._started):
            self._drop(worker)

    def _start_one(self) -> None:
        worker = self._idle.get()
        try:
            worker = worker or self._start()
        except GristmillError:
            pass  # the first job meets it again, and has somebody to tell
        finally:
            self._idle.put(worker)

    def _start(self) -> "_Worker":
        with self._starting, _no_main_module():
            if self._closed:
                raise GristmillError("the pool of workers is closed.")
            worker = _Worker(self._context, self._work, self._preload)
            self._started.add(worker)
            try:
                worker.start()
            except BaseException:
                self._drop(worker)
                raise
        return worker

    def _drop(self, worker: "_Worker | None") -> None:
        if worker is not None:
            self._started.discard(worker)
            worker.stop()


class _Worker:
    """One process and the pipe to it."""

    def __init__(self, context: Any, work: Work, preload: str) -> None:
        self._stopping = threading.Lock()
        self._pipe, self._theirs = context.Pipe()
        self._process = context.Process(target=_serve_jobs, args=(self._theirs, work, preload), daemon=True)

    def start(self) -> None:
        """Start the process and wait until it is ready."""
        try:
            self._process.start()
            self._theirs.close()
            failure = self._receive(_READY_SECONDS)
        except (EOFError, OSError) as error:
            raise WorkerError(
                "a worker process could not be started, or died at once; is there memory left?"
            ) from error
        if failure is not None:
            raise GristmillError(
                f"the workers cannot load what they need: {failure}. Run 'make install' and try again."
            )

    @property
    def alive(self) -> bool:
        return bool(self._process.is_alive())

    def run(self, job: Job, timeout_seconds: float) -> Receipt | BaseException:
        """What the job returned or raised; WorkerError if the worker is lost."""
        try:
            self._pipe.send_bytes(pickle.dumps(job))
            outcome: Receipt | BaseException = self._receive(timeout_seconds)
        except TimeoutError:
            raise WorkerError(f"{job.label} ran past its time-out of {timeout_seconds:g} s and was stopped.") from None
        except (EOFError, OSError) as error:
            self._process.join(1)
            raise WorkerError(f"{job.label}: the worker process died ({_cause(self._process.exitcode)}).") from error
        return outcome

    def stop(self) -> None:
        with self._stopping:  # whoever closes the pool and whoever ran the job come here at the same time
            if self._process.pid is not None:
                self._process.kill()
                self._process.join(5)
            self._pipe.close()  # last: a thread may wait on it, and a closed descriptor would never wake it

    def _receive(self, timeout_seconds: float) -> Any:
        if not self._pipe.poll(timeout_seconds):
            raise TimeoutError
        return pickle.loads(self._pipe.recv_bytes())


@contextmanager
def _no_main_module() -> Iterator[None]:
    """Hide the main module: a new process would import it again, and for a deployed flow that is Prefect."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _kill_fork_server() -> None:
    """End the fork server at once, workers that it is about to fork as well; the next pool starts another."""
    server: Any = getattr(forkserver, "_forkserver", None)
    process_id = getattr(server, "_forkserver_pid", None)
    if process_id is not None:
        os.kill(process_id, signal.SIGKILL)


def _serve_jobs(pipe: Connection, work: Work, preload: str) -> None:
    """Body of a worker: run what comes through the pipe until it closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's affair
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        pipe.send_bytes(pickle.dumps(_preload_failure(preload)))
        while True:
            job = pickle.loads(pipe.recv_bytes())
            pipe.send_bytes(_outcome(work, job))
    except (EOFError, OSError):
        os._exit(0)


def _end_with_parent() -> None:
    """A job that hangs, or trains for hours, must not go on for a parent that is gone."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _preload_failure(preload: str) -> str | None:
    """Why the preloaded module is not what it should be; loads it here if the fork server could not."""
    try:
        failure: str | None = getattr(importlib.import_module(preload), "FAILURE", None)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return failure


def _outcome(work: Work, job: Job) -> bytes:
    """A pickle of what a job returns or raises."""
    try:
        return pickle.dumps(work(job))
    except MemoryError:
        os._exit(_OUT_OF_MEMORY)  # this process's memory is in pieces: let the pool replace it
    except BaseException as error:
        return pickle.dumps(portable(error, job))


def portable(error: BaseException, job: Job) -> GristmillError:
    """An error that can be sent and that a person can read: Gristmill's own as they are, others by their text."""
    failure: GristmillError
    if isinstance(error, GristmillError):
        return error
    if isinstance(error, OSError):
        failure = StoreError(f"{job.label}: {error}. Free space or mend the path and run again; finished work is kept.")
    else:
        failure = GristmillError(f"{job.label}: {type(error).__name__}: {error}. Run with --debug for the traceback.")
    failure.add_note("".join(traceback.format_exception(error)).strip())
    return failure


def _cause(exit_code: int | None) -> str:
    if exit_code is None:
        return "no exit code"
    if exit_code < 0:
        name = signal.Signals(-exit_code).name
        return f"{name}; out of memory?" if name == "SIGKILL" else name
    return "out of memory" if exit_code == _OUT_OF_MEMORY else f"exit code {exit_code}"
