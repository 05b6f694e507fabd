"""Bytes from a server or a bucket into a local file: streamed, resumed where a connection broke, within a budget."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import obstore

from gristmill.crawl.bucket import open_bucket, trouble_of
from gristmill.crawl.budget import Permits
from gristmill.crawl.manners import RETRY_STATUS, Manners, retry_after
from gristmill.crawl.remote import open_client, validator
from gristmill.crawl.spans import Span

_CHUNK_BYTES = 1 << 20
_MOVED = "it has changed on the server since the run was planned; plan it again"


class DownloadError(Exception):
    """A file that did not come.

    Args:
        reason: "fetch.unreadable", "fetch.short" if a part of it came, or "fetch.empty".
        message: the reason in words.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass
class Wanted:
    """What is to come.

    Attributes:
        location: URL.
        size: bytes of the whole file; -1 if nobody said yet.
        identity: ETag or Last-Modified of the state that is wanted; "" takes the first that comes.
        spans: which bytes of it, one after the other; none for the whole file.
    """

    location: str
    size: int
    identity: str
    spans: Sequence[Span] = ()

    def next_range(self, have: int) -> tuple[int, int] | None:
        """Bytes [start, end) of the whole file to ask for when `have` bytes came; end -1: up to the file's end."""
        if not self.spans:
            return None if 0 <= self.size <= have and have else (have, -1)
        for start, end in self.spans:
            if have < end - start:
                return start + have, end
            have -= end - start
        return None


def download(wanted: Wanted, partial: Path, permits: Permits, manners: Manners) -> None:
    """Bring a file's bytes into `partial`, after those that it holds already.

    Raises:
        DownloadError: it was given up, or asking again would not help.
        OSError: `partial` cannot be written.
    """
    source = _Server(wanted, manners) if wanted.location.lower().startswith("http") else _Bucket(wanted, manners)
    failures = 0
    with source:
        while (range_ := wanted.next_range(_size(partial))) is not None:
            before = _size(partial)
            permits.acquire(1, 0)
            try:
                source.take(range_, partial, permits)
                continue
            except _TryAgainError as error:
                failures = failures + 1 if _size(partial) <= before else 1
                if failures >= manners.attempts:
                    said = f"{wanted.location}: given up after {failures} attempts in a row: {error}"
                    raise DownloadError(error.reason, said) from error
                manners.wait(failures, error.wait_seconds)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


class _TryAgainError(Exception):
    def __init__(self, message: str, wait_seconds: float = 0.0, reason: str = "fetch.unreadable") -> None:
        super().__init__(message)
        self.wait_seconds, self.reason = wait_seconds, reason


class _Server:
    """An http(s) server; one connection is used again for all ranges of a file."""

    def __init__(self, wanted: Wanted, manners: Manners) -> None:
        self._wanted = wanted
        self._client = open_client(manners.contact, manners.timeout_seconds)

    def __enter__(self) -> "_Server":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def take(self, wanted_range: Span, partial: Path, permits: Permits) -> None:
        """Ask for a range once and append what comes."""
        start, end = wanted_range
        headers = {"Range": f"bytes={start}-{end - 1 if end >= 0 else ''}"} if start or end >= 0 else {}
        if headers and self._wanted.identity.startswith('"'):  # a weak ETag is no promise of equal bytes
            headers["If-Range"] = self._wanted.identity
        try:
            with self._client.stream("GET", self._wanted.location, headers=headers) as answer:
                append = self._check(answer, start, end, partial)
                with partial.open("ab" if append else "wb") as target:
                    # As it comes: a chunk size would hold back what a broken connection had brought.
                    for chunk in answer.iter_raw():
                        permits.acquire(0, len(chunk))
                        target.write(chunk)
        except httpx.HTTPError as error:
            raise _TryAgainError(f"the connection failed: {error or type(error).__name__}", 0, "fetch.short") from error
        if end < 0:
            self._check_length(answer, start if append else 0, _size(partial), partial)

    def _check(self, answer: httpx.Response, start: int, end: int, partial: Path) -> bool:
        """Whether what comes belongs behind what is there (else it replaces it)."""
        status, wanted = answer.status_code, self._wanted
        said = f"the server answers {status} {answer.reason_phrase}"
        if status in RETRY_STATUS:
            raise _TryAgainError(said, retry_after(answer.headers.get("retry-after", "")))
        if status == 416 and not wanted.spans:  # the partial file is longer than the file: it is another one's
            partial.unlink()
            raise _TryAgainError("the server has fewer bytes than were received before")
        if status not in (200, 206):
            raise DownloadError("fetch.unreadable", f"{wanted.location}: {said}")
        state = validator(answer.headers)
        if wanted.identity and state not in ("", wanted.identity):
            raise DownloadError("fetch.unreadable", f"{wanted.location}: {_MOVED}")
        wanted.identity = wanted.identity or state
        if status == 206 and not answer.headers.get("content-range", "").startswith(f"bytes {start}-"):
            raise _TryAgainError("the server sent another range than was asked for")
        if status == 200 and end >= 0:
            raise DownloadError("fetch.unreadable", f"{wanted.location}: the server knows no byte ranges")
        return status == 206

    def _check_length(self, answer: httpx.Response, start: int, received: int, partial: Path) -> None:
        length = answer.headers.get("content-length", "")
        wanted = self._wanted
        if wanted.size < 0:
            wanted.size = start + int(length) if length.isdecimal() else received
        if received > wanted.size:
            partial.unlink()
        if not wanted.size:
            raise DownloadError("fetch.empty", f"{wanted.location} has 0 bytes")
        if received != wanted.size:
            raise _TryAgainError(f"{received:,} of {wanted.size:,} bytes came", 0, "fetch.short")


class _Bucket:
    """An object in a bucket; obstore repeats single requests by itself, so only broken streams are resumed here."""

    def __init__(self, wanted: Wanted, manners: Manners) -> None:
        self._wanted = wanted
        self._bucket, self._key = open_bucket(wanted.location, manners.contact)

    def __enter__(self) -> "_Bucket":
        return self

    def __exit__(self, *_: object) -> None:
        return

    def take(self, wanted_range: Span, partial: Path, permits: Permits) -> None:
        """Ask for a range once and append what comes."""
        start, end = wanted_range
        wanted = self._wanted
        options: obstore.GetOptions = {}
        if end >= 0:
            options["range"] = (start, end)
        elif start:
            options["range"] = {"offset": start}
        try:
            answer = obstore.get(self._bucket, self._key, options=options)
            state = answer.meta["e_tag"] or ""
            if wanted.identity and state != wanted.identity:
                raise DownloadError("fetch.unreadable", f"{wanted.location}: {_MOVED}")
            wanted.identity, wanted.size = state, answer.meta["size"]
            if not wanted.size:
                raise DownloadError("fetch.empty", f"{wanted.location} has 0 bytes")
            with partial.open("ab") as target:
                for chunk in answer.stream(min_chunk_size=_CHUNK_BYTES):
                    permits.acquire(0, len(chunk))
                    target.write(chunk)
        except DownloadError:
            raise
        except Exception as error:  # obstore's exceptions share no base but Exception
            if isinstance(error, OSError) and not isinstance(error, FileNotFoundError):
                raise
            trouble = trouble_of(wanted.location, error)
            if trouble.passing:
                raise _TryAgainError(str(trouble)) from error
            raise DownloadError("fetch.unreadable", f"{wanted.location}: {trouble}") from error
        if end < 0 and _size(partial) > wanted.size:
            partial.unlink()
            raise _TryAgainError("more bytes came than the object has")
