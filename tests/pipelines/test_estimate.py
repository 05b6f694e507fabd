"""Plans before a run: from an earlier run, from a calibration, and what became of them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gristmill.core.errors import UsageError
from gristmill.crawl.access import Access
from gristmill.crawl.input_file import InputFile
from gristmill.crawl.spans import pack
from gristmill.pipelines import estimate
from gristmill.pipelines.commands_plan import _time
from gristmill.pipelines.plan import Part, plan_run
from gristmill.pipelines.store import Store
from tests.crawl.standin import serve
from tests.pipelines.conftest import Crawl
from tests.pipelines.serial import Finished, finish

PRICES = estimate.Prices(worker_hour=2.0, stored_gb_month=3.0, fetched_gb=5.0)


def test_an_earlier_run_of_the_store_gives_the_rates(finished: Finished, copied: Store) -> None:
    plan = replace(finished.plan, store=copied.url)
    value = estimate.estimate(plan, [1, 4], PRICES)
    assert value["rates"] == f"run {finished.run.id}"
    told = {row["what"]: row["ratio"] for row in estimate.check(copied, finished.run.id)["rows"]}
    assert {what: ratio for what, ratio in told.items() if what != "busy_hours"} == {
        what: 1.0 for what in told if what != "busy_hours"
    }
    one, four = value["workers"]
    assert four["memory_bytes"] == 4 * one["memory_bytes"]
    assert value["files"] == len(plan.parts)
    assert (value["bytes_to_fetch"], value["requests"], value["network_hours"]) == (0, 0, 0.0)


def test_twice_the_files_take_twice_as_much(finished: Finished, copied: Store) -> None:
    plan = replace(finished.plan, store=copied.url)
    once = estimate.estimate(plan, [1], PRICES)
    twice = estimate.estimate(replace(plan, parts=plan.parts * 2), [1], PRICES)
    for what in ("bytes", "records", "pages", "kept_documents", "kept_tokens", "store_bytes"):
        assert twice[what] == pytest.approx(2 * once[what], abs=1)


def test_a_calibration_comes_close(small_crawl: Crawl, recipe: Path, tmp_path: Path) -> None:
    plan = plan_run(str(recipe), [str(small_crawl.folder)], str(tmp_path / "store"))
    value = estimate.estimate(plan, [2], PRICES)
    assert value["rates"] == "calibration"
    done = finish(recipe, [small_crawl.folder], tmp_path / "store")
    rows = {row["what"]: row for row in estimate.check(done.store, None)["rows"]}
    assert rows["bytes"]["ratio"] == 1.0
    assert 0.5 < rows["records"]["ratio"] < 2.0


def test_unknown_sizes_are_those_of_a_few_files(tmp_path: Path) -> None:
    for number in range(20):
        (tmp_path / f"{number}.warc.gz").write_bytes(b"x" * 1000)
    with serve(tmp_path) as site:
        files = [InputFile(f"{n}.warc.gz", f"{site.url}/{n}.warc.gz", -1, "", False) for n in range(20)]
        ranges = pack(np.array([[0, 10], [20, 30]]))
        files.append(InputFile("chosen.warc.gz", f"{site.url}/x", -1, "", False, ranges))
        assert estimate.total_bytes(files, Access()) == 20 * 1000 + 50
        assert len(site.times) == 8


def test_money_and_time_follow_the_budget(finished: Finished, copied: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRISTMILL_BYTES_PER_SECOND", "1000")
    monkeypatch.setenv("GRISTMILL_REQUESTS_PER_SECOND", "0.5")
    parts = [Part("a", InputFile("a.warc.gz", "https://site.example/a.warc.gz", 7_200_000, "", True))]
    value = estimate.estimate(replace(finished.plan, store=copied.url, parts=tuple(parts)), [1000], PRICES)
    assert value["network_hours"] == 2.0
    assert value["workers"][0]["hours"] == 2.0
    assert value["money"]["fetch"] == pytest.approx(0.0072 * 5)


def test_a_run_that_was_not_planned(copied: Store) -> None:
    with pytest.raises(UsageError, match="was not planned"):
        estimate.check(copied, None)


@pytest.mark.parametrize(
    ("hours", "said"), [(0.0002, "0.7 s"), (0.05, "3.0 min"), (1.5, "1.50 h"), (12_345.0, "12,345.00 h")]
)
def test_times_are_told_in_a_unit_that_shows_something(hours: float, said: str) -> None:
    assert _time(hours) == said
