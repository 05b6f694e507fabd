"""A real Prefect server for all tests that need one, and processes that talk to it. Its tests share one xdist group."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from gristmill.pipelines.server import _free_port

START_SECONDS = 240  # 20 s on an idle machine; those that run tests are not
LONG_SECONDS = 480  # no run of a tiny sample takes that long, also under load

GUARD = """
import os, subprocess, sys, threading
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
threading.Thread(target=lambda: os._exit(child.wait() & 0xFF), daemon=True).start()
sys.stdin.buffer.read()
child.terminate()
threading.Event().wait(20)
child.kill()
"""
"""Runs a command until it ends or its own standard input does: so nothing outlives tests that were killed."""


@dataclass(frozen=True)
class PrefectServer:
    """A running server.

    Attributes:
        env: what its clients need in their environment.
        folder: for the logs of processes.
    """

    url: str
    env: Mapping[str, str]
    folder: Path

    def get(self, path: str) -> Any:
        return self._ask(urllib.request.Request(self.url + path))

    def post(self, path: str, body: Any) -> Any:
        data, headers = json.dumps(body).encode(), {"content-type": "application/json"}
        return self._ask(urllib.request.Request(self.url + path, data, headers))

    def _ask(self, request: urllib.request.Request) -> Any:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())


def wait_for(found: Callable[[], Any], what: Callable[[], str], seconds: float = LONG_SECONDS) -> Any:
    """Ask again and again until the answer is true; fail with what is said otherwise."""
    deadline = time.monotonic() + seconds
    while not (answer := found()):
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds} s: {what()}")
        time.sleep(0.1)
    return answer


@contextmanager
def process(command: list[str], env: Mapping[str, str], log: Path, cwd: Path) -> "Iterator[subprocess.Popen[bytes]]":
    """A process for the block, with all that it starts; its output goes to a file."""
    guarded = [sys.executable, "-c", GUARD, *command]
    with log.open("ab") as output:
        running = subprocess.Popen(
            guarded, env=env, cwd=cwd, stdin=subprocess.PIPE, stdout=output, stderr=output, start_new_session=True
        )
    try:
        yield running
    finally:
        family = descendants(running.pid)
        running.communicate()
        for child in family:  # a flow has a session of its own
            try:
                child.kill()
            except psutil.NoSuchProcess:
                continue


def descendants(process_id: int) -> list[psutil.Process]:
    try:
        return psutil.Process(process_id).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    """A server with an empty database."""
    folder = tmp_path_factory.mktemp("prefect-server")
    port = _free_port()
    env = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")} | {
        "PREFECT_HOME": str(folder / "home"),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_LOGGING_TO_API_ENABLED": "false",
        "PREFECT_CLI_PROMPT": "false",
    }
    log = folder / "server.log"
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with process(command, env, log, folder) as server:
        running = PrefectServer(env["PREFECT_API_URL"], env, folder)

        def healthy() -> bool:
            if server.poll() is not None:
                pytest.fail(f"the server ended with {server.returncode}:\n{log.read_text()}")
            try:
                return bool(running.get("/health"))
            except OSError:
                return False

        wait_for(healthy, lambda: f"the server does not answer:\n{log.read_text()}", START_SECONDS)
        yield running
