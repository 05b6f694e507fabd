"""Starts the dashboard: Streamlit on a page that knows which store to show."""

import subprocess
import sys
from pathlib import Path

import gristmill
from gristmill.core.errors import GristmillError
from gristmill.pipelines.runs import read_run
from gristmill.pipelines.store import existing_store

_PAGE = Path(gristmill.__file__).parent / "dashboard" / "app.py"


def serve(store: str, run_id: str | None, host: str, port: int) -> None:
    """Serve the dashboard until it is stopped.

    Raises:
        UsageError: the store has no finished run.
        GristmillError: Streamlit ended with an error.
    """
    run = read_run(existing_store(store), run_id)
    command = [
        sys.executable, "-m", "streamlit", "run", str(_PAGE.resolve()),
        "--server.address", host, "--server.port", str(port), "--server.headless", "true",
        "--browser.gatherUsageStats", "false", "--server.fileWatcherType", "none",
        "--", "--store", store, "--run", run.id,
    ]  # fmt: skip
    code = subprocess.call(command)
    if code:
        raise GristmillError(f"the dashboard ended with exit code {code}. Is port {port} free? Try another --port.")
