"""A Prefect API server for the length of one run, for people who have none running.

Prefect starts one by itself, but only when the first flow begins, and takes 20 s; started early and in parallel with the
imports and the workers it costs 8 s (measured on two cores). Its database has no value to Gristmill: receipts decide.
"""

import os
import socket
import subprocess
import sys
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
        self._home = Path(os.environ.get("PREFECT_HOME") or _own_home())
        self._home.mkdir(parents=True, exist_ok=True)
        self._log = self._home / "gristmill-server.log"
        self._port = _free_port()
        self._process = self._start()

    @property
    def url(self) -> str:
        """What PREFECT_API_URL must be."""
        return f"http://127.0.0.1:{self._port}/api"

    def wait(self) -> None:
        """Wait until the server answers.

        Raises:
            GristmillError: it does not, also not with a fresh database; the message names its log.
        """
        if self._answers():
            return
        self.stop()
        database = self._home / "prefect.db"
        if (
            "PREFECT_HOME" not in os.environ and database.exists()
        ):  # a start that was killed halfway can leave it unusable
            database.replace(database.with_suffix(".broken"))
            self._process = self._start()
            if self._answers():
                return
        self.stop()
        raise GristmillError(
            f"the temporary Prefect server did not start; {self._log} says why. Or set PREFECT_API_URL to a running one."
        )

    def stop(self) -> None:
        """End the process, at once: its database has no value."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _start(self) -> "subprocess.Popen[bytes]":
        environment = os.environ | {"PREFECT_HOME": str(self._home)}
        environment.pop("PREFECT_API_URL", None)
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "gristmill.pipelines.server", str(self._port)],
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


def _own_home() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "gristmill" / "prefect"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _serve(port: int) -> None:
    """Body of the server's process."""

    def end_with_parent() -> None:
        sys.stdin.buffer.read()
        os._exit(0)

    threading.Thread(target=end_with_parent, daemon=True).start()
    import uvicorn
    from prefect.server.api.server import create_app

    app = create_app(ephemeral=True)  # without the UI and the services that only schedules need: they poll all the time
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", timeout_graceful_shutdown=2)


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
