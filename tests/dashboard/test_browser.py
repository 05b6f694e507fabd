"""The page in a real browser: charts are drawn, nothing of a hostile page runs, and no request leaves this machine.

Needs Node, Chromium (CHROMIUM, or one on the path) and playwright-core (GRISTMILL_PLAYWRIGHT names the `node_modules`
that holds it; else ~/.cache/gristmill/browser/node_modules). `npm install playwright-core` there is all; no browser is
downloaded.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.dashboard.stores import ATTACKS, HOSTILE_URL, TITLE

pytestmark = [pytest.mark.xdist_group("dashboard"), pytest.mark.timeout(900)]

_SCRIPT = Path(__file__).with_name("screenshot.mjs")
_START_SECONDS = 180


def _tools() -> dict[str, str]:
    """Node, Chromium and playwright-core; skips the test, with the reason, where one is not there."""
    node = shutil.which("node")
    names = ("chromium", "chromium-browser", "google-chrome")
    chromium = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    default = Path.home() / ".cache" / "gristmill" / "browser" / "node_modules"
    modules = Path(os.environ.get("GRISTMILL_PLAYWRIGHT") or default)
    if node is None:
        pytest.skip("no browser test: node is not installed")
    if chromium is None:
        pytest.skip("no browser test: chromium is not installed; set CHROMIUM if it has another name")
    if not (modules / "playwright-core").is_dir():
        pytest.skip(f"no browser test: no playwright-core in {modules}; 'npm install playwright-core' there")
    return {"node": node, "chromium": chromium, "modules": str(modules)}


@pytest.fixture
def tools() -> dict[str, str]:
    return _tools()


@pytest.fixture
def dashboard(tools: dict[str, str], shown_store: Path, tmp_path: Path) -> Iterator[str]:
    """The address of a dashboard that `gristmill dashboard` serves."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gristmill", "dashboard", "--store", str(shown_store), "--port", str(port)]
    log = tmp_path / "dashboard.log"
    with log.open("wb") as out:
        server = subprocess.Popen(command, stdout=out, stderr=out, cwd=tmp_path, start_new_session=True)
    try:
        _wait(f"http://127.0.0.1:{port}/_stcore/health", server, log)
        yield f"http://127.0.0.1:{port}/"
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def _wait(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        assert server.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.5)
    pytest.fail(f"the dashboard did not start in {_START_SECONDS} s:\n{log.read_text()}")


def visit(tools: dict[str, str], url: str, folder: Path, sections: list[dict[str, Any]]) -> dict[str, Any]:
    """Open sections in the browser; what it saw (screenshot.mjs)."""
    options = folder / "options.json"
    options.write_text(json.dumps({**tools, "url": url, "failure": str(folder / "failure.png"), "sections": sections}))
    done = subprocess.run(
        [tools["node"], str(_SCRIPT), str(options)], capture_output=True, text=True, timeout=800, check=False
    )
    assert done.returncode == 0, done.stderr + f"\nscreenshot: {folder / 'failure.png'}"
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def test_page_in_a_browser(tools: dict[str, str], dashboard: str, tmp_path: Path) -> None:
    picture = tmp_path / "overview.png"
    seen = visit(
        tools,
        dashboard,
        tmp_path,
        [
            {"query": "", "charts": 2, "picture": str(picture)},
            {"query": "?section=Signals", "charts": 1},
            {"query": "?section=Languages+and+domains", "charts": 2},
            {"query": "?section=Duplicates", "charts": 1},
            {
                "query": "?section=Documents&find=https%3A%2F%2Fhostile.example%2F",
                "wait": [".gm-text", "[data-testid=stLinkButton] a"],
            },
            {"query": "?section=Documents&find=javascript%3A", "wait": [".gm-text mark", "[data-testid=stCode]"]},
        ],
    )
    assert seen["outside"] == []  # no request to another host, whatever the pages say
    assert seen["errors"] == []
    assert seen["dialogs"] == 0
    assert [section["pwned"] for section in seen["sections"]] == [None] * 6
    assert [section["exceptions"] for section in seen["sections"]] == [[]] * 6
    assert [section["charts"] for section in seen["sections"][:3]] == [2, 1, 2]
    assert picture.stat().st_size > 20_000
    _check_hostile(*seen["sections"][4:])


def _check_hostile(web: dict[str, Any], script: dict[str, Any]) -> None:
    """What the two hostile pages look like: their text as it is, and no element of theirs."""
    for section in (web, script):
        (shown,) = section["shown"]
        for attack in ATTACKS:
            assert attack in shown
        assert TITLE in section["text"]
        assert set(section["inside"]) <= {"MARK"}
        assert not [image for image in section["images"] if "evil" in image]
        assert not [link for link in section["links"] if not link["href"].startswith("http")]
    (link,) = [link for link in web["links"] if "hostile" in link["href"] and "127.0.0.1" not in link["href"]]
    assert link["href"].startswith(HOSTILE_URL.partition("<")[0])
    assert "noreferrer" in link["rel"] and link["target"] == "_blank"  # implies noopener (HTML standard, 4.6.7.14)
    assert not [link for link in script["links"] if "127.0.0.1" not in link["href"]]
    assert script["marks"]
