"""`gristmill extract`: one page, many as lines, and what it says to wrong requests."""

import base64
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest
from typer.testing import CliRunner

from gristmill.core.errors import GristmillError
from gristmill.pipelines import commands_extract
from gristmill.pipelines.cli import app
from tests.pipelines.test_documented_output import differences, example

PROSE = "The mill grinds slowly, and the miller waits for the wind to turn again. "
PAGE = f"<title>Mill</title><nav><a href=/>Home</a></nav><article><p>{PROSE * 3}<p>{PROSE * 3}</article>"


@pytest.fixture
def page(tmp_path: Path) -> str:
    path = tmp_path / "page.html"
    path.write_text(PAGE)
    return str(path)


def run(*arguments: str, text: str | None = None) -> str:
    result = CliRunner().invoke(app, ["extract", *arguments], input=text)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout


def test_a_file(page: str) -> None:
    assert run(page).strip() == f"{(PROSE * 3).strip()}\n\n{(PROSE * 3).strip()}"
    assert run("-", text=PAGE) == run(page)


def test_json_tells_blocks_and_decisions(page: str) -> None:
    told = json.loads(run(page, "--json"))
    assert told["title"] == "Mill"
    assert [block["kept"] for block in told["blocks"]] == [False, True, True]
    first = told["blocks"][1]
    assert PAGE[first["begin"] : first["end"]].strip() == PROSE.strip() * 1 + " " + (PROSE * 2).strip()


def test_json_is_what_the_reference_says(page: str) -> None:
    assert not list(differences(example("extract"), json.loads(run(page, "--json"))))


def test_a_view(page: str, tmp_path: Path) -> None:
    run(page, "--view", str(tmp_path / "view.html"))
    assert 'class="gone"' in (tmp_path / "view.html").read_text()


def test_lines_of_pages(page: str) -> None:
    good = {"id": 7, "html_base64": base64.b64encode(PAGE.encode()).decode(), "url": "https://example.org/"}
    deep = good | {"id": "deep", "html_base64": base64.b64encode(b"<div>" * 9999).decode()}
    lines = run("--jsonl", "--engine", "resiliparse", text="\n".join(map(json.dumps, (deep, good))) + "\n").splitlines()
    assert json.loads(lines[0]) == {"id": "deep", "text": "", "error": "extract.too_deep"}
    assert json.loads(run("--jsonl", text=json.dumps(good))) == {"id": 7, "text": run(page)[:-1]}


@pytest.mark.parametrize(
    ("arguments", "text", "message"),
    [
        (("--jsonl",), "{}\n", "line 1 of the input is not"),
        (("--jsonl",), '{"id": 1, "html_base64": "*"}\n', "line 1 of the input is not"),
        ((), None, "name one page"),
        (("x.html", "--jsonl"), None, "name one page"),
        (("nowhere.html",), None, "cannot read nowhere.html"),
        (("-", "--engine", "lynx"), "<p>x", "no engine 'lynx'"),
        (("-", "--engine", "resiliparse", "--view", "v.html"), "<p>x", "--view shows the blocks"),
    ],
)
def test_wrong_requests(arguments: tuple[str, ...], text: str | None, message: str) -> None:
    with pytest.raises(GristmillError, match=message) as caught:
        run(*arguments, text=text)
    assert caught.value.exit_code == 2


class Server(ThreadingHTTPServer):
    """A page in Latin-1, one that moved, one without end, one that never answers."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.agents: list[str] = []
        self.closing = Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answers(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.agents.append(self.headers["User-Agent"])
        if self.path == "/slow":
            self.server.closing.wait(20)
            return
        self.send_response({"/moved": 301, "/gone": 404}.get(self.path, 200))
        self.send_header("Location", "/page")
        self.send_header("Content-Type", "text/html; charset=iso-8859-1")
        self.end_headers()
        if self.path == "/page":
            self.wfile.write(PAGE.replace("Mill", "M\xfcller").encode("latin-1"))
        while self.path == "/endless":
            try:
                self.wfile.write(b"<p>word " * 100_000)
            except OSError:
                return

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.closing.set()
        server.shutdown()
        thread.join()


def test_an_address(server: Server, page: str) -> None:
    assert run(f"{server.address}/page") == run(page)
    told = json.loads(run(f"{server.address}/moved", "--json"))
    assert (told["title"], told["charset"]) == ("M\xfcller", "windows-1252")
    assert all(agent.startswith("gristmill/") for agent in server.agents)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/gone", "the server answers 404 Not Found$"),
        ("/endless", r"it is larger than 10,485,760 bytes \(max_html_bytes\)$"),
        ("/slow", "timed out$"),
    ],
)
def test_addresses_that_fail(server: Server, path: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands_extract, "_TIMEOUT_SECONDS", 0.5 if path == "/slow" else 30.0)
    with pytest.raises(GristmillError, match=message) as caught:
        run(server.address + path)
    assert (caught.value.exit_code, "\n" in str(caught.value)) == (2, False)


def test_a_server_that_is_not_there() -> None:
    with Server() as server:
        address = server.address
    with pytest.raises(GristmillError, match=f"cannot get {address}: .*refused"):
        run(address)
