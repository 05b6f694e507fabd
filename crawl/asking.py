"""Small things asked of servers, buckets and folders: lists of crawls and paths, and byte ranges of an index."""

import threading
from pathlib import Path

import httpx
import obstore

from gristmill.core.errors import InputError
from gristmill.crawl.bucket import open_bucket, trouble_of
from gristmill.crawl.budget import Permits, Unlimited
from gristmill.crawl.manners import PLANNING, RETRY_STATUS, Manners, retry_after
from gristmill.crawl.remote import open_client

Range = tuple[int, int]


class MissingError(InputError):
    """A server, bucket or folder has no such thing."""


class Asker:
    """Asks within a budget, for a `with` block; safe to share between threads.

    Args:
        permits: the budget.
        manners: waits and attempts.
    """

    def __init__(self, permits: Permits | None = None, manners: Manners = PLANNING) -> None:
        self._permits, self._manners = permits or Unlimited(), manners
        self._client: httpx.Client | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> "Asker":
        return self

    def __exit__(self, *_: object) -> None:
        if self._client is not None:
            self._client.close()

    def read(self, location: str, range_: Range | None = None) -> bytes:
        """The bytes at a URL or path: all of them, or [start, end).

        Raises:
            MissingError: there is nothing.
            InputError: there is no answer, or a refusal.
        """
        if "://" not in location:
            return _from_folder(location, range_)
        if not location.lower().startswith("http"):
            return self._from_bucket(location, range_)
        answer = self._ask("GET", location, {"Range": f"bytes={range_[0]}-{range_[1] - 1}"} if range_ else {})
        return answer.content if range_ is None or answer.status_code == 206 else answer.content[slice(*range_)]

    def size(self, location: str) -> int:
        """Bytes at a URL or path. Raises as `read`."""
        if "://" not in location:
            return len(_from_folder(location, None)) if not Path(location).is_file() else Path(location).stat().st_size
        if location.lower().startswith("http"):
            return int(self._ask("HEAD", location, {}).headers.get("content-length", -1))
        bucket, key = open_bucket(location, self._manners.contact)
        self._permits.acquire(1, 0)
        try:
            return int(obstore.get(bucket, key).meta["size"])  # to HEAD a bucket does not say why it refuses
        except Exception as error:  # obstore's exceptions share no base but Exception
            raise _bucket_error(location, error) from error

    def _ask(self, method: str, url: str, headers: dict[str, str]) -> httpx.Response:
        said = ""
        for failures in range(1, self._manners.attempts + 1):
            self._permits.acquire(1, 0)
            wait = 0.0
            try:
                answer = self._opened().request(method, url, headers=headers)
            except httpx.InvalidURL as error:
                raise InputError(f"{url} is no valid URL: {error}; check it.") from error
            except httpx.HTTPError as error:
                said = f"cannot be reached: {error or type(error).__name__}; check the address and the network"
            else:
                self._permits.acquire(0, len(answer.content))
                if answer.status_code in (200, 206):
                    return answer
                said = f"the server answers {answer.status_code} {answer.reason_phrase}"
                if answer.status_code in (403, 404):  # Common Crawl's says 403 for what is not there
                    raise MissingError(f"{url}: {said}; check the address.")
                if answer.status_code not in RETRY_STATUS:
                    break
                wait = retry_after(answer.headers.get("retry-after", ""))
            if failures < self._manners.attempts:
                self._manners.wait(failures, wait)
        raise InputError(f"{url} {said}.")

    def _opened(self) -> httpx.Client:
        """The client, made when the first server is asked."""
        with self._lock:
            if self._client is None:
                self._client = open_client(self._manners.contact, self._manners.timeout_seconds)
            return self._client

    def _from_bucket(self, url: str, range_: Range | None) -> bytes:
        bucket, key = open_bucket(url, self._manners.contact)
        self._permits.acquire(1, 0)
        try:
            if range_ is not None:
                return bytes(obstore.get_range(bucket, key, start=range_[0], end=range_[1]))
            return bytes(obstore.get(bucket, key).bytes())
        except Exception as error:  # obstore's exceptions share no base but Exception
            raise _bucket_error(url, error) from error


def _bucket_error(url: str, error: Exception) -> InputError:
    kind = MissingError if isinstance(error, FileNotFoundError) else InputError
    return kind(f"{url}: {trouble_of(url, error)}.")


def _from_folder(path: str, range_: Range | None) -> bytes:
    try:
        with Path(path).open("rb") as file:
            if range_ is None:
                return file.read()
            file.seek(range_[0])
            return file.read(range_[1] - range_[0])
    except FileNotFoundError as error:
        raise MissingError(f"{path} does not exist; check the path.") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.") from error
