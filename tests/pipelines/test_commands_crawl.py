"""The commands of the way in, as people and programs call them."""

import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gristmill.core.errors import GristmillError, InputError
from gristmill.pipelines import cli
from tests.crawl.standin import StandIn, serve
from tests.crawl.test_crawls import CRAWL, lay_out
from tests.crawl.warcs import gz, pages
from tests.pipelines.conftest import Crawl
from tests.pipelines.serial import Finished

PATHS = [f"crawl-data/{CRAWL}/segments/1/warc/{n}.warc.gz" for n in range(3)]
Say = Callable[..., str]
SELECT = ("--set", f'input.crawls=["{CRAWL}"]')


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    root = tmp_path / "mirror"
    lay_out(root, CRAWL, "warc", PATHS)
    for path in PATHS:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"".join(map(gz, pages(4))))
    (root / "collinfo.json").write_text(json.dumps([{"id": CRAWL, "name": "February", "from": "2024-02-21T00:00:00"}]))
    with serve(root) as server:
        monkeypatch.setenv("GRISTMILL_DATA_URL", server.url)
        monkeypatch.setenv("GRISTMILL_CRAWLS_URL", f"{server.url}/collinfo.json")
        monkeypatch.setenv("GRISTMILL_REQUESTS_PER_SECOND", "0")
        yield server


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    def run(*words: object) -> str:
        cli.app([*map(str, words)], standalone_mode=False)
        return capsys.readouterr().out

    return run


def test_crawls(site: StandIn, say: Say) -> None:
    assert say("crawls").split() == [CRAWL, "2024-02-21", "February"]
    assert json.loads(say("crawls", "--json")) == [
        {"id": CRAWL, "name": "February", "since": "2024-02-21T00:00:00", "until": ""}
    ]


def test_fetch_keeps_and_goes_on(site: StandIn, say: Say, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert say("fetch", *SELECT, "--out", out, "--list").split() == [f"{site.url}/{path}" for path in PATHS]
    assert not out.exists()
    (site.root / PATHS[1]).rename(site.root / "away")
    with pytest.raises(GristmillError, match="1 of 3 files did not come"):
        say("fetch", *SELECT, "--out", out, "--json")
    (site.root / "away").rename(site.root / PATHS[1])
    rows = [json.loads(line) for line in say("fetch", *SELECT, "--out", out, "--json").splitlines()]
    assert [(row["address"], row["new"], row["error"]) for row in rows if "address" in row][-3:] == [
        (PATHS[0], False, ""),
        (PATHS[1], True, ""),
        (PATHS[2], False, ""),
    ]
    assert sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()) == PATHS
    assert (out / PATHS[0]).read_bytes() == (site.root / PATHS[0]).read_bytes()


def test_fetch_wants_a_selection(say: Say, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing is selected"):
        say("fetch", "--out", tmp_path)


def test_status_and_failed(finished: Finished, say: Say) -> None:
    assert "done" in say("status", "--store", finished.plan.store)
    (run,) = json.loads(say("status", "--store", finished.plan.store, "--json"))["runs"]
    assert run["id"] == finished.run.id
    value = json.loads(say("failed", "--store", finished.plan.store, "--json"))
    assert {"files", "records", "documents", "warnings"} == value.keys()
    assert value["records"][0]["example"]["id"] in say("failed", "--store", finished.plan.store)


def test_raw_bytes_go_to_standard_output(finished: Finished, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    row = finished.sql("SELECT uri FROM records WHERE outcome = 'kept' ORDER BY id LIMIT 1")[0]
    cli.app(["show", row["uri"], "--raw", "--store", finished.plan.store], standalone_mode=False)
    assert capsysbinary.readouterr().out.startswith(b"WARC/1.0\r\n")


def test_plan_reads_a_list_from_standard_input(
    small_crawl: Crawl, recipe: Path, finished: Finished, say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"# two of them\n{small_crawl.warcs[0]}\n{small_crawl.warcs[1]}\n"))
    words = ("plan", recipe, "--input", "-", "--store", tmp_path / "store", "--workers", 3)
    value = json.loads(say(*words, "--json"))
    assert (value["files"], value["workers"][0]["workers"]) == (2, 3)
    assert "files" in say("plan", recipe, "--input", small_crawl.warcs[0], "--store", tmp_path / "store")
