"""The store on a folder and on a bucket: the same calls, the same answers."""

import io
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from gristmill.core.errors import StoreError
from gristmill.pipelines.funnel import funnel
from gristmill.pipelines.ledger import LEDGER
from gristmill.pipelines.store import Store
from gristmill.pipelines.tables import read_range, read_table, table_writer
from gristmill.pipelines.tracing import trace
from gristmill.pipelines.verify import verify
from tests.pipelines.conftest import Crawl
from tests.pipelines.serial import finish, write_recipe

# One process starts the server for all tests of this file.
pytestmark = pytest.mark.xdist_group("bucket")

_START_SECONDS = 120


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an empty bucket on a server of the tests' own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    log = tmp_path_factory.mktemp("moto") / "log"
    settings = {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": "tests",
        "AWS_SECRET_ACCESS_KEY": "tests",
        "AWS_REGION": "us-east-1",
        "AWS_ALLOW_HTTP": "true",
    }
    with log.open("wb") as output, pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
        server = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            _wait_for(f"{address}/moto-api/", server, log)
            request = urllib.request.Request(f"{address}/gristmill-tests", method="PUT")
            urllib.request.urlopen(request, timeout=30).close()
            yield "s3://gristmill-tests"
        finally:
            server.terminate()
            server.wait(20)


def _wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(_START_SECONDS * 5):
        try:
            urllib.request.urlopen(address, timeout=2).close()
            return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            assert server.poll() is None, log.read_text()
            time.sleep(0.2)
    pytest.fail(f"no answer from {address}: {log.read_text()}")


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "folder":
        return Store(str(tmp_path / "made" / "anew"))
    return Store(f"{request.getfixturevalue('bucket')}/{request.node.name.partition('[')[0]}")


def test_put_and_read(store: Store) -> None:
    assert store.read("a/b") is None
    store.put("a/b", b"one")
    store.put("a/b", b"two")
    assert store.read("a/b") == b"two"


def test_put_new_commits_once(store: Store) -> None:
    assert store.put_new("a/receipt.json", b"first")
    assert not store.put_new("a/receipt.json", b"second")
    assert store.read("a/receipt.json") == b"first"


def test_json(store: Store) -> None:
    assert store.read_json("a.json") is None
    store.put("a.json", b'{"a": [1]}')
    assert store.read_json("a.json") == {"a": [1]}
    store.put("a.json", b"")
    with pytest.raises(StoreError, match=r"a\.json in the store .* is damaged"):
        store.read_json("a.json")


def test_delete(store: Store) -> None:
    store.put("a", b"x")
    store.delete("a")
    store.delete("a")
    assert store.read("a") is None


def test_list_is_sorted_and_within_the_prefix(store: Store) -> None:
    for name in ("runs/b.json", "runs/a.json", "running/c", "x"):
        store.put(name, b"-")
    assert list(store.list("runs")) == ["runs/a.json", "runs/b.json"]
    assert list(store.list("none")) == []


def test_a_stream_is_published_at_its_end(store: Store) -> None:
    block = os.urandom(1 << 20)
    with store.writer("big") as out:
        for _ in range(12):  # more than one part of a multipart upload
            out.write(block)
        assert store.read("big") is None
    assert store.read("big") == block * 12


def test_a_stream_that_breaks_publishes_nothing(store: Store) -> None:
    def broken() -> None:
        with store.writer("half") as out:
            out.write(b"x" * 100)
            raise OSError("a WARC that cannot be read")

    with pytest.raises(OSError, match="a WARC that cannot be read"):
        broken()
    assert store.read("half") is None
    assert list(store.list("")) == []


def test_reading_by_ranges(store: Store) -> None:
    data = bytes(range(256)) * 100
    store.put("data", data)
    with store.reader("data") as source:
        assert source.size() == len(data)
        source.seek(1000)
        assert source.read(10) == data[1000:1010]
        source.seek(-5, io.SEEK_END)
        assert source.read() == data[-5:]
        assert source.read() == b""
        source.seek(0)
        assert source.read_buffer().to_pybytes() == data


def test_reading_what_is_missing(store: Store) -> None:
    with pytest.raises(StoreError, match=r"gone/t\.parquet is missing in the store"):
        store.reader("gone/t.parquet")


def test_tables(store: Store) -> None:
    rows = pa.table({"bucket": pa.array(range(1000), pa.uint64()), "text": [f"row {row}" for row in range(1000)]})
    with table_writer(store, "t.parquet", rows.schema) as writer:
        for start in range(0, 1000, 250):
            writer.write(rows.slice(start, 250))
    assert read_table(store, "t.parquet").equals(rows)
    assert read_range(store, "t.parquet", "bucket", 240, 260).equals(rows.slice(240, 20))


def test_a_run_in_a_bucket_is_the_run_in_a_folder(bucket: str, small_crawl: Crawl, tmp_path: Path) -> None:
    """Written to, resumed from, asked, verified and traced in a bucket, with the root that a folder gives."""
    recipe = write_recipe(tmp_path / "few.toml", "language", "heuristics", "quality")
    inputs = small_crawl.warcs[:2]
    here = finish(recipe, inputs, tmp_path / "store")
    there = finish(recipe, inputs, f"{bucket}/run")
    assert there.run.root == here.run.root
    assert finish(recipe, inputs, f"{bucket}/run").done == ()
    for text in (
        "SELECT count(*) AS n FROM documents",
        "SELECT id, text FROM kept ORDER BY id",
        "SELECT * FROM shards",
    ):
        assert there.sql(text) == here.sql(text)
    assert funnel(there.run)["balanced"]
    assert [one.get("problem") for one in verify(there.store, there.run)["stages"]] == [None] * len(there.run.stages)
    assert trace(there.store, there.run, "0", 5) == trace(here.store, here.run, "0", 5)
    assert there.store.read(LEDGER)


def test_a_place_is_the_same_however_it_is_spelt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert Store("data").place == Store("./data").place == Store(f"file://{tmp_path}/data").place == f"{tmp_path}/data"
    assert Store("data").local_path("a/b") == f"{tmp_path}/data/a/b"


@pytest.mark.parametrize("url", ["nowhere://bucket", "s3://"])
def test_a_url_that_leads_nowhere(url: str) -> None:
    with pytest.raises(StoreError, match="cannot open the store"):
        Store(url)


def test_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(StoreError, match="cannot open the store") as caught:
            Store(str(path))
        assert "\n" not in str(caught.value)


def test_a_folder_in_the_place_of_an_object(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    (tmp_path / "a").mkdir()
    for broken in (lambda: store.read("a"), lambda: store.put("a", b"x"), lambda: store.reader("a")):
        with pytest.raises(StoreError) as caught:
            broken()
        assert "\n" not in str(caught.value)
