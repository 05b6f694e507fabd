"""The command line: what it says when a request is wrong, and how it ends. Nothing here may start Prefect."""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from gristmill.pipelines import cli
from gristmill.pipelines.store import Store
from tests.pipelines.conftest import Crawl
from tests.pipelines.serial import Finished, finish, write_recipe


@dataclass(frozen=True)
class Answer:
    """How a command ended and what it said."""

    code: object
    out: str
    err: str


Ask = Callable[..., Answer]


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Run a command in this process, where Prefect cannot be imported."""

    def run(*words: object) -> Answer:
        monkeypatch.setattr(sys, "argv", ["gristmill", *map(str, words)])
        for name in [*(name for name in sys.modules if name.partition(".")[0] == "prefect"), "prefect"]:
            monkeypatch.setitem(sys.modules, name, None)
        monkeypatch.setitem(sys.modules, "gristmill.pipelines.curate", None)
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return Answer(ended.value.code, said.out, said.err)

    return run


def refused(answer: Answer, code: int, *words: str) -> None:
    """One line on standard error that holds the words, and nothing else."""
    assert answer.code == code, answer
    assert answer.out == ""
    assert answer.err.count("\n") == 1, answer.err
    assert answer.err.startswith("gristmill: ")
    assert "This should not happen" not in answer.err
    for word in words:
        assert word in answer.err


def page(folder: Path) -> Path:
    """A WARC with one record."""
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>The mill grinds slowly.</p>"
    head = (
        "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://mill.example/\r\nWARC-Date: 2026-01-01T00:00:00Z\r\n"
        "WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-000000000000>\r\n"
        f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    path = folder / "one.warc.gz"
    path.write_bytes(gzip.compress(head.encode() + block + b"\r\n\r\n"))
    return path


def empty_file(folder: Path) -> Path:
    (folder / "void.warc.gz").touch()
    return folder / "void.warc.gz"


def folder_without_warcs(folder: Path) -> Path:
    (folder / "pages").mkdir()
    (folder / "pages" / "page.html").write_text("<p>mill")
    return folder / "pages"


def no_warc(folder: Path) -> Path:
    (folder / "notes.warc.gz").write_bytes(gzip.compress(b"just words\n" * 100))
    return folder / "notes.warc.gz"


def image(folder: Path) -> Path:
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(1000))
    return folder / "picture.png"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: folder / "missing.warc.gz", ["missing.warc.gz", "does not exist", "check the path"]),
        (lambda folder: folder / "*.warc.gz", ["*.warc.gz", "matches no WARC file", "check it"]),
        (empty_file, ["void.warc.gz", "is empty", "get it again"]),
        (folder_without_warcs, ["pages", "holds no WARC file", "name another folder"]),
        (no_warc, ["notes.warc.gz", "is no WARC", "name another file"]),
        (image, ["picture.png", "is no WARC", "name another file"]),
    ],
    ids=["missing", "pattern", "empty", "folder", "no WARC", "image"],
)
def test_an_input_that_cannot_be_used(
    make: Callable[[Path], Path], words: list[str], ask: Ask, tmp_path: Path, recipe: Path
) -> None:
    given = make(tmp_path)
    refused(ask("run", recipe, "--input", given, "--store", tmp_path / "store"), 2, *words)
    assert not (tmp_path / "store").exists()


def test_no_input(ask: Ask, tmp_path: Path, recipe: Path) -> None:
    refused(ask("run", recipe, "--store", tmp_path / "store"), 2, "no input given", "--input")


def test_the_same_file_twice(ask: Ask, tmp_path: Path, recipe: Path) -> None:
    path = page(tmp_path)
    answer = ask("run", recipe, "--input", path, "--input", path, "--store", tmp_path / "store")
    refused(answer, 2, "given twice", path.name)


@pytest.mark.parametrize(
    ("name", "lines", "words"),
    [
        ("unknown key", "treshold = 0.9", ["unknown key stages.minhash.treshold", "did you mean 'threshold'?"]),
        ("wrong type", 'threshold = "high"', ["stages.minhash.threshold = 'high'", "valid number"]),
        ("half a line", "threshold = ", ["cannot read the recipe", "Mend the file"]),
    ],
)
def test_a_recipe_that_cannot_be_used(name: str, lines: str, words: list[str], ask: Ask, tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path / "mine.toml", minhash=lines)
    answer = ask("run", recipe, "--input", page(tmp_path), "--store", tmp_path / "store")
    refused(answer, 2, "mine.toml", *words)
    assert not (tmp_path / "store").exists()


def test_a_recipe_that_is_not_there(ask: Ask, tmp_path: Path) -> None:
    given = ["--input", page(tmp_path), "--store", tmp_path / "store"]
    refused(ask("run", "defalt", *given), 2, "no recipe 'defalt'", "did you mean 'default'?")
    refused(ask("run", tmp_path / "none.toml", *given), 2, "none.toml", "No such file")
    refused(ask("run", "default", "--set", "minhash.treshold=1", *given), 2, "treshold", "did you mean 'threshold'?")


def test_a_store_that_cannot_be_written(ask: Ask, tmp_path: Path, recipe: Path) -> None:
    (tmp_path / "file").touch()
    for store in (tmp_path / "file", tmp_path / "file" / "store"):
        answer = ask("run", recipe, "--input", page(tmp_path), "--store", store)
        refused(answer, 1, "cannot open the store", str(store), "may write to")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_store_without_permission(ask: Ask, tmp_path: Path, recipe: Path) -> None:
    (tmp_path / "store").mkdir(mode=0o555)
    answer = ask("run", recipe, "--input", page(tmp_path), "--store", tmp_path / "store")
    refused(answer, 1, "permission denied", str(tmp_path / "store"))


def test_a_runner_that_is_not_there(ask: Ask, tmp_path: Path, recipe: Path) -> None:
    answer = ask("run", recipe, "--input", page(tmp_path), "--store", tmp_path / "store", "--runner", "slurm")
    refused(answer, 2, "no runner 'slurm'", "local, dask")


LOOKS: list[tuple[str, ...]] = [
    ("funnel",),
    ("sql", "SELECT 1"),
    ("show", "http://mill.example/"),
    ("verify",),
    ("trace", "0", "0"),
    ("ledger",),
    ("export", "--out", "kept.parquet"),
    ("pretrain",),
    ("dashboard",),
]


@pytest.mark.parametrize("words", LOOKS, ids=lambda words: words[0])
def test_a_store_without_a_run(words: tuple[str, ...], ask: Ask, tmp_path: Path) -> None:
    refused(ask(*words, "--store", tmp_path), 2, str(tmp_path), "gristmill run --input")
    refused(ask(*words, "--store", tmp_path / "typo"), 2, str(tmp_path / "typo"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", LOOKS, ids=lambda words: words[0])
def test_an_unknown_run(words: tuple[str, ...], ask: Ask, finished: Finished) -> None:
    answer = ask(*words, "--store", finished.plan.store, "--run", "beef")
    refused(answer, 2, "has no run beef", finished.run.id)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("sql", "SELEC 1"), ["DuckDB: Parser Error", "SELEC"]),
        (("sql", "SELECT * FROM nowhere"), ["DuckDB: Catalog Error", "nowhere"]),
        (("show", "http://nowhere.example/"), ["http://nowhere.example/", "gristmill sql"]),
        (("show", "0" * 32), ["0" * 32, "gristmill sql"]),
        (("trace", "7", "0"), ["no shard 7", "has 1"]),
        (("trace", "0", "999999999"), ["999999999", "a position is 0 to"]),
        (("verify", "--stage", "lines"), ["no stage 'lines'", "minhash"]),
        (("export", "--out", "kept.csv"), ["kept.csv", ".parquet or .jsonl"]),
        (("export", "--out", "/nowhere/at/all/kept.parquet"), ["/nowhere/at/all/kept.parquet", "No such file"]),
    ],
    ids=lambda value: "-".join(value[:2]) if isinstance(value, tuple) else "",
)
def test_a_question_without_an_answer(words: tuple[str, ...], said: list[str], ask: Ask, finished: Finished) -> None:
    refused(ask(*words, "--store", finished.plan.store), 2, *said)


def test_a_difference_ends_with_three(ask: Ask, copied: Store, finished: Finished) -> None:
    """The difference is told in either form, and again in one line on standard error."""
    assert ask("verify", "--store", copied.url).code == 0
    output = finished.run.stages[-1].final[0].output("bin")
    assert output is not None and copied.folder is not None
    path = copied.folder / output.path
    path.write_bytes(b"\1" + path.read_bytes()[1:])
    for form in ([], ["--json"]):
        answer = ask("verify", "--store", copied.url, *form)
        assert answer.code == 3
        assert "shards" in answer.out and output.path in answer.out
        assert answer.err.count("\n") == 1 and output.path in answer.err


def test_usage(ask: Ask) -> None:
    for words in (["grind"], ["run", "--nonsense"], ["trace", "0"], ["trace", "0", "first"], ["run", "--workers", "0"]):
        answer = ask(*words)
        assert answer.code == 2
        assert "Usage: gristmill" in answer.err
    for words in (["--help"], ["run", "--help"], ["run", "-h"]):
        answer = ask(*words)
        assert answer.code == 0
        assert "Usage: gristmill" in answer.out


def test_debug_shows_where(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "argv", ["gristmill", "funnel", "--store", str(tmp_path), "--debug"])
    with pytest.raises(Exception, match="has no run"):
        cli.main()


def test_a_fault_of_our_own_is_told_in_one_line(ask: Ask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("by no mill\nand more")

    monkeypatch.setattr("gristmill.pipelines.runs.read_run", fail)
    answer = ask("funnel", "--store", tmp_path)
    assert answer.code == 1
    assert answer.err.count("\n") == 1
    assert "ZeroDivisionError: by no mill." in answer.err and "--debug" in answer.err


CONTRACT = {
    "funnel": {"dataset", "root", "balanced", "stages"},
    "verify": {"root", "ok", "stages"},
    "show": {"id", "url", "warc", "stages", "duplicate_of", "captures", "tokens"},
    "trace": {"id", "url", "warc", "token", "text"},
}
STAGE = {
    "funnel": {
        "name", "unit", "in", "kept", "rejected", "failed", "reasons", "seconds", "bytes_in", "bytes_out",
    },
    "verify": {"name", "key", "digest", "ok"},
    "show": {"name", "outcome", "rules", "signals"},
}  # fmt: skip


def test_other_programs_find_what_they_rely_on(ask: Ask, finished: Finished) -> None:
    """The keys of the contract; docs/reference.md, which has more, is held by test_documented_output.py."""
    key = finished.sql("SELECT id FROM shards LIMIT 1")[0]["id"].hex()
    asked = {"funnel": ("funnel",), "verify": ("verify",), "show": ("show", key), "trace": ("trace", "0", "3")}
    for name, words in asked.items():
        answer = ask(*words, "--store", finished.plan.store, "--json")
        assert (answer.code, answer.err) == (0, "")
        value = json.loads(answer.out)
        assert value.keys() >= CONTRACT[name]
        for stage in value.get("stages", ()):
            assert stage.keys() >= STAGE[name]
        if "warc" in value:
            assert value["warc"].keys() == {"file", "offset", "length"}


def test_for_people(ask: Ask, finished: Finished, tmp_path: Path) -> None:
    key = finished.sql("SELECT id FROM shards LIMIT 1")[0]["id"].hex()
    store = ["--store", finished.plan.store]
    assert "every record is accounted for" in ask("funnel", *store).out
    assert key in ask("show", key, *store).out
    assert "bytes" in ask("trace", "0", "3", *store).out
    assert finished.run.root in ask("verify", *store).out
    assert "fetch" in ask("sql", "SELECT name FROM stages", *store).out
    assert "documents in" in ask("export", "--out", tmp_path / "kept.jsonl", *store).out
    assert "3 files in" in ask("export", "--shards", "--out", tmp_path / "shards", *store).out


_POISON = "raise AssertionError('Prefect was imported')\n"


def gristmill(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    """Run the installed command in a process of its own, in which importing Prefect is a fault."""
    (folder / "poison").mkdir(exist_ok=True)
    (folder / "poison" / "prefect.py").write_text(_POISON)
    command = [sys.executable, "-m", "gristmill", *map(str, words)]
    environment = os.environ | {"PYTHONPATH": str(folder / "poison")}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=folder)


def test_a_finished_run_says_so_without_prefect(small_crawl: Crawl, tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path / "few.toml", "heuristics", "quality", "minhash")
    done = finish(recipe, small_crawl.warcs[:1], tmp_path / "store")
    words = ["run", recipe, "--input", small_crawl.warcs[0], "--store", "store"]
    again = gristmill(tmp_path, *words)
    assert again.returncode == 0, again.stderr
    assert "nothing to do" in again.stdout
    assert done.run.root in again.stdout
    assert again.stderr == ""
    told = gristmill(tmp_path, *words, "--json")
    assert json.loads(told.stdout)["root"] == done.run.root


def test_a_process_of_its_own_ends_as_it_should(tmp_path: Path, recipe: Path) -> None:
    ended = gristmill(tmp_path, "run", recipe, "--input", "missing.warc.gz", "--store", "store")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("gristmill: input 'missing.warc.gz' does not exist")
    assert ended.stderr.count("\n") == 1


_FULL = """
import resource, sys
from tests.pipelines.serial import finish
resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, resource.RLIM_INFINITY))
from gristmill.core.errors import StoreError
try:
    finish(*sys.argv[1:2], sys.argv[2:3], sys.argv[3])
except StoreError as error:
    print(error)
"""


def test_a_full_disk_is_told_and_nothing_is_lost(small_crawl: Crawl, recipe: Path, tmp_path: Path) -> None:
    """Files may grow to 8 kB only, as if the disk were full there: no receipt for what did not fit."""
    store = tmp_path / "store"
    words = [str(recipe), str(small_crawl.warcs[0]), str(store)]
    command = [sys.executable, "-c", _FULL, *words]
    stopped = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    assert stopped.returncode == 0, stopped.stderr
    assert "cannot write extract-" in stopped.stdout
    assert "Free space" in stopped.stdout and "finished work is kept" in stopped.stdout
    assert stopped.stdout.count("\n") == 1
    assert {path.parent.name.partition("-")[0] for path in store.rglob("*.json")} == {"fetch"}
    assert not list(store.glob("extract-*/*.documents.parquet"))  # what was whole may lie there: no receipt names it
    resumed = finish(recipe, small_crawl.warcs[:1], store)
    assert resumed.stages_done[0] == "extract"
    assert resumed.run.root == finish(recipe, small_crawl.warcs[:1], tmp_path / "other").run.root


def test_a_truncated_file_runs_and_its_damage_is_in_the_ledger(
    small_crawl: Crawl, recipe: Path, tmp_path: Path
) -> None:
    whole = small_crawl.warcs[0]
    cut = tmp_path / whole.name
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    finished = finish(recipe, [cut], tmp_path / "store")
    (last,) = finished.sql('SELECT * FROM records ORDER BY "offset" DESC LIMIT 1')
    assert (last["outcome"], last["rules"]) == ("failed", ["read.truncated_member"])
    assert last["offset"] + last["length"] == cut.stat().st_size
    assert finished.sql("SELECT count(*) AS n FROM shards")[0]["n"] > 0
