"""The fetcher against a server with 30 % of 503, resets, stalls and truncation: everything comes, once, within the budget."""

import random
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.crawl.budget import (
    LEASE_SECONDS,
    Leased,
    LeasedMeter,
    Meter,
    Pace,
    Permits,
    batch_size,
    most_in_a_second,
)
from gristmill.crawl.fetch import cache_path, fetch
from gristmill.crawl.input_file import InputFile
from gristmill.crawl.manners import Manners
from gristmill.crawl.reading import read_input
from gristmill.crawl.record import Record
from gristmill.crawl.spans import pack
from tests.crawl.standin import Faults, StandIn, serve
from tests.crawl.warcs import gz, page, pages, warc

HARD = Faults(busy=0.3, reset=0.1, stall=0.02, cut=0.1)
RATE = 20.0
MANNERS = Manners(attempts=30, first_wait_seconds=0.01, longest_wait_seconds=0.05, timeout_seconds=0.5)
FILES, PAGES = 16, 60


@pytest.fixture(scope="module")
def crawl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("crawl")
    lay_out(root)
    return root


def lay_out(root: Path) -> None:
    for number in range(FILES):
        parts = [warc(page(number * PAGES + place, 1500), number=number * PAGES + place) for place in range(PAGES)]
        (root / f"{number:02d}.warc.gz").write_bytes(b"".join(gz(part, 1) for part in parts))


def planned(site: StandIn) -> list[InputFile]:
    """As a crawl's list of paths gives them: sizes and ETags are not known."""
    return [InputFile(path.name, f"{site.url}/{path.name}", -1, "", False) for path in sorted(site.root.iterdir())]


def fetch_all(files: Sequence[InputFile], folder: Path, workers: int, budgets: Sequence[Permits]) -> list[str]:
    """The ids of all records that came, as workers with a budget each bring them."""
    turns = threading.local()
    free = list(budgets)

    def one(file: InputFile) -> list[str]:
        if not hasattr(turns, "budget"):
            turns.budget = free.pop()
        fetched = fetch(file, folder, turns.budget, MANNERS)
        assert fetched.path is not None, fetched.message
        items = list(read_input(file, fetched.path))
        assert all(isinstance(item, Record) and item.outcome == "usable" for item in items)
        return [item.record_id for item in items if isinstance(item, Record)]

    with ThreadPoolExecutor(workers) as pool:
        return [record for records in pool.map(one, files) for record in records]


@pytest.mark.parametrize("workers", [1, 8])
def test_every_record_comes_once_within_the_divided_budget(crawl: Path, tmp_path: Path, workers: int) -> None:
    with serve(crawl, HARD, seed=workers) as site:
        budgets = [Pace(RATE / workers, 0) for _ in range(workers)]
        records = fetch_all(planned(site), tmp_path, workers, budgets)
        assert site.most_in(1.0) <= RATE + workers
    assert sorted(records) == sorted(f"urn:uuid:{number:032x}" for number in range(FILES * PAGES))
    assert {"good", "busy", "reset", "cut"} <= set(site.fates)
    assert any(wanted and not wanted.startswith("bytes=0-") for wanted in site.ranges)


class Till:
    """Grants permits as Prefect's global limits do: slots that decay."""

    def __init__(self, rate: float) -> None:
        self.used, self.lock = 0.0, threading.Lock()
        self.rate, self.limit, self.at = rate, float(batch_size(rate)), time.monotonic()

    def __call__(self, slots: int) -> bool:
        with self.lock:
            now = time.monotonic()
            self.used = max(0.0, self.used - (now - self.at) * self.rate)
            self.at = now
            if self.used + slots > self.limit:
                return False
            self.used += slots
            return True


@pytest.mark.parametrize("workers", [1, 8])
def test_a_leased_budget_holds_over_all_workers(crawl: Path, tmp_path: Path, workers: int) -> None:
    till = Till(RATE)
    with serve(crawl, HARD, seed=10 + workers) as site:
        budgets = [Leased(RATE, 0, till, till, workers) for _ in range(workers)]
        records = fetch_all(planned(site), tmp_path, workers, budgets)
        assert site.most_in(1.0) <= most_in_a_second(RATE) == 27
    assert len(records) == len(set(records)) == FILES * PAGES


def test_chosen_records_come_by_their_ranges(crawl: Path, tmp_path: Path) -> None:
    path = crawl / "03.warc.gz"
    plain = InputFile(path.name, str(path), path.stat().st_size, "", False)
    everything = [item for item in read_input(plain, path) if isinstance(item, Record)]
    wanted = [everything[place] for place in (2, 3, 40, 59)]
    ranges = np.array([[record.offset, record.length] for record in wanted])
    with serve(crawl, HARD, seed=3) as site:
        file = InputFile(path.name, f"{site.url}/{path.name}", -1, "", False, ranges=pack(ranges))
        fetched = fetch(file, tmp_path, manners=MANNERS)
        assert fetched.path is not None, fetched.message
        found = list(read_input(file, fetched.path))
    assert found == wanted
    local = InputFile(path.name, str(path), path.stat().st_size, "", False, ranges=pack(ranges))
    cut = fetch(local, tmp_path / "local")
    assert cut.path is not None
    assert list(read_input(local, cut.path)) == wanted


def test_an_index_that_lies_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    path.write_bytes(b"".join(gz(part) for part in pages(5)))
    ranges = pack(np.array([[7, 50], [0, 60]])[::-1])
    file = InputFile(path.name, str(path), path.stat().st_size, "", False, ranges=ranges)
    fetched = fetch(file, tmp_path / "cache")
    assert fetched.path is not None
    items = list(read_input(file, fetched.path))
    assert [(item.offset, item.error) for item in items if isinstance(item, Record)] == [
        (0, "not_in_file"),
        (7, "not_in_file"),
    ]


def test_a_meter_is_even() -> None:
    now, slept = [0.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    meter = Meter(4.0, lambda: now[0], sleep)
    for _ in range(5):
        meter.take(1)
    assert slept == [0.25] * 4
    meter.take(0)
    Meter(0.0, lambda: now[0], sleep).take(100)
    assert now == [1.0]


def test_permits_that_were_not_used_in_time_are_given_up() -> None:
    now, leased = [0.0], []

    def grant(slots: int) -> bool:
        leased.append(slots)
        return True

    meter = LeasedMeter(16.0, grant, 1, lambda: now[0], lambda seconds: None)
    meter.take(1)
    now[0] += 10
    meter.take(1)
    meter.take(1)
    assert leased == [2, 2]


@pytest.mark.parametrize("late", [False, True])
def test_without_an_answer_in_time_each_keeps_to_its_share(late: bool) -> None:
    now, asked = [0.0], []

    def grant(slots: int) -> bool:
        asked.append(slots)
        now[0] += 2 * LEASE_SECONDS
        if late:
            return True
        raise ConnectionError

    def sleep(seconds: float) -> None:
        now[0] += seconds

    meter = LeasedMeter(8.0, grant, 4, lambda: now[0], sleep)
    meter.take(1)
    before = now[0]
    for _ in range(4):
        meter.take(1)
    assert now[0] == before + 2.0
    assert len(asked) == 20


@given(st.integers(0, 2**32), st.sampled_from([0.5, 4.0, 20.0, 70.0]))
def test_each_permit_is_used_soon_after_its_grant(seed: int, rate: float) -> None:
    """Whatever answers, sleeps and the work between take. As grants do not overlap, that bounds what a second can see."""
    rng = random.Random(seed)
    now, granted, uses = [0.0], [0.0], [0]

    def grant(slots: int) -> bool:
        assert slots == batch_size(rate)
        granted[0] = now[0] + rng.random() * 0.1
        uses[0] = 0
        now[0] = granted[0] + rng.random() * 0.2
        return rng.random() < 0.8

    def sleep(seconds: float) -> None:
        now[0] += seconds * rng.uniform(1, 1.5)

    meter = LeasedMeter(rate, grant, 8, lambda: now[0], sleep)
    for _ in range(40):
        meter.take(1)
        uses[0] += 1
        assert now[0] - granted[0] <= LEASE_SECONDS
        assert uses[0] <= batch_size(rate)
        now[0] += rng.random() * rng.choice([0, 0.02, 0.3])


def test_what_a_killed_process_had_fetched_is_not_fetched_again(crawl: Path, tmp_path: Path) -> None:
    with serve(crawl) as site:
        file = planned(site)[0]
        content = (crawl / file.address).read_bytes()
        partial = cache_path(file, tmp_path).with_name(cache_path(file, tmp_path).name + ".partial")
        partial.write_bytes(content[:1000])
        fetched = fetch(file, tmp_path, manners=MANNERS)
        assert site.ranges == ["bytes=1000-"]
    assert fetched.path is not None
    assert fetched.path.read_bytes() == content


def test_two_that_want_one_file_fetch_it_once(crawl: Path, tmp_path: Path) -> None:
    with serve(crawl) as site, ThreadPoolExecutor(4) as pool:
        file = planned(site)[0]
        found = list(pool.map(lambda _: fetch(file, tmp_path, Pace(5, 0), MANNERS), range(4)))
        assert len(site.times) == 1
    assert {one.path for one in found} == {cache_path(file, tmp_path)}


def test_a_file_without_a_byte_is_told(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "a.warc.gz").write_bytes(b"")
    with serve(tmp_path / "site") as site:
        fetched = fetch(planned(site)[0], tmp_path / "cache", manners=MANNERS)
    assert (fetched.path, fetched.reason) == (None, "fetch.empty")


def test_many_that_fail_on_one_file_leave_it_whole(crawl: Path, tmp_path: Path) -> None:
    impatient = Manners(attempts=1, timeout_seconds=0.5)
    with serve(crawl, Faults(busy=0.2, cut=0.6), seed=7) as site, ThreadPoolExecutor(8) as pool:
        file = planned(site)[0]
        found = list(pool.map(lambda _: fetch(file, tmp_path, None, impatient), range(60)))
    whole = [one.path for one in found if one.path is not None]
    assert whole
    assert whole[0].read_bytes() == (crawl / file.address).read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == [whole[0].name]
