"""The pool against workers that die, exit, hang, fail and run out of memory, and against the death of their parent."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from gristmill.core.errors import GristmillError, InputError, StoreError, WorkerError
from gristmill.pipelines.jobs import Job
from gristmill.pipelines.pool import WorkerPool
from tests.paths import ROOT
from tests.pipelines import pool_jobs
from tests.pipelines.pool_jobs import job, work

LONG = 300.0  # seconds; only a fault makes a test wait that long
LIGHT = pool_jobs.__name__  # preloads next to nothing

PARENT = f"""
import sys, threading
from tests.pipelines.pool_jobs import job, work
from gristmill.pipelines.pool import WorkerPool
pool = WorkerPool(1, work, {LIGHT!r})
threading.Thread(target=pool.run, args=(job("hang", marker=sys.argv[1]), {LONG}), daemon=True).start()
sys.stdin.read()
"""

CLOSED_EARLY = f"""
import os, threading, time
from tests.pipelines.pool_jobs import job, work
from gristmill.core.errors import GristmillError
from gristmill.pipelines.pool import WorkerPool
def wait():
    try:
        pool.run(job("ok"), {LONG})
    except GristmillError as error:
        print(error)
pool = WorkerPool(1, work, "tests.pipelines.slow_preload")
waiting = threading.Thread(target=wait)
waiting.start()
while not os.path.exists(os.environ["SLOW_PRELOAD_MARKER"]):
    time.sleep(0.05)
pool.close()
waiting.join()
"""


@pytest.fixture
def pool() -> Iterator[WorkerPool]:
    pool = WorkerPool(2, work, LIGHT)
    yield pool
    pool.close()


def wait_until(true: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + LONG
    while not true():
        assert time.monotonic() < deadline, f"waited {LONG:g} s for {what}"
        time.sleep(0.05)


def pid_of_a_worker(pool: WorkerPool) -> int:
    return int(pool.run(job("ok"), LONG).extra["pid"])


def gone(process_id: int) -> bool:
    try:
        return psutil.Process(process_id).status() == psutil.STATUS_ZOMBIE  # dead; whoever adopted it may be slow
    except psutil.NoSuchProcess:
        return True


def test_a_worker_is_used_again(pool: WorkerPool) -> None:
    assert pid_of_a_worker(pool) == pid_of_a_worker(pool) != os.getpid()


def test_workers_do_not_import_the_main_module(pool: WorkerPool) -> None:
    """For a deployed flow it is Prefect, seconds and 100 MB in each worker; here it is pytest."""
    assert "pytest" in sys.modules
    assert not pool.run(job("ok"), LONG).extra["main"]


@pytest.mark.parametrize(
    ("do", "said"),
    [
        ("kill", "the worker process died (SIGKILL; out of memory?)"),
        ("exit", "the worker process died (exit code 3)"),
        ("memory", "the worker process died (out of memory)"),
    ],
)
def test_a_lost_worker_is_replaced(pool: WorkerPool, do: str, said: str) -> None:
    before = pid_of_a_worker(pool)
    with pytest.raises(WorkerError) as caught:
        pool.run(job(do), LONG)
    assert str(caught.value) == f"urls judge · 1 of 1: {said}."
    assert pid_of_a_worker(pool) != before


def test_a_job_that_hangs_is_stopped(pool: WorkerPool, tmp_path: Path) -> None:
    marker = tmp_path / "pid"
    with pytest.raises(WorkerError, match=r"ran past its time-out of 2 s and was stopped"):
        pool.run(job("hang", marker=str(marker)), 2)
    assert pid_of_a_worker(pool) > 0
    if marker.exists():  # on a busy machine the time may be over before the job has written it
        assert gone(int(marker.read_text()))


@pytest.mark.parametrize(
    ("do", "error", "said"),
    [
        ("wrong input", InputError, "page.warc is empty. Remove it."),
        ("fault", GristmillError, "ZeroDivisionError: a fault in the stage. Run with --debug for the traceback."),
        ("disk full", StoreError, "[Errno 28] No space left on device: '/store/part'. Free space or mend the path"),
    ],
)
def test_an_error_of_the_job_arrives_and_costs_no_worker(
    pool: WorkerPool, do: str, error: type[GristmillError], said: str
) -> None:
    before = pid_of_a_worker(pool)
    with pytest.raises(error) as caught:
        pool.run(job(do), LONG)
    assert type(caught.value) is error
    assert said in str(caught.value)
    assert pid_of_a_worker(pool) == before


def test_the_traceback_of_a_fault_comes_along(pool: WorkerPool) -> None:
    with pytest.raises(GristmillError) as caught:
        pool.run(job("fault"), LONG)
    assert "in work\n" in "\n".join(caught.value.__notes__)


def test_other_jobs_are_not_affected_by_a_lost_worker(pool: WorkerPool) -> None:
    def attempt(given: Job) -> str:
        try:
            return pool.run(given, LONG).name
        except WorkerError:
            return "lost"

    jobs = [job(do) for do in ("ok", "kill", "ok", "exit", "ok", "memory", "ok", "ok")]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(attempt, jobs)) == ["ok", "lost", "ok", "lost", "ok", "lost", "ok", "ok"]


def test_an_idle_worker_that_was_killed_is_replaced_unseen(pool: WorkerPool) -> None:
    before = pid_of_a_worker(pool)
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: gone(before), "the worker's end")
    try:
        after = pid_of_a_worker(pool)
    except WorkerError:  # the fork server had not told yet; the task would be tried again
        after = pid_of_a_worker(pool)
    assert after != before


def test_closing_ends_jobs_in_progress(pool: WorkerPool, tmp_path: Path) -> None:
    marker = tmp_path / "pid"
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(pool.run, job("hang", marker=str(marker)), LONG)
        wait_until(marker.exists, "the job's start")
        pool.close()
        with pytest.raises(GristmillError, match="was stopped with the run") as caught:
            running.result()
    assert not isinstance(caught.value, WorkerError)  # nobody is to try again
    with pytest.raises(GristmillError, match="was stopped with the run"):
        pool.run(job("ok"), LONG)


def test_closing_does_not_wait_for_the_fork_server(tmp_path: Path) -> None:
    """It loads for seconds, on a first run for a minute: Ctrl-C must not wait for that."""
    marker = tmp_path / "loading"
    ended = subprocess.run(
        [sys.executable, "-c", CLOSED_EARLY], cwd=ROOT, capture_output=True, timeout=LONG, check=False,
        env=os.environ | {"SLOW_PRELOAD_MARKER": str(marker)},
    )  # fmt: skip
    assert ended.stdout.decode() == "urls judge · 1 of 1 was stopped with the run.\n", ended.stderr.decode()
    wait_until(lambda: gone(int(marker.read_text())), "the fork server's end")


def test_workers_are_warm() -> None:
    pool = WorkerPool(1, work)
    try:
        assert pool.run(job("ok"), LONG).extra["warm"]
    finally:
        pool.close()


@pytest.mark.parametrize(
    ("preload", "said"),
    [
        ("tests.pipelines.broken_preload", "No module named 'fasttext'"),
        ("gristmill.no_such_module", "No module named 'gristmill.no_such_module'"),
    ],
)
def test_a_failed_preload_is_told_in_one_sentence(preload: str, said: str) -> None:
    pool = WorkerPool(1, work, preload)
    try:
        with pytest.raises(GristmillError) as caught:
            pool.run(job("ok"), LONG)
    finally:
        pool.close()
    assert str(caught.value).startswith("the workers cannot load what they need: ModuleNotFoundError: ")
    assert said in str(caught.value)
    assert not isinstance(caught.value, WorkerError)  # trying again would not help


def test_nothing_outlives_a_killed_parent(tmp_path: Path) -> None:
    marker = tmp_path / "pid"
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(marker)], cwd=ROOT, stdin=subprocess.PIPE)
    try:
        wait_until(lambda: marker.exists() and marker.read_text(), "the job's start")
        family = [process.pid for process in psutil.Process(parent.pid).children(recursive=True)]
        assert int(marker.read_text()) in family
        assert len(family) >= 2  # the worker and the fork server at least
    finally:
        parent.kill()
        parent.communicate()
    wait_until(lambda: all(map(gone, family)), f"the end of {family}")
