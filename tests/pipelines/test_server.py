"""The server that a run starts for itself: it answers, ends with whoever started it, and says why when it cannot start."""

import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import psutil
import pytest

from gristmill.core.errors import GristmillError
from gristmill.pipelines.server import quiet_prefect, temporary_server
from tests.pipelines.prefect_server import PrefectServer, wait_for

PARENT = """
import sys
from gristmill.pipelines.server import TemporaryServer
server = TemporaryServer()
print(server._process.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    before = dict(os.environ)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "home"))  # of this process, which is a client
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    yield
    for name in os.environ.keys() - before.keys():
        del os.environ[name]


def gone(process_id: int) -> bool:
    try:
        return psutil.Process(process_id).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.xdist_group("prefect")
@pytest.mark.timeout(900)
def test_a_server_for_a_block() -> None:
    with temporary_server() as running:
        assert running is not None
        running.wait()
        assert os.environ["PREFECT_API_URL"] == running.url
        with urllib.request.urlopen(f"{running.url}/health", timeout=30) as answer:
            assert answer.read() == b"true"
        process_id = running._process.pid
    assert "PREFECT_API_URL" not in os.environ
    assert gone(process_id)


@pytest.mark.xdist_group("prefect")
def test_a_running_server_is_used(prefect_server: PrefectServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", prefect_server.url)
    with temporary_server() as running:
        assert running is None
    assert os.environ["PREFECT_API_URL"] == prefect_server.url


def test_the_server_ends_with_a_killed_parent() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        process_id = int(parent.stdout.readline())
        parent.kill()
    wait_for(lambda: gone(process_id), lambda: f"process {process_id} still runs")


def test_a_server_that_cannot_start_says_where_its_log_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "no-python").symlink_to("/bin/false")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    with temporary_server() as running:
        assert running is not None
        with pytest.raises(GristmillError) as caught:
            running.wait()
    log = re.search(r"\S*server\.log", str(caught.value))
    assert log is not None
    assert Path(log[0]).exists()
    assert "PREFECT_API_URL" in str(caught.value)


@pytest.mark.xdist_group("prefect")
@pytest.mark.timeout(900)
def test_the_first_server_leaves_a_template_for_the_next(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for _ in range(2):
        with temporary_server() as running:
            assert running is not None
            running.wait()
            home = running._home
            assert (home / "prefect.db").exists()
        assert not home.exists()
        assert [path.name for path in (tmp_path / "gristmill").iterdir()] == [f"prefect-{version('prefect')}.db"]


def test_what_the_user_has_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_LOGGING_LEVEL", "DEBUG")
    quiet_prefect()
    assert os.environ["PREFECT_LOGGING_LEVEL"] == "DEBUG"
    assert os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"


@pytest.mark.parametrize(("words", "level"), [([], "CRITICAL"), (["--debug"], "WARNING")])
def test_prefect_s_tracebacks_are_shown_with_debug_only(
    monkeypatch: pytest.MonkeyPatch, words: list[str], level: str
) -> None:
    monkeypatch.delenv("PREFECT_LOGGING_LEVEL", raising=False)
    monkeypatch.setattr(sys, "argv", ["gristmill", "run", *words])
    quiet_prefect()
    assert os.environ["PREFECT_LOGGING_LEVEL"] == level
