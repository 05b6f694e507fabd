"""The budget through a real Prefect server: leased in batches, over several workers, never above what was granted."""

import threading
import time

import pytest

from gristmill.crawl.access import Access
from gristmill.crawl.budget import LEASE_SECONDS, Leased, Pace, batch_size
from gristmill.pipelines.politeness import REQUESTS, make_limits, open_limits, permits_of
from tests.pipelines.prefect_server import PrefectServer

RATE, WORKERS, SECONDS = 20.0, 4, 4.0


@pytest.mark.xdist_group("prefect")
def test_workers_share_what_the_server_grants(prefect_server: PrefectServer) -> None:
    access = Access(requests_per_second=RATE, bytes_per_second=0, limits=prefect_server.url, workers=WORKERS)
    make_limits(access)
    make_limits(access)  # a second run gives them its rates
    times: list[float] = []
    end = time.monotonic() + SECONDS

    def work() -> None:
        permits = permits_of.__wrapped__(access)  # each as in a process of its own
        assert isinstance(permits, Leased)
        while time.monotonic() < end:
            permits.acquire(1, 1 << 20)
            times.append(time.monotonic())

    threads = [threading.Thread(target=work) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times.sort()
    most = max(sum(first <= one < first + 1 for one in times) for first in times)
    assert most <= RATE * (1 + LEASE_SECONDS) + batch_size(RATE) + 1
    assert len(times) > RATE  # and they were not starved
    with open_limits(access.limits) as client:
        assert client.get(f"/v2/concurrency_limits/{REQUESTS}").json()["slot_decay_per_second"] == RATE


def test_without_a_server_the_budget_is_divided() -> None:
    assert isinstance(permits_of(Access(workers=4)), Pace)
    assert permits_of(Access(workers=4)) is permits_of(Access(workers=4))


def test_a_server_that_is_gone_does_not_stop_anybody() -> None:
    permits = permits_of.__wrapped__(Access(limits="http://127.0.0.1:1/api", requests_per_second=1000.0, workers=2))
    permits.acquire(1, 0)
    permits.acquire(1, 0)
