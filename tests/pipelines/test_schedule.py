"""What the schedule's flows choose; that the flows run on a server is test_deployment's affair."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gristmill.core.errors import InputError
from gristmill.pipelines.plan import plan_run
from gristmill.pipelines.runs import write_started
from gristmill.pipelines.selecting import NothingNewError, named_inputs, new_crawls
from gristmill.pipelines.status import known_crawls, store_status, unfinished_runs
from gristmill.pipelines.store import Store, open_store
from tests.pipelines.conftest import Crawl
from tests.pipelines.serial import Finished, finish

CRAWLS = ["CC-MAIN-2026-09", "CC-MAIN-2026-04", "CC-MAIN-2025-51", "CC-MAIN-2025-47"]


def store_with(folder: Path, *crawls: str) -> str:
    """A store with a run that is about some crawls."""
    parts = [{"address": f"crawl-data/{crawl}/segments/1/warc/a.warc.gz", "name": crawl} for crawl in crawls]
    value = {"id": "abc", "touched": "2026-01-01", "status": "done", "parts": parts, "stages": []}
    Store(str(folder)).put("runs/abc.json", json.dumps(value).encode())
    return str(folder)


@pytest.mark.parametrize(
    ("known", "most", "chosen"),
    [
        ([], 1, ["CC-MAIN-2026-09"]),
        ([], 9, ["CC-MAIN-2026-09"]),
        (["CC-MAIN-2025-51"], 1, ["CC-MAIN-2026-04"]),
        (["CC-MAIN-2025-51"], 9, ["CC-MAIN-2026-04", "CC-MAIN-2026-09"]),
        (["CC-MAIN-2026-09"], 9, []),
    ],
)
def test_crawls_newer_than_the_stores_are_taken_in_order(
    known: list[str], most: int, chosen: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "collinfo.json").write_text(json.dumps([{"id": crawl} for crawl in CRAWLS]))
    monkeypatch.setenv("GRISTMILL_CRAWLS_URL", str(tmp_path / "collinfo.json"))
    assert new_crawls(store_with(tmp_path / "store", *known), most) == chosen


def test_only_files_that_are_new_to_the_store(small_crawl: Crawl, recipe: Path, tmp_path: Path) -> None:
    folder = tmp_path / "crawl"
    folder.mkdir()
    (folder / "a.warc.gz").write_bytes(small_crawl.warcs[0].read_bytes())
    first = finish(recipe, [folder], tmp_path / "store", "input.new=true")
    with pytest.raises(NothingNewError, match="all 1 files"):
        finish(recipe, [folder], tmp_path / "store", "input.new=true")
    (folder / "b.warc.gz").write_bytes(small_crawl.warcs[1].read_bytes())
    second = finish(recipe, [folder], tmp_path / "store", "input.new=true")
    assert [part.file.address for part in second.plan.parts] == ["b.warc.gz"]
    assert first.run.id != second.run.id


def test_unfinished_runs_are_found_with_their_words(small_crawl: Crawl, recipe: Path, tmp_path: Path) -> None:
    plan = plan_run(str(recipe), [str(small_crawl.folder)], str(tmp_path), ["gopher_quality.min_words=3"])
    store = open_store(plan.store)
    write_started(store, plan)
    now = datetime.now(UTC)
    assert unfinished_runs(store, now - timedelta(hours=1)) == []
    (run,) = unfinished_runs(store, now + timedelta(hours=1))
    again = plan_run(run["words"]["recipe"], run["inputs"], plan.store, run["words"]["overrides"])
    assert again.run_id == plan.run_id
    (told,) = store_status(store)["runs"]
    assert told["crawls"] == [{"crawl": "CC-MAIN-2026-05", "files": 3, "done": 0, "failed": 0, "waiting": 3}]


def test_status_of_a_finished_store(finished: Finished) -> None:
    (told,) = [run for run in store_status(finished.store)["runs"] if run["id"] == finished.run.id]
    assert told["status"] == "done"
    assert sum(crawl["done"] for crawl in told["crawls"]) == len(finished.plan.parts)
    assert sum(crawl["waiting"] + crawl["failed"] for crawl in told["crawls"]) == 0


def test_crawls_are_known_by_their_addresses(tmp_path: Path) -> None:
    assert known_crawls(Store(store_with(tmp_path, *CRAWLS[:2]))) == set(CRAWLS[:2])


def test_a_list_from_standard_input() -> None:
    assert named_inputs(["a", "-"], ["# list\n", "b\n", "\n", "s3://c/d\n"]) == ["a", "b", "s3://c/d"]
    assert named_inputs(["a"], ["b\n"]) == ["a"]
    with pytest.raises(InputError, match="nothing came"):
        named_inputs(["-"], [])
