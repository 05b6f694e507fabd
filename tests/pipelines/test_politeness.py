"""The budget through a real Prefect server: leased in batches, over several workers, never above what was granted."""

import threading
import time
from pathlib import Path

import pytest

from gristmill.crawl.access import Access
from gristmill.crawl.budget import Leased, Pace, batch_size, most_in_a_second
from gristmill.pipelines.politeness import REQUESTS, make_limits, open_limits, permits_of
from tests.crawl.standin import serve
from tests.crawl.test_politeness import FILES, HARD, PAGES, RATE, fetch_all, lay_out, planned
from tests.pipelines.prefect_server import PrefectServer

WORKERS, SECONDS = 4, 4.0


@pytest.mark.xdist_group("prefect")
@pytest.mark.parametrize("workers", [1, 8])
def test_workers_share_what_the_server_grants(prefect_server: PrefectServer, tmp_path: Path, workers: int) -> None:
    access = Access(requests_per_second=RATE, bytes_per_second=0, limits=prefect_server.url, workers=workers)
    make_limits(access)
    make_limits(access)  # a second run gives them its rates
    (tmp_path / "crawl").mkdir()
    lay_out(tmp_path / "crawl")
    with serve(tmp_path / "crawl", HARD, seed=workers) as site:
        budgets = [permits_of.__wrapped__(access) for _ in range(workers)]  # each as in a process of its own
        assert all(isinstance(budget, Leased) for budget in budgets)
        records = fetch_all(planned(site), tmp_path / "cache", workers, budgets)
        assert site.most_in(1.0) <= most_in_a_second(RATE), sorted(site.times)
    assert len(records) == len(set(records)) == FILES * PAGES
    with open_limits(access.limits) as client:
        limit = client.get(f"/v2/concurrency_limits/{REQUESTS}").json()
    assert (limit["limit"], limit["slot_decay_per_second"]) == (batch_size(RATE), RATE)


@pytest.mark.xdist_group("prefect")
def test_workers_in_a_hurry_are_not_starved(prefect_server: PrefectServer) -> None:
    access = Access(requests_per_second=RATE, bytes_per_second=0, limits=prefect_server.url, workers=WORKERS)
    make_limits(access)
    times: list[float] = []
    end = time.monotonic() + SECONDS

    def work() -> None:
        permits = permits_of.__wrapped__(access)
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
    assert most <= most_in_a_second(RATE) + 1  # a permit may be noted a moment after it was used
    assert len(times) > RATE  # a quarter of what four seconds allow


def test_without_a_server_the_budget_is_divided() -> None:
    assert isinstance(permits_of(Access(workers=4)), Pace)
    assert permits_of(Access(workers=4)) is permits_of(Access(workers=4))


def test_a_server_that_is_gone_does_not_stop_anybody() -> None:
    permits = permits_of.__wrapped__(Access(limits="http://127.0.0.1:1/api", requests_per_second=1000.0, workers=2))
    permits.acquire(1, 0)
    permits.acquire(1, 0)
