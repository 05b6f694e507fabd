"""The `fetch` stage: a file's bytes, on this machine and verified.

A local file stays where it is. A remote one is streamed into a folder, resumed where a connection broke, and checked
for its length. The folder holds what is being worked on, no more: `drop` a file once its part is extracted.
"""

import email.utils
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import httpx
import obstore

from gristmill.crawl.inputs import InputFile, holds_records, part_name
from gristmill.crawl.remote import open_bucket, open_client, validator

REASONS = ("fetch.empty", "fetch.not_a_warc", "fetch.unreadable", "fetch.short")
"""Why a file cannot be used, in the funnel's words."""

_RETRY_STATUS = frozenset((408, 429, 500, 502, 503, 504, 509))
_CHUNK_BYTES = 1 << 20


class Permits(Protocol):
    """A politeness budget that others draw from as well; it blocks until the server may be asked."""

    def acquire(self, requests: int, bytes: int) -> None:
        """Wait until so many requests may start and so many bytes may be taken."""


class Unlimited:
    """No budget: for one's own servers and for tests."""

    def acquire(self, requests: int, bytes: int) -> None:
        """Return at once."""


@dataclass(frozen=True)
class Manners:
    """How a server is treated."""

    attempts: int = 8
    """Requests in a row that bring no byte before a file is given up."""

    first_wait_seconds: float = 1.0
    """Wait after the first failure; it doubles with each further one, and is spread by ±50 %."""

    longest_wait_seconds: float = 60.0
    """Longest wait that is chosen here."""

    longest_retry_after_seconds: float = 3600.0
    """Longest wait that a server may ask for with Retry-After."""

    timeout_seconds: float = 60.0
    """Silence after which a connection counts as lost."""

    contact: str = ""
    """Mail or web address for the User-Agent header, so that whoever runs the server can complain."""

    sleep: Callable[[float], None] = field(default=time.sleep, repr=False, compare=False)
    """How waiting is done."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file at hand, or the reason why it is not.

    Attributes:
        path: where the bytes lie; None if they cannot be used.
        bytes: how many there are.
        reason: "" or one of REASONS.
        message: the reason in words.
    """

    path: Path | None
    bytes: int
    reason: str = ""
    message: str = ""


def fetch(file: InputFile, folder: Path, permits: Permits | None = None, manners: Manners | None = None) -> Fetched:
    """Make a file's bytes available, and say whether they are whole and hold records.

    Args:
        file: what `expand_inputs` found.
        folder: where remote files go, under the name of their part.
        permits: the budget for requests and bytes.
        manners: waits and attempts.

    Raises:
        OSError: the folder cannot be written (a full disk); a file that cannot be read is a reason, not an exception.
    """
    if not file.remote:
        return _checked(Path(file.location), file)
    target = cache_path(file, folder)
    if target.exists() and target.stat().st_size == file.size:
        return _checked(target, file)
    folder.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + ".partial")
    download = _from_bucket if file.location.startswith("s3://") else _from_server
    failure = download(file, partial, permits or Unlimited(), manners or Manners())
    if failure is not None:
        return failure
    partial.replace(target)
    return _checked(target, file)


def cache_path(file: InputFile, folder: Path) -> Path:
    """Where a remote file is kept."""
    return folder / part_name(file)


def drop(file: InputFile, folder: Path) -> None:
    """Remove a remote file's copy; a local file is never touched."""
    if file.remote:
        target = cache_path(file, folder)
        target.unlink(missing_ok=True)
        target.with_name(target.name + ".partial").unlink(missing_ok=True)


def _checked(path: Path, file: InputFile) -> Fetched:
    try:
        size = path.stat().st_size
        if size == 0:
            return Fetched(None, 0, "fetch.empty", f"{file.location} has 0 bytes")
        if 0 <= file.size != size:
            reason = "fetch.short" if size < file.size else "fetch.unreadable"
            return Fetched(None, size, reason, f"{file.location} has {size:,} bytes where {file.size:,} were planned")
        if not holds_records(path):
            return Fetched(None, size, "fetch.not_a_warc", f"no record was found in {file.location}")
    except OSError as error:
        return Fetched(None, 0, "fetch.unreadable", f"{file.location}: {error.strerror or error}")
    return Fetched(path, size)


def _from_server(file: InputFile, partial: Path, permits: Permits, manners: Manners) -> Fetched | None:
    """Download over http(s) until whole; None, or why it was given up."""
    failures = 0
    reason, message = "fetch.unreadable", ""
    with open_client(manners.contact, manners.timeout_seconds) as client:
        while failures < manners.attempts:
            before = partial.stat().st_size if partial.exists() else 0
            wait = 0.0
            permits.acquire(1, 0)
            try:
                step = _request(client, file, partial, before, permits)
                if step.done:
                    return None
                if step.final:
                    return Fetched(None, before, step.reason, f"{file.location}: {step.message}")
                reason, message, wait = step.reason, step.message, step.wait_seconds
            except httpx.HTTPError as error:
                reason, message = "fetch.short", f"the connection failed: {error or type(error).__name__}"
            after = partial.stat().st_size if partial.exists() else 0
            failures = failures + 1 if after <= before else 1
            if failures < manners.attempts:
                manners.sleep(max(min(wait, manners.longest_retry_after_seconds), _backoff(failures, manners)))
    received = partial.stat().st_size if partial.exists() else 0
    return Fetched(None, received, reason, f"{file.location}: given up after {failures} attempts in a row: {message}")


def _backoff(failures: int, manners: Manners) -> float:
    wait = min(manners.longest_wait_seconds, manners.first_wait_seconds * 2 ** (failures - 1))
    return float(wait * random.uniform(0.5, 1.5))


@dataclass(slots=True)
class _Step:
    """What one request came to."""

    done: bool = False
    final: bool = False  # asking again would not help
    reason: str = "fetch.unreadable"
    message: str = ""
    wait_seconds: float = 0.0


def _request(client: httpx.Client, file: InputFile, partial: Path, have: int, permits: Permits) -> _Step:
    if 0 <= file.size == have and have:
        return _Step(done=True)
    headers = {"Range": f"bytes={have}-"} if have else {}
    if have and file.identity.startswith('"'):  # a weak ETag is no promise of equal bytes, so no range may rest on it
        headers["If-Range"] = file.identity
    with client.stream("GET", file.location, headers=headers) as answer:
        status = answer.status_code
        if status in _RETRY_STATUS:
            wait = retry_after(answer.headers.get("retry-after", ""))
            return _Step(message=f"the server answers {status} {answer.reason_phrase}", wait_seconds=wait)
        if status == 416:  # the partial file is longer than the file: it is another one's
            partial.unlink()
            return _Step(message="the server has fewer bytes than were received before")
        if status not in (200, 206):
            return _Step(final=True, message=f"the server answers {status} {answer.reason_phrase}")
        if file.identity and validator(answer.headers) not in ("", file.identity):
            return _Step(final=True, message="it has changed on the server since the run was planned; plan it again")
        resumed = status == 206 and answer.headers.get("content-range", "").startswith(f"bytes {have}-")
        if status == 206 and not resumed:
            return _Step(message="the server sent another range than was asked for")
        total = _total(answer, have if resumed else 0, file.size)
        with partial.open("ab" if resumed else "wb") as target:
            for (
                chunk
            ) in answer.iter_raw():  # as it comes: a chunk size would hold back what a broken connection had brought
                permits.acquire(0, len(chunk))
                target.write(chunk)
    received = partial.stat().st_size
    if total < 0 or received == total:
        return _Step(done=True)
    if received > total:
        partial.unlink()
    return _Step(reason="fetch.short", message=f"{received:,} of {total:,} bytes came")


def _total(answer: httpx.Response, start: int, planned: int) -> int:
    """Bytes that the whole file must have; -1 if nobody said."""
    length = answer.headers.get("content-length", "")
    return planned if planned >= 0 else start + int(length) if length.isdecimal() else -1


def retry_after(value: str) -> float:
    """Seconds that a Retry-After header asks for, given in seconds or as a date; 0.0 if it says nothing."""
    if value.strip().isdecimal():
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError):
        return 0.0


def _from_bucket(file: InputFile, partial: Path, permits: Permits, manners: Manners) -> Fetched | None:
    """Download from a bucket; obstore repeats single requests by itself, so only broken streams are resumed here."""
    bucket, key = open_bucket(file.location)
    message = ""
    for failures in range(1, manners.attempts + 1):
        have = partial.stat().st_size if partial.exists() else 0
        permits.acquire(1, 0)
        try:
            if have < file.size:
                answer = obstore.get(bucket, key, options={"range": {"offset": have}} if have else {})
                if file.identity and (answer.meta["e_tag"] or "") != file.identity:
                    message = "it has changed in the bucket since the run was planned; plan it again"
                    return Fetched(None, have, "fetch.unreadable", f"{file.location}: {message}")
                with partial.open("ab") as target:
                    for chunk in answer.stream(min_chunk_size=_CHUNK_BYTES):
                        permits.acquire(0, len(chunk))
                        target.write(chunk)
            if partial.stat().st_size == file.size:
                return None
            partial.unlink()
            message = "another number of bytes came than was planned"
        except FileNotFoundError:
            return Fetched(None, have, "fetch.unreadable", f"{file.location}: the bucket has it no more")
        except OSError:
            raise
        except Exception as error:  # obstore's exceptions share no base but Exception
            message = str(error).partition("\n")[0]
        manners.sleep(_backoff(failures, manners))
    return Fetched(
        None, 0, "fetch.unreadable", f"{file.location}: given up after {manners.attempts} attempts: {message}"
    )
