"""One plan on every runner there is: the same bytes, also where workers are lost on the way."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import distributed
import psutil
import pytest

from gristmill.core.errors import InputError, UsageError, WorkerError
from gristmill.pipelines.executors import DaskExecutor, open_executor
from tests.crawl.standin import Faults, serve
from tests.paths import ROOT
from tests.pipelines.conftest import Crawl
from tests.pipelines.pool_jobs import job, work
from tests.pipelines.prefect_server import LONG_SECONDS, PrefectServer, wait_for
from tests.pipelines.serial import Finished, finish

WORKERS = 3  # of which a job may take two with it
GRISTMILL = [sys.executable, "-m", "gristmill"]


@contextmanager
def dask_cluster(workers: int) -> Iterator[dict[str, Any]]:
    env = os.environ | {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}
    command = [sys.executable, "-m", "tests.pipelines.dask_cluster", str(workers)]
    with subprocess.Popen(command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as cluster:
        assert cluster.stdout is not None
        assert cluster.stdin is not None
        try:
            yield json.loads(cluster.stdout.readline())
        finally:
            cluster.stdin.close()
            cluster.wait(60)


def start(server: PrefectServer, crawl: Crawl, recipe: Path, store: Path, *words: str) -> "subprocess.Popen[str]":
    inputs = ["--input", str(crawl.folder), "--store", str(store), "--json"]
    return subprocess.Popen(
        [*GRISTMILL, "run", str(recipe), *inputs, *words],
        env=server.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def outcome(running: "subprocess.Popen[str]") -> dict[str, Any]:
    said, complaints = running.communicate(timeout=LONG_SECONDS)
    assert running.returncode == 0, complaints
    value: dict[str, Any] = json.loads(said)
    return value


@pytest.mark.xdist_group("prefect")
@pytest.mark.timeout(900)
@pytest.mark.parametrize("words", [("--workers", "1"), ("--workers", "2"), ("--runner", "dask", "--workers", "2")])
def test_every_runner_gives_the_root_of_a_serial_run(
    prefect_server: PrefectServer,
    tmp_path: Path,
    crawl: Crawl,
    recipe: Path,
    finished: Finished,
    words: tuple[str, ...],
) -> None:
    told = outcome(start(prefect_server, crawl, recipe, tmp_path, *words))
    assert told["root"] == finished.run.root
    assert told["balanced"]


@pytest.mark.xdist_group("prefect")
@pytest.mark.timeout(900)
def test_files_of_a_server_give_the_same_on_dask(
    prefect_server: PrefectServer,
    tmp_path: Path,
    small_crawl: Crawl,
    recipe: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GRISTMILL_REQUESTS_PER_SECOND", "40")
    with serve(small_crawl.folder, Faults(busy=0.2, cut=0.2), seed=4) as site:
        urls = [f"{site.url}/{path.relative_to(small_crawl.folder).as_posix()}" for path in small_crawl.warcs]
        serial = finish(recipe, urls, tmp_path / "serial")
        words = [word for url in urls for word in ("--input", url)]
        words += ["--store", str(tmp_path / "dask"), "--runner", "dask", "--workers", "2", "--json"]
        env = {**prefect_server.env, "GRISTMILL_REQUESTS_PER_SECOND": "40"}
        command = [*GRISTMILL, "run", str(recipe), *words]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=LONG_SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["root"] == serial.run.root
    assert list((tmp_path / "dask" / "cache").iterdir()) == []


@pytest.mark.xdist_group("prefect")
@pytest.mark.timeout(900)
@pytest.mark.parametrize("stage", ["fetch", "extract"])
def test_a_killed_dask_worker_changes_nothing(
    prefect_server: PrefectServer, tmp_path: Path, crawl: Crawl, recipe: Path, finished: Finished, stage: str
) -> None:
    """Killed when the first file is through a stage: the jobs that it held are done again by others."""
    with dask_cluster(2) as cluster:
        running = start(prefect_server, crawl, recipe, tmp_path, "--runner", "dask", "--address", cluster["address"])

        def begun() -> bool:
            assert running.poll() is None, running.communicate()
            return any(tmp_path.glob(f"{stage}-*/*.json"))

        wait_for(begun, lambda: f"no receipt of {stage}")
        os.kill(cluster["pids"][0], signal.SIGKILL)
        assert outcome(running)["root"] == finished.run.root


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    dask: Any = distributed  # untyped
    with dask_cluster(WORKERS) as cluster, dask.Client(cluster["address"]) as connected:
        yield connected


@pytest.fixture
def dask(client: Any) -> DaskExecutor:
    """A cluster whose workers have all settled: Dask's nannies lose one that is killed while it is starting."""
    client.wait_for_workers(WORKERS, timeout=LONG_SECONDS)
    client.run(os.getpid)
    time.sleep(2)
    return DaskExecutor(client, work)


@pytest.mark.xdist_group("dask")
def test_dask_runs_a_job_again_whose_worker_died(dask: DaskExecutor, tmp_path: Path) -> None:
    marker = tmp_path / "killed"
    assert dask.run(job("kill once", marker=str(marker)), LONG_SECONDS).name == "kill once"
    assert marker.exists()


@pytest.mark.xdist_group("dask")
@pytest.mark.timeout(900)
def test_a_job_that_kills_each_dask_worker_is_given_up(dask: DaskExecutor) -> None:
    with pytest.raises(WorkerError, match="its Dask workers died again and again"):
        dask.run(job("kill"), LONG_SECONDS)
    assert dask.run(job("ok"), LONG_SECONDS).name == "ok"


@pytest.mark.xdist_group("dask")
@pytest.mark.timeout(900)
def test_a_job_that_hangs_gives_its_dask_worker_back(dask: DaskExecutor, tmp_path: Path) -> None:
    marker = tmp_path / "pid"
    with pytest.raises(WorkerError, match="ran past its time-out of 15 s and was stopped"):
        dask.run(job("hang", marker=str(marker)), 15)
    assert dask.run(job("ok"), LONG_SECONDS).name == "ok"
    assert not psutil.pid_exists(int(marker.read_text()))


@pytest.mark.xdist_group("dask")
def test_errors_arrive_from_dask_as_they_are(dask: DaskExecutor) -> None:
    with pytest.raises(InputError, match=r"page\.warc is empty\. Remove it\."):
        dask.run(job("wrong input"), LONG_SECONDS)
    with pytest.raises(WorkerError, match="out of memory"):
        dask.run(job("memory"), LONG_SECONDS)


def test_an_unknown_runner_is_refused() -> None:
    with (
        pytest.raises(UsageError, match="there is no runner 'spark'; there are local, dask"),
        open_executor("spark", 1),
    ):
        pass
