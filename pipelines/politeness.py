"""The budget that all workers share, as `crawl` wants it: permits of Prefect's global limits, asked for in batches.

Workers know no Prefect: a batch is one HTTP request. Two limits carry the budget, `gristmill-requests` and `gristmill-mebibytes`;
the flow makes them, and who changes their decay on the server changes the pace of all machines.
"""

import base64
import functools
import os
from collections.abc import Mapping
from typing import Any

import httpx

from gristmill.crawl.access import Access
from gristmill.crawl.budget import BYTES_UNIT, Leased, Pace, Permits, batch_size
from gristmill.crawl.manners import Manners

REQUESTS, MEBIBYTES = "gristmill-requests", "gristmill-mebibytes"
_TIMEOUT_SECONDS = 10.0
_LOCKED = 423


def manners_of(access: Access) -> Manners:
    """Manners with the contact that the settings name."""
    return Manners(contact=access.contact)


@functools.cache  # one budget in a process, whatever number of files it fetches
def permits_of(access: Access) -> Permits:
    """This process's share of the budget: leased where a Prefect server is named, else its part of the whole."""
    if not access.limits:
        return Pace(access.requests_per_second / access.workers, access.bytes_per_second / access.workers)
    client = open_limits(access.limits)
    return Leased(
        access.requests_per_second,
        access.bytes_per_second,
        functools.partial(_lease, client, REQUESTS),
        functools.partial(_lease, client, MEBIBYTES),
        access.workers,
    )


def open_limits(url: str) -> httpx.Client:
    """A client of a Prefect API, with the credentials that Prefect itself would take from the environment."""
    # A permits object lives as long as its process and is closed by nobody, so no connection is kept between batches.
    headers = {"Connection": "close", **_credentials(os.environ)}
    return httpx.Client(base_url=url, headers=headers, timeout=_TIMEOUT_SECONDS)


def make_limits(access: Access) -> None:
    """Make the two limits on the server, or give them the budget's rates."""
    rates = {REQUESTS: access.requests_per_second, MEBIBYTES: access.bytes_per_second / BYTES_UNIT}
    with open_limits(access.limits) as client:
        for name, rate in rates.items():
            if rate:
                _make(client, name, rate)


def _make(client: httpx.Client, name: str, rate: float) -> None:
    value: dict[str, Any] = {"limit": batch_size(rate), "slot_decay_per_second": rate}
    known = client.get(f"/v2/concurrency_limits/{name}")
    if known.status_code == 200:
        client.patch(f"/v2/concurrency_limits/{name}", json=value).raise_for_status()
    else:
        client.post("/v2/concurrency_limits/", json={"name": name, "active": True, **value}).raise_for_status()


def _lease(client: httpx.Client, name: str, slots: int) -> bool:
    """Ask for permits; what the server says about waiting is ignored: it counts refusals, and grows without end."""
    body = {"names": [name], "slots": slots, "mode": "rate_limit"}
    try:
        answer = client.post("/v2/concurrency_limits/increment", json=body)
    except httpx.HTTPError as error:
        raise ConnectionError(str(error)) from error
    if answer.status_code == 200 and answer.json():
        return True
    if answer.status_code == _LOCKED:
        return False
    raise ConnectionError(f"{client.base_url} answers {answer.status_code}")


def _credentials(environment: Mapping[str, str]) -> dict[str, str]:
    if key := environment.get("PREFECT_API_KEY"):
        return {"Authorization": f"Bearer {key}"}
    if pair := environment.get("PREFECT_API_AUTH_STRING"):
        return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
    return {}
