"""A Prefect API server for the length of one run, for people who have none running.

Prefect starts one by itself, but only when the first flow begins, and takes 20 s; started early and in parallel with the
imports and the workers it costs 8 s (measured on two cores). Its database has no value to Gristmill, as receipts decide:
each server gets an empty one in a folder of its own, so that runs side by side do not wait for one another's locks.
"""

import contextlib
import importlib.metadata
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gristmill.core.errors import GristmillError

START_SECONDS = 240  # 8 s on two idle cores; a machine under heavy load took over 120
_QUIET = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
    "PREFECT_CLI_PROMPT": "false",
}

# Prefect's server records each event of a task in a transaction of its own, which costs two cores more than the tasks do;
# in batches it costs a fifth. Nobody can look at a temporary server's events or set triggers on them.
_LIGHT = {
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "500",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "2",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED": "false",
}


def quiet_prefect() -> None:
    """Choose Prefect's settings before it is imported; what the user has set stays."""
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    # Prefect logs each failure with its traceback, before Gristmill says in one sentence what is wrong.
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "WARNING" if "--debug" in sys.argv else "CRITICAL")


class TemporaryServer:
    """A Prefect server in a process of its own, reachable on loopback only."""

    def __init__(self) -> None:
        """Start the process; `wait` tells when it answers."""
        quiet_prefect()
        self._home = Path(tempfile.mkdtemp(prefix="gristmill-prefect-"))
        self._log = self._home / "server.log"
        self._failed = False
        self._port = _free_port()
        self._process = self._start()

    @property
    def url(self) -> str:
        """What PREFECT_API_URL must be."""
        return f"http://127.0.0.1:{self._port}/api"

    def wait(self) -> None:
        """Wait until the server answers.

        Raises:
            GristmillError: it does not; the message names its log.
        """
        if self._answers():
            return
        self._failed = True
        raise GristmillError(
            f"the temporary Prefect server did not start; {self._log} says why. Or set PREFECT_API_URL to a running one."
        )

    def stop(self) -> None:
        """End the process, at once, and remove its folder."""
        self._end()
        if not self._failed:  # else its log is still to be read
            shutil.rmtree(self._home, ignore_errors=True)

    def _end(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _start(self) -> "subprocess.Popen[bytes]":
        environment = _LIGHT | os.environ | {"PREFECT_HOME": str(self._home)}
        environment.pop("PREFECT_API_URL", None)
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "gristmill.pipelines.server", str(self._port), str(self._home)],
                env=environment,
                stdin=subprocess.PIPE,  # closes when this process dies, however it dies; the server ends itself then
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is not for it: the flow has yet to report to it
            )

    def _answers(self) -> bool:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/health", timeout=2):
                    return True
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        return False


@contextmanager
def temporary_server() -> Iterator[TemporaryServer | None]:
    """A server for the block, started at once; None if PREFECT_API_URL names a running one."""
    if os.environ.get("PREFECT_API_URL"):
        quiet_prefect()
        yield None
        return
    server = TemporaryServer()
    os.environ["PREFECT_API_URL"] = server.url
    try:
        yield server
    finally:
        del os.environ["PREFECT_API_URL"]
        server.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def make_database(path: Path) -> None:
    """An empty database with Prefect's tables, for PREFECT_HOME of this process.

    Making the tables takes 8 s, so the first one is kept as a template for this version of Prefect.
    """
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    template = Path(base) / "gristmill" / f"prefect-{importlib.metadata.version('prefect')}.db"
    if template.exists():
        shutil.copyfile(template, path)
        return
    subprocess.run([sys.executable, "-m", "prefect", "server", "database", "upgrade", "--yes"], check=True)
    fresh = template.with_suffix(f".{os.getpid()}")
    with contextlib.suppress(OSError, sqlite3.Error), contextlib.closing(sqlite3.connect(path)) as database:
        template.parent.mkdir(parents=True, exist_ok=True)
        database.execute("VACUUM INTO ?", (str(fresh),))
        fresh.replace(template)


def _serve(port: int, home: Path) -> None:
    """Body of the server's process."""

    def end_with_parent() -> None:
        os.read(sys.stdin.fileno(), 1)  # nothing is ever written: it returns at the end of file
        shutil.rmtree(home, ignore_errors=True)
        os._exit(0)

    threading.Thread(target=end_with_parent, daemon=True).start()
    make_database(home / "prefect.db")
    import uvicorn
    from prefect.server.api.server import create_app

    app = create_app(ephemeral=True)  # without the UI and the services that only schedules need: they poll all the time
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", timeout_graceful_shutdown=2)


if __name__ == "__main__":
    if len(sys.argv) == 1:  # at install time: leave the template for all servers to come
        first = TemporaryServer()
        first.wait()
        first.stop()
    else:
        _serve(int(sys.argv[1]), Path(sys.argv[2]))
