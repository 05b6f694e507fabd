"""The `fetch` stage: a file's bytes, on this machine and verified.

A local file stays where it is. A remote one is streamed into a folder, resumed where a connection broke, and checked
for its length. The folder holds what is being worked on, no more: `drop` a file once its part is extracted.
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from gristmill.crawl.budget import Permits, Unlimited
from gristmill.crawl.download import DownloadError, Wanted, download
from gristmill.crawl.input_file import InputFile, part_name
from gristmill.crawl.manners import Manners
from gristmill.crawl.reading import holds_records
from gristmill.crawl.spans import joined, span_bytes, unpack


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file at hand, or the reason why it is not.

    Attributes:
        path: where the bytes lie; None if they cannot be used.
        bytes: how many there are.
        reason: "" or one of the stage's RULES (crawl/params.py).
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
    if not file.remote and not file.ranges:
        return _checked(Path(file.location), file, file.size)
    target = cache_path(file, folder)
    folder.mkdir(parents=True, exist_ok=True)
    spans = joined(unpack(file.ranges)) if file.ranges else []
    partial = target.with_name(target.name + ".partial")
    planned = span_bytes(spans) if spans else file.size
    with _alone(partial.with_name(partial.name + ".lock")):
        if not target.exists() or 0 <= planned != target.stat().st_size:
            try:
                _bring(Wanted(file.location, file.size, file.identity, spans), partial, permits, manners)
            except DownloadError as error:
                return Fetched(None, partial.stat().st_size if partial.exists() else 0, error.reason, str(error))
            partial.replace(target)
    return _checked(target, file, planned)


def cache_path(file: InputFile, folder: Path) -> Path:
    """Where a remote file is kept."""
    return folder / part_name(file)


def drop(file: InputFile, folder: Path) -> None:
    """Remove a remote file's copy, unless another process is fetching it now; a local file is never touched."""
    if file.remote or file.ranges:
        target = cache_path(file, folder)
        partial = target.with_name(target.name + ".partial")
        lock = partial.with_name(partial.name + ".lock")
        if not _is_held(lock):
            for path in (target, partial, lock):
                path.unlink(missing_ok=True)


def _bring(wanted: Wanted, partial: Path, permits: Permits | None, manners: Manners | None) -> None:
    """Download, or cut a local file's spans out."""
    if "://" in wanted.location:
        download(wanted, partial, permits or Unlimited(), manners or Manners())
        return
    try:
        with Path(wanted.location).open("rb") as source, partial.open("wb") as target:
            for start, end in wanted.spans:
                source.seek(start)
                target.write(source.read(end - start))
    except OSError as error:
        raise DownloadError("fetch.unreadable", f"{wanted.location}: {error.strerror or error}") from error


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Keep a second process from writing the same copy: it waits, and then finds the file there.

    The lock ends with its holder, however that ends.
    """
    try:
        import fcntl
    except ImportError:  # not a Unix
        yield
        return
    while True:
        with lock.open("ab") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            if not _is_at(held, lock):  # its last holder removed it while this one waited: others lock another file
                continue
            try:
                yield
            finally:
                lock.unlink(missing_ok=True)
            return


def _is_held(lock: Path) -> bool:
    """Whether a process holds the lock; one that was killed does not."""
    try:
        import fcntl
    except ImportError:  # not a Unix
        return False
    try:
        with lock.open("r+b") as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _is_at(held: IO[bytes], path: Path) -> bool:
    try:
        return os.fstat(held.fileno()).st_ino == path.stat().st_ino
    except FileNotFoundError:
        return False


def _checked(path: Path, file: InputFile, planned: int) -> Fetched:
    try:
        size = path.stat().st_size
        if size == 0:
            return Fetched(None, 0, "fetch.empty", f"{file.location} has 0 bytes")
        if 0 <= planned != size:
            reason = "fetch.short" if size < planned else "fetch.unreadable"
            return Fetched(None, size, reason, f"{file.location} has {size:,} bytes where {planned:,} were planned")
        if not holds_records(file, path):
            return Fetched(None, size, "fetch.not_a_warc", f"no record was found in {file.location}")
    except OSError as error:
        return Fetched(None, 0, "fetch.unreadable", f"{file.location}: {error.strerror or error}")
    return Fetched(path, size)
