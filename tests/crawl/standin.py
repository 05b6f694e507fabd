"""A stand-in for Common Crawl's server: a real HTTP server on loopback, with faults by seed, that watches its guests."""

import contextlib
import random
import socket
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

STALL_SECONDS = 1.5  # longer than the tests' clients wait


@dataclass
class Faults:
    """Shares of requests that go wrong."""

    busy: float = 0.0  # 503 with Retry-After
    reset: float = 0.0  # the connection is reset in the middle of the body
    stall: float = 0.0  # silence in the middle of the body
    cut: float = 0.0  # the connection ends in the middle of the body, as if that were all


@dataclass
class StandIn:
    """What was asked of a server, and when."""

    root: Path
    faults: Faults = field(default_factory=Faults)
    seed: int = 0
    url: str = ""
    times: list[float] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)
    paths: list[str] = field(default_factory=list)
    ranges: list[str] = field(default_factory=list)
    fates: list[str] = field(default_factory=list)
    sent: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._lock = threading.Lock()

    def fate(self, path: str, agent: str, wanted: str) -> tuple[str, float]:
        """What becomes of a request, and after which share of its body."""
        with self._lock:
            self.times.append(time.monotonic())
            self.paths.append(path)
            self.ranges.append(wanted)
            self.agents.add(agent)
            draw, at = self._random.random(), self._random.random()
            fate = "good"
            for name in ("busy", "reset", "stall", "cut"):
                draw -= getattr(self.faults, name)
                if draw < 0:
                    fate = name
                    break
            self.fates.append(fate)
            return fate, at

    def most_in(self, seconds: float) -> int:
        """Most requests within any window of so many seconds."""
        times = sorted(self.times)
        first = most = 0
        for last, moment in enumerate(times):
            while moment - times[first] >= seconds:
                first += 1
            most = max(most, last - first + 1)
        return most


class _Handler(BaseHTTPRequestHandler):
    site: StandIn
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, with_body: bool) -> None:
        wanted = self.headers.get("Range") or ""
        fate, at = self.site.fate(self.path, self.headers["User-Agent"], wanted)
        if fate == "busy":
            self._head(503, 0, {"Retry-After": "0"})
            return
        path = self.site.root / self.path.lstrip("/")
        if not path.is_file():
            self._head(404, 0, {})
            return
        data = path.read_bytes()
        status, start, end = 200, 0, len(data)
        extra = {"ETag": f'"{len(data)}"'}
        if wanted.startswith("bytes="):
            first, _, last = wanted.removeprefix("bytes=").partition("-")
            start, end, status = int(first), min(len(data), int(last) + 1) if last else len(data), 206
            extra["Content-Range"] = f"bytes {start}-{end - 1}/{len(data)}"
        self._head(status, end - start, extra)
        if with_body:
            self._body(data[start:end], fate, at)

    def _head(self, status: int, length: int, extra: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**extra, "Content-Length": str(length)}.items():
            self.send_header(name, value)
        self.end_headers()

    def _body(self, data: bytes, fate: str, at: float) -> None:
        with contextlib.suppress(OSError):
            if fate == "good":
                self.wfile.write(data)
                self.site.sent += len(data)
                return
            self.wfile.write(data[: int(len(data) * at)])
            self.wfile.flush()
            if fate == "stall":
                time.sleep(STALL_SECONDS)
            if fate == "reset":
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close_connection = True


class _Server(ThreadingHTTPServer):
    request_queue_size = 64
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Guests may hang up; that is what they are tested for."""


@contextlib.contextmanager
def serve(root: Path, faults: Faults | None = None, seed: int = 0) -> Iterator[StandIn]:
    """Serve a folder for the block."""
    site = StandIn(root, faults or Faults(), seed)
    server = _Server(("127.0.0.1", 0), type("Bound", (_Handler,), {"site": site}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_port}"
    yield site
    server.shutdown()
    server.server_close()
    thread.join()
