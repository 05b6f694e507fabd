"""Settings of this machine for other people's servers: where they are, how fast they are asked, what is kept."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from gristmill.core.errors import UsageError

_GIBIBYTE = 1 << 30


@dataclass(frozen=True)
class Access:
    """Endpoints, budget and cache. None of it changes what is in the data, so none of it is in a key or name.

    Attributes:
        data: what stands before the paths of a crawl: an http(s) or s3 URL, or a folder that mirrors it.
        crawls: where the list of crawls (collinfo.json) is: URL or path.
        contact: mail or web address for the User-Agent header.
        requests_per_second: of all workers together; 0 means as many as one likes.
        bytes_per_second: likewise.
        cache_bytes: fetched files that wait for extraction take about so much.
        keep: leave fetched files in the cache once they are extracted.
        limits: URL of a Prefect API whose global limits share the budget; "" divides it among the workers.
        workers: processes that share the budget.
    """

    data: str = "https://data.commoncrawl.org"
    crawls: str = "https://index.commoncrawl.org/collinfo.json"
    contact: str = ""
    requests_per_second: float = 4.0
    bytes_per_second: float = 64.0 * (1 << 20)
    cache_bytes: int = 64 * _GIBIBYTE
    keep: bool = False
    limits: str = ""
    workers: int = 1


def access_of(environment: Mapping[str, str] = os.environ) -> Access:
    """The settings that GRISTMILL_… variables make.

    Raises:
        UsageError: a variable that should be a number is none.
    """
    plain = Access()
    return Access(
        data=environment.get("GRISTMILL_DATA_URL", plain.data).rstrip("/"),
        crawls=environment.get("GRISTMILL_CRAWLS_URL", plain.crawls),
        contact=environment.get("GRISTMILL_CONTACT", plain.contact),
        requests_per_second=_number(environment, "GRISTMILL_REQUESTS_PER_SECOND", plain.requests_per_second),
        bytes_per_second=_number(environment, "GRISTMILL_BYTES_PER_SECOND", plain.bytes_per_second),
        cache_bytes=int(_number(environment, "GRISTMILL_CACHE_BYTES", plain.cache_bytes)),
        keep=environment.get("GRISTMILL_KEEP_FETCHED", "") not in ("", "0", "no", "false"),
    )


def _number(environment: Mapping[str, str], name: str, otherwise: float) -> float:
    text = environment.get(name, "")
    try:
        value = float(text) if text else float(otherwise)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise UsageError(f"{name}={text}: give a number, 0 or more (0 means no limit).")
    return value
