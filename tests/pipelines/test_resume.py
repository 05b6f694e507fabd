"""Runs that are killed and started again: the same root, and nothing that was finished is done twice or half."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest

from gristmill.pipelines.receipts import Receipt, receipt_from_json
from gristmill.pipelines.runs import read_run
from gristmill.pipelines.store import open_store
from gristmill.pipelines.verify import verify
from tests.pipelines.conftest import Crawl
from tests.pipelines.prefect_server import LONG_SECONDS, PrefectServer, wait_for
from tests.pipelines.serial import Finished

STOPPED = "gristmill: stopped. What is finished is kept: the same command goes on from there.\n"


def without_prefect() -> dict[str, str]:
    """An environment in which a run starts a server by itself."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}


def start(env: Mapping[str, str], crawl: Crawl, recipe: Path | str, store: Path, *words: str) -> Any:
    """Start `gristmill run` with a process group of its own, as a shell would."""
    command = [sys.executable, *words, "-m", "gristmill", "run", str(recipe)]
    return subprocess.Popen(
        [*command, "--input", str(crawl.folder), "--store", str(store), "--workers", "2", "--json"],
        env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def receipts(store: Path) -> dict[Path, tuple[int, Receipt]]:
    """All receipts of a store with the times they were written at."""
    return {
        path: (path.stat().st_mtime_ns, receipt_from_json(path.read_bytes(), str(path)))
        for path in store.glob("*-*/*.json")
    }


def outcome(running: Any) -> dict[str, Any]:
    said, complaints = running.communicate(timeout=LONG_SECONDS)
    assert running.returncode == 0, complaints
    assert complaints == ""
    value: dict[str, Any] = json.loads(said)
    return value


def kill_at(running: Any, store: Path, count: int, delay_seconds: float) -> None:
    """SIGKILL the process group a moment after the store has so many receipts."""

    def enough() -> bool:
        assert running.poll() is None, running.communicate()
        return len(receipts(store)) >= count

    wait_for(enough, lambda: f"{len(receipts(store))} receipts, not {count}")
    time.sleep(delay_seconds)
    os.killpg(running.pid, signal.SIGKILL)
    running.communicate()


def check_nothing_half(store: Path) -> None:
    """Every output that a receipt names is there, whole, and belongs to one receipt."""
    seen: set[str] = set()
    for _, receipt in receipts(store).values():
        receipt.check_balance()
        for output in receipt.outputs:
            assert output.path not in seen
            seen.add(output.path)
            assert (store / output.path).stat().st_size == output.bytes


def kill_and_resume(
    env: Mapping[str, str], crawl: Crawl, recipe: Path | str, store: Path, reference: Finished, seed: int, kills: int
) -> None:
    moments = random.Random(seed)
    jobs = len(reference.receipts)
    finished: dict[Path, tuple[int, Receipt]] = {}
    for number in range(kills):
        # Spread over the course, so that each kill finds new work in progress; also while nothing is finished yet.
        count = jobs * number // kills + moments.randrange(max(1, jobs // kills))
        kill_at(start(env, crawl, recipe, store), store, count, moments.random())
        check_nothing_half(store)
        now = receipts(store)
        assert {path: now[path] for path in finished} == finished
        finished = now
    told = outcome(start(env, crawl, recipe, store))
    now = receipts(store)
    assert {path: now[path] for path in finished} == finished
    assert len(now) == jobs
    assert told["root"] == reference.run.root
    checked = verify(open_store(str(store)), read_run(open_store(str(store))))
    assert checked["ok"], checked


@pytest.mark.xdist_group("prefect")
@pytest.mark.timeout(1800)
def test_killed_twice_and_resumed(
    prefect_server: PrefectServer, tmp_path: Path, crawl: Crawl, recipe: Path, finished: Finished
) -> None:
    kill_and_resume(prefect_server.env, crawl, recipe, tmp_path, finished, seed=1, kills=2)


@pytest.mark.soak
@pytest.mark.xdist_group("prefect")
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("seed", range(2, 5))
def test_killed_ten_times_and_resumed(
    prefect_server: PrefectServer, tmp_path: Path, crawl: Crawl, recipe: Path, finished: Finished, seed: int
) -> None:
    kill_and_resume(prefect_server.env, crawl, recipe, tmp_path, finished, seed, kills=10)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_killed_with_a_server_of_its_own(tmp_path: Path, crawl: Crawl, recipe: Path, finished: Finished) -> None:
    """Each run starts Prefect's server on the database that the killed one left behind."""
    env = without_prefect() | {"PREFECT_HOME": str(tmp_path / "home")}
    kill_and_resume(env, crawl, recipe, tmp_path / "store", finished, seed=5, kills=10)


@pytest.mark.soak
@pytest.mark.xdist_group("prefect")
@pytest.mark.timeout(3600)
def test_killed_while_training(prefect_server: PrefectServer, tmp_path: Path, small_crawl: Crawl) -> None:
    """The whole default recipe: what trained halfway is trained again, from the shards that are there."""
    running = start(prefect_server.env, small_crawl, "default", tmp_path)

    def sharded() -> bool:
        assert running.poll() is None, running.communicate()
        return any(tmp_path.glob("shards-*/*.json"))

    wait_for(sharded, lambda: "no shards")
    time.sleep(3)
    os.killpg(running.pid, signal.SIGKILL)
    running.communicate()
    before = receipts(tmp_path)
    outcome(start(prefect_server.env, small_crawl, "default", tmp_path))
    after = receipts(tmp_path)
    assert {path: after[path] for path in before} == before
    trained = [receipt for _, receipt in after.values() if receipt.stage == "pretrain"]
    assert len(trained) == 1


@pytest.mark.timeout(900)
def test_nothing_to_do_is_said_without_prefect(crawl: Crawl, recipe: Path, finished: Finished) -> None:
    env = without_prefect()
    command = [sys.executable, "-X", "importtime", "-m", "gristmill", "run", str(recipe)]
    words = ["--input", str(crawl.folder), "--store", finished.plan.store]
    done = subprocess.run([*command, *words], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert f"nothing to do: all {len(finished.receipts)} tasks have their receipts" in done.stdout
    assert finished.run.root in done.stdout
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "gristmill" in imported
    assert not {"prefect", "torch"} & imported


@pytest.mark.timeout(900)
def test_ctrl_c_is_answered_with_one_line(tmp_path: Path, crawl: Crawl, recipe: Path) -> None:
    """With the server that the run starts by itself; nothing of it all is left behind."""
    env = without_prefect() | {"PREFECT_HOME": str(tmp_path / "home")}
    running = start(env, crawl, recipe, tmp_path / "store")

    def begun() -> bool:
        assert running.poll() is None, running.communicate()
        return bool(receipts(tmp_path / "store"))

    wait_for(begun, lambda: "no receipt")
    family = psutil.Process(running.pid).children(recursive=True)
    os.killpg(running.pid, signal.SIGINT)
    _, complaints = running.communicate(timeout=120)
    assert (running.returncode, complaints) == (1, STOPPED)
    check_nothing_half(tmp_path / "store")
    gone, alive = psutil.wait_procs(family, timeout=120)
    assert not alive
    assert len(gone) >= 3  # the server, the fork server, a worker
