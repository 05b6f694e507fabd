"""Buckets that refuse: one line that names the address, what was answered, and what to set."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from gristmill.core.errors import InputError, StoreError
from gristmill.crawl.asking import Asker, MissingError
from gristmill.crawl.fetch import fetch
from gristmill.crawl.input_file import InputFile
from gristmill.crawl.inputs import expand_inputs
from gristmill.crawl.manners import Manners
from gristmill.pipelines.store import Store

URL = "s3://crawls/one/a.warc.gz"
Refuse = Callable[[int, str], list[str]]


@pytest.fixture
def refuse(monkeypatch: pytest.MonkeyPatch) -> Iterator[Refuse]:
    """Let an S3 service on loopback answer everything with an error; what it is asked for is listed."""
    answers = [(500, "")]
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            asked.append(self.path)
            status, code = answers[-1]
            body = f"<?xml version='1.0'?>\n<Error><Code>{code}</Code><Message>So it is.</Message></Error>".encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def refusing(status: int, code: str) -> list[str]:
        answers.append((status, code))
        return asked

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_REGION": "us-east-1",
        "AWS_ALLOW_HTTP": "true",
    }.items():
        monkeypatch.setenv(name, value)
    yield refusing
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("status", "code", "remedy"),
    [
        (403, "AccessDenied", "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of somebody who may.*AWS_SKIP_SIGNATURE"),
        (403, "InvalidAccessKeyId", "check AWS_ACCESS_KEY_ID"),
        (403, "SignatureDoesNotMatch", "check AWS_SECRET_ACCESS_KEY"),
        (400, "ExpiredToken", "AWS_SESSION_TOKEN anew"),
        (400, "AuthorizationHeaderMalformed", "set AWS_REGION"),
    ],
)
def test_wrong_credentials_are_told_at_once(
    refuse: Refuse, tmp_path: Path, status: int, code: str, remedy: str
) -> None:
    asked = refuse(status, code)
    said = rf"the bucket answers {status} {code} \(So it is\); .*{remedy}[^\n]*\.\Z"
    for url in (URL, "s3://crawls/one/"):
        with pytest.raises(InputError, match=rf"^input '{url}' cannot be read: {said}") as raised:
            expand_inputs([url])
        assert raised.value.exit_code == 2
    with Asker() as asker:
        with pytest.raises(InputError, match=rf"^{URL}: {said}"):
            asker.read(URL)
        with pytest.raises(InputError, match=rf"^{URL}: {said}"):
            asker.size(URL)
    waited: list[float] = []
    fetched = fetch(InputFile("a.warc.gz", URL, -1, "", False), tmp_path, manners=Manners(sleep=waited.append))
    assert fetched.reason == "fetch.unreadable"
    assert fetched.message.startswith(f"{URL}: the bucket answers {status} {code} (So it is); ")
    assert len(asked) == 5
    assert waited == []
    with pytest.raises(StoreError, match=f"^cannot list the store s3://crawls/store: the bucket answers {status}"):
        list(Store("s3://crawls/store").entries())


def test_what_is_not_there(refuse: Refuse, tmp_path: Path) -> None:
    refuse(404, "NoSuchKey")
    with Asker() as asker, pytest.raises(MissingError, match="the bucket does not have it; check the address"):
        asker.read(URL)
    refuse(404, "NoSuchBucket")
    with pytest.raises(InputError, match=r"404 NoSuchBucket .*check the bucket's name"):
        expand_inputs(["s3://crawls/one/"])
    fetched = fetch(InputFile("a.warc.gz", URL, -1, "", False), tmp_path)
    assert "check the bucket's name" in fetched.message


def test_an_endpoint_that_nobody_listens_at(monkeypatch: pytest.MonkeyPatch, refuse: Refuse, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(InputError, match="the bucket cannot be reached; check the network and AWS_ENDPOINT_URL"):
        expand_inputs([URL])
    waited: list[float] = []
    manners = Manners(attempts=2, sleep=waited.append)
    fetched = fetch(InputFile("a.warc.gz", URL, -1, "", False), tmp_path, manners=manners)
    assert "given up after 2 attempts in a row: the bucket cannot be reached" in fetched.message
    assert len(waited) == 1
