import fcntl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from gristmill.core.errors import InputError
from gristmill.crawl.fetch import Fetched, cache_path, drop, fetch
from gristmill.crawl.input_file import InputFile, part_name
from gristmill.crawl.inputs import expand_inputs
from gristmill.crawl.manners import Manners, retry_after
from tests.crawl.warcs import gz, pages

CONTENT = b"".join(gz(part, 0) for part in pages(300))


@dataclass
class Site:
    """A server that answers the n-th GET as told: "ok", "503", "drop", "ignore" (the range), "404", "403"."""

    url: str = ""
    content: bytes = CONTENT
    etag: str = '"one"'
    script: list[str] = field(default_factory=list)
    busy: int = 0  # so many HEADs are answered with 503
    asked: list[str | None] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)
    waited: list[float] = field(default_factory=list)

    def manners(self, attempts: int = 4) -> Manners:
        return Manners(attempts=attempts, contact="mail@site.example", sleep=self.waited.append)


class Handler(BaseHTTPRequestHandler):
    site: Site

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_HEAD(self) -> None:
        if self.site.busy:
            self.site.busy -= 1
            self.send_response(503)
            self.send_header("Retry-After", "0")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.answer(200, 0)

    def do_GET(self) -> None:
        site = self.site
        site.asked.append(self.headers.get("Range"))
        site.agents.add(self.headers["User-Agent"])
        step = site.script.pop(0) if site.script else "ok"
        start = int((self.headers.get("Range") or "bytes=0-").split("=")[1].split("-")[0])
        if step.isdecimal():
            self.send_response(int(step))
            self.send_header("Retry-After", "7")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if step == "ignore" or self.headers.get("If-Range", site.etag) != site.etag:
            start = 0
        self.answer(206 if start else 200, start)
        body = site.content[start:]
        self.wfile.write(body[: len(body) // 2] if step == "drop" else body)
        self.wfile.flush()
        self.close_connection = True

    def answer(self, status: int, start: int) -> None:
        size = len(self.site.content)
        self.send_response(status)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        self.send_header("Content-Length", str(size - start))
        self.send_header("ETag", self.site.etag)
        self.end_headers()


@pytest.fixture
def site() -> Iterator[Site]:
    state = Site()
    handler = type("Bound", (Handler,), {"site": state})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}/crawl-data/x.warc.gz"
    yield state
    server.shutdown()
    server.server_close()
    thread.join()


def plan(site: Site) -> InputFile:
    (file,) = expand_inputs([site.url])
    return file


def test_a_busy_server_is_asked_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[int] = []
    monkeypatch.setattr("gristmill.crawl.manners.Manners.wait", lambda _, failures, seconds: waited.append(failures))
    site.busy = 3
    assert plan(site).size == len(CONTENT)
    assert waited == [1, 2, 3]
    site.busy = 4
    with pytest.raises(InputError, match="the server answers 503"):
        plan(site)


def assert_whole(fetched: Fetched, site: Site) -> None:
    assert fetched.reason == "", fetched.message
    assert fetched.path is not None
    assert fetched.path.read_bytes() == site.content
    assert fetched.bytes == len(site.content)


def test_a_url_is_an_input(site: Site) -> None:
    file = plan(site)
    assert (file.address, file.size, file.identity) == ("crawl-data/x.warc.gz", len(CONTENT), '"one"')
    assert file.explicit
    assert file.remote


def test_a_file_is_fetched_once(site: Site, tmp_path: Path) -> None:
    file = plan(site)
    assert_whole(fetch(file, tmp_path, manners=site.manners()), site)
    assert_whole(fetch(file, tmp_path, manners=site.manners()), site)
    assert site.asked == [None]
    assert [path.name for path in tmp_path.iterdir()] == [part_name(file)]
    assert site.agents == {next(iter(site.agents))}
    assert next(iter(site.agents)).endswith("(+mail@site.example)")
    drop(file, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_another_process_fetches_is_not_dropped(site: Site, tmp_path: Path) -> None:
    (file,) = expand_inputs([site.url])
    partial = cache_path(file, tmp_path).with_suffix(".partial")
    partial.write_bytes(CONTENT[:99])
    lock = partial.with_name(partial.name + ".lock")
    with lock.open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        drop(file, tmp_path)
        assert partial.exists()
        assert lock.exists()
    drop(file, tmp_path)  # its holder ended without a word
    assert list(tmp_path.iterdir()) == []


def test_broken_connections_are_resumed(site: Site, tmp_path: Path) -> None:
    site.script = ["drop", "503", "drop", "drop", "ok"]
    assert_whole(fetch(plan(site), tmp_path, manners=site.manners()), site)
    starts = [int(text[6:-1]) if text else 0 for text in site.asked]
    assert starts == sorted(starts)
    assert starts[1] == starts[2] == len(CONTENT) // 2
    assert len(set(starts)) == 4
    assert len(site.waited) == 4
    assert site.waited[1] == 7.0  # Retry-After
    assert all(0.5 <= wait <= 1.5 for wait in site.waited[2:])  # progress resets the back-off


def test_a_server_without_ranges_starts_again(site: Site, tmp_path: Path) -> None:
    site.script = ["drop", "ignore"]
    assert_whole(fetch(plan(site), tmp_path, manners=site.manners()), site)


def test_a_file_that_changed_is_not_mixed(site: Site, tmp_path: Path) -> None:
    file = plan(site)
    site.script = ["drop"]
    fetch(file, tmp_path, manners=site.manners(attempts=1))
    site.etag = '"two"'
    fetched = fetch(file, tmp_path, manners=site.manners())
    assert (fetched.path, fetched.reason) == (None, "fetch.unreadable")
    assert "changed" in fetched.message


@pytest.mark.parametrize(("step", "requests"), [("503", 4), ("403", 1), ("404", 1)])
def test_giving_up(site: Site, tmp_path: Path, step: str, requests: int) -> None:
    site.script = [step] * 9
    fetched = fetch(plan(site), tmp_path, manners=site.manners())
    assert (fetched.path, fetched.reason) == (None, "fetch.unreadable")
    assert step in fetched.message
    assert site.url in fetched.message
    assert len(site.asked) == requests


def test_permits_are_asked_first(site: Site, tmp_path: Path) -> None:
    class Budget:
        requests = bytes = 0

        def acquire(self, requests: int, bytes: int) -> None:
            self.requests += requests
            self.bytes += bytes

    budget = Budget()
    site.script = ["503", "ok"]
    fetch(plan(site), tmp_path, budget, site.manners())
    assert (budget.requests, budget.bytes) == (2, len(CONTENT))


def test_what_is_no_warc_has_a_reason(site: Site, tmp_path: Path) -> None:
    site.content = gz(b"<html>" * 50)
    assert fetch(plan(site), tmp_path, manners=site.manners()).reason == "fetch.not_a_warc"


def test_local_files_stay_where_they_are(tmp_path: Path) -> None:
    crawl = tmp_path / "crawl"
    crawl.mkdir()
    for name, content in (("a", CONTENT), ("b", b""), ("c", b"text"), ("d", CONTENT), ("e", CONTENT)):
        (crawl / f"{name}.warc.gz").write_bytes(content)
    files = expand_inputs([str(crawl)])
    (crawl / "d.warc.gz").write_bytes(CONTENT[:-9])
    (crawl / "e.warc.gz").unlink()
    fetched = [fetch(file, tmp_path / "cache") for file in files]
    reasons = ["", "fetch.empty", "fetch.not_a_warc", "fetch.short", "fetch.unreadable"]
    assert [one.reason for one in fetched] == reasons
    assert fetched[0].path == crawl / "a.warc.gz"
    assert not (tmp_path / "cache").exists()
    drop(files[0], tmp_path / "cache")
    assert (crawl / "a.warc.gz").exists()
    assert cache_path(files[0], tmp_path).name == part_name(files[0])


def test_wrong_addresses_are_named(site: Site) -> None:
    site.content = b""
    with pytest.raises(InputError, match="is empty"):
        plan(site)
    for url in ("http://127.0.0.1:1/x.warc.gz", "http://[::1/x"):
        with pytest.raises(InputError, match=r"127.0.0.1:1|::1"):
            expand_inputs([url])


def test_retry_after() -> None:
    assert retry_after("120") == 120.0
    assert retry_after("") == retry_after("soon") == 0.0
    assert 50 < retry_after(formatdate(time.time() + 60, usegmt=True)) <= 60
    assert retry_after(formatdate(time.time() - 60, usegmt=True)) == 0.0
