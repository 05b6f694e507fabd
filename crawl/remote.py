"""Files on servers and in buckets: what is there, and how large."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import obstore

from gristmill.core.errors import InputError
from gristmill.crawl.access import access_of
from gristmill.crawl.bucket import open_bucket, trouble_of
from gristmill.crawl.input_file import KINDS_TOLD, InputFile, is_input, preferred
from gristmill.crawl.manners import PLANNING, RETRY_STATUS, retry_after, user_agent

_TIMEOUT_SECONDS = 30.0


def open_client(contact: str = "", timeout_seconds: float = _TIMEOUT_SECONDS) -> httpx.Client:
    """A client that asks for bytes as they are stored."""
    headers = {"User-Agent": user_agent(contact), "Accept-Encoding": "identity"}
    return httpx.Client(headers=headers, timeout=timeout_seconds, follow_redirects=True)


def find_remote(url: str) -> Iterator[InputFile]:
    """The file behind an http(s) URL; of a bucket's URL the object, or those below the prefix.

    Raises:
        InputError: the server cannot be reached, refuses, or has no such file.
    """
    if url.lower().startswith("http"):
        yield _behind(url)
    else:
        yield from _in_bucket(url)


def validator(headers: httpx.Headers) -> str:
    """What tells one state of a file on a server from another: ETag, else Last-Modified, else ""."""
    return headers.get("etag") or headers.get("last-modified") or ""


def _behind(url: str) -> InputFile:
    with open_client(access_of().contact) as client:
        for failures in range(1, PLANNING.attempts + 1):
            answer, size = _asked(client, url)
            if answer.status_code not in RETRY_STATUS or failures == PLANNING.attempts:
                break
            PLANNING.wait(failures, retry_after(answer.headers.get("retry-after", "")))
    if answer.status_code not in (200, 206):
        raise InputError(
            f"input '{url}': the server answers {answer.status_code} {answer.reason_phrase}; check the address."
        )
    if size == 0:
        raise InputError(f"input '{url}' is empty (0 bytes); name another file.")
    parts = urlsplit(url)
    address = parts.path.lstrip("/") + (f"?{parts.query}" if parts.query else "")
    return InputFile(address, url, size, validator(answer.headers), True)


def _asked(client: httpx.Client, url: str) -> tuple[httpx.Response, int]:
    """What a server says of a file, and its size; -1 if it does not tell."""
    try:
        answer = client.head(url)
        if answer.status_code not in (403, 405, 501):
            return answer, int(answer.headers.get("content-length", -1))
        with client.stream("GET", url, headers={"Range": "bytes=0-0"}) as answer:  # some servers know GET only
            return answer, _range_total(answer)
    except httpx.HTTPError as error:
        said = f"input '{url}' cannot be reached: {error or type(error).__name__}; check the address and the network."
        raise InputError(said) from error
    except httpx.InvalidURL as error:
        raise InputError(f"input '{url}' is no valid URL: {error}; check it.") from error


def _range_total(answer: httpx.Response) -> int:
    total = answer.headers.get("content-range", "").rpartition("/")[2]
    if answer.status_code == 206 and total.isdecimal():
        return int(total)
    return int(answer.headers.get("content-length", -1)) if answer.status_code == 200 else -1


def _in_bucket(url: str) -> Iterator[InputFile]:
    bucket, key = open_bucket(url, access_of().contact)
    root = url[: len(url) - len(key)] if key else url.rstrip("/") + "/"
    try:
        if is_input(key):
            found, explicit = [obstore.get(bucket, key).meta], True  # to HEAD a bucket does not say why it refuses
        else:
            listed = [meta for batch in obstore.list(bucket, key.rstrip("/") or None) for meta in batch]
            names = set(preferred([meta["path"] for meta in listed]))
            found, explicit = [meta for meta in listed if meta["path"] in names], False
    except Exception as error:  # obstore's exceptions share no base but Exception
        raise InputError(f"input '{url}' cannot be read: {trouble_of(url, error)}.") from error
    if not found:
        raise InputError(f"input '{url}' holds no WARC file, nor another input ({KINDS_TOLD}); check the prefix.")
    for meta in found:
        yield InputFile(meta["path"], root + meta["path"], meta["size"], meta["e_tag"] or "", explicit)
