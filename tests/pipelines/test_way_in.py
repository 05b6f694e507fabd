"""Every kind of input through the whole pipeline: crawls from a server, chosen captures, WET, JSONL and Parquet."""

import gzip
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from gristmill.core.errors import InputError, RecipeError
from gristmill.crawl.record import Record
from gristmill.crawl.records import read_records
from gristmill.pipelines.failures import failures, failures_text, raw_bytes
from gristmill.pipelines.ledger import open_ledger
from gristmill.pipelines.plan import plan_run
from tests.crawl.standin import Faults, StandIn, serve
from tests.crawl.warcs import gz, warc
from tests.pipelines.conftest import Crawl
from tests.pipelines.serial import Finished, finish

CRAWL = "CC-MAIN-2026-03"
SEGMENT = f"crawl-data/{CRAWL}/segments/1767225600000.0/warc"


@pytest.fixture(scope="module")
def mirror(small_crawl: Crawl, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small crawl laid out as Common Crawl lays out its own, with list, paths and columnar index."""
    root = tmp_path_factory.mktemp("mirror")
    (root / SEGMENT).mkdir(parents=True)
    paths, rows = [], []
    for path in small_crawl.warcs:
        shutil.copy(path, root / SEGMENT)
        paths.append(f"{SEGMENT}/{path.name}")
        for record in read_records(path):
            if isinstance(record, Record) and record.type == "response" and record.outcome == "usable":
                rows.append(
                    {
                        "url_host_registered_domain": record.uri.split("/")[2],
                        "fetch_status": record.http_status,
                        "warc_filename": paths[-1],
                        "warc_record_offset": record.offset,
                        "warc_record_length": record.length,
                    }
                )
    index = f"cc-index/table/cc-main/warc/crawl={CRAWL}/subset=warc/part-00000.parquet"
    (root / index).parent.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist([row for row in rows if row["fetch_status"] == 200]), root / index)
    for name, listed in (("warc", paths), ("cc-index-table", [index])):
        packed = gzip.compress("".join(f"{path}\n" for path in listed).encode())
        (root / f"crawl-data/{CRAWL}/{name}.paths.gz").write_bytes(packed)
    (root / "collinfo.json").write_text(json.dumps([{"id": CRAWL, "name": "January 2026 Index"}]))
    return root


@pytest.fixture
def site(mirror: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    with serve(mirror, Faults(busy=0.1), seed=1) as server:
        monkeypatch.setenv("GRISTMILL_DATA_URL", server.url)
        monkeypatch.setenv("GRISTMILL_CRAWLS_URL", f"{server.url}/collinfo.json")
        monkeypatch.setenv("GRISTMILL_REQUESTS_PER_SECOND", "0")
        monkeypatch.setenv("GRISTMILL_CONTACT", "mail@site.example")
        yield server


def with_input(recipe: Path, folder: Path, table: str) -> Path:
    path = folder / "selecting.toml"
    text = recipe.read_text("utf-8")
    path.write_text(f"{text}\n{table}\n" if table.startswith("[") else f"{table}\n{text}", "utf-8")
    return path


def kept_texts(finished: Finished) -> list[str]:
    return sorted(row["text"] for row in finished.sql("SELECT text FROM documents"))


def test_a_crawl_comes_from_a_server_as_from_a_folder(
    site: StandIn, small_crawl: Crawl, recipe: Path, tmp_path: Path
) -> None:
    wanted = with_input(recipe, tmp_path, f'[input]\ncrawls = ["{CRAWL}"]')
    fetched = finish(wanted, [], tmp_path / "store")
    local = finish(recipe, [small_crawl.folder], tmp_path / "local")
    assert kept_texts(fetched) == kept_texts(local)
    assert list((tmp_path / "store" / "cache").iterdir()) == []
    assert {agent.partition(" ")[2] for agent in site.agents} >= {"(+mail@site.example)"}
    asked = len(site.times)
    assert finish(wanted, [], tmp_path / "store").done == ()
    assert len(site.times) == asked  # the list of paths is kept in the store


def test_only_what_the_index_finds_is_fetched(site: StandIn, recipe: Path, tmp_path: Path) -> None:
    everything = finish(with_input(recipe, tmp_path, '[input]\ncrawls = ["latest"]'), [], tmp_path / "all")
    sent = site.sent
    hosts = everything.sql(
        "SELECT split_part(uri, '/', 3) AS host, count(*) AS n FROM records WHERE status = 200 AND "
        "type = 'response' AND outcome <> 'failed' GROUP BY host ORDER BY n DESC, host LIMIT 1"
    )
    overrides = [f'input.crawls=["{CRAWL}"]', f'input.index.domains=["{hosts[0]["host"]}"]']
    chosen = finish(recipe, [], tmp_path / "chosen", *overrides)
    rows = chosen.sql("SELECT id, uri, type FROM records")
    assert len(rows) == hosts[0]["n"]
    known = everything.sql("SELECT id FROM records")
    assert {row["id"] for row in rows} <= {row["id"] for row in known}  # the same ids as in the whole crawl
    assert site.sent - sent < sent / 2


def test_a_small_fraction_lies_in_a_larger_one(site: StandIn, recipe: Path, tmp_path: Path) -> None:
    def files(fraction: float) -> set[str]:
        overrides = [f'input.crawls=["{CRAWL}"]', f"input.fraction={fraction}"]
        return {part.file.address for part in plan_run(str(recipe), [], str(tmp_path / "s"), overrides).parts}

    assert files(0.3) <= files(0.7) <= files(1.0)
    assert len(files(1.0)) == 3


TEXTS = [f"The miller number {n} said that the wind would come, and that the mill would grind. " * 8 for n in range(9)]


def write_rows(folder: Path, kind: str) -> Path:
    rows = [{"body": text, "where": f"https://mill.example/{n}", "name": n} for n, text in enumerate(TEXTS)]
    lines = "".join(json.dumps(row) + "\n" for row in rows).encode()
    path = folder / f"texts.{kind}"
    if kind == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        packs: dict[str, Callable[[bytes], bytes]] = {
            "jsonl": bytes,
            "jsonl.gz": gzip.compress,
            "jsonl.zst": zstandard.ZstdCompressor().compress,
        }
        path.write_bytes(packs[kind](lines + b'{"other": 1}\n\nnot json\n'))
    return path


@pytest.mark.parametrize("kind", ["jsonl", "jsonl.gz", "jsonl.zst", "parquet"])
def test_rows_of_text_go_through_everything(kind: str, recipe: Path, tmp_path: Path) -> None:
    table = '[input]\ncolumns = { text = "body", url = "where", id = "name" }'
    path = write_rows(tmp_path, kind)
    finished = finish(with_input(recipe, tmp_path, table), [path], tmp_path / "store")
    rows = finished.sql('SELECT id, url, record_id, text FROM documents ORDER BY "offset"')
    assert [row["text"] for row in rows] == [text.strip() for text in TEXTS]
    assert rows[3]["url"] == "https://mill.example/3"
    assert len({row["id"] for row in rows}) == len(TEXTS)
    with open_ledger(finished.store) as ledger:
        told = failures(ledger)
        errors = {group["error"]: group["count"] for group in told["records"]}
        assert errors == ({} if kind == "parquet" else {"read.row.no_text": 1, "read.row.not_json": 1})
        raw = raw_bytes(ledger, rows[3]["id"].hex())
    assert json.loads(raw)["where"] == "https://mill.example/3"
    assert finish(with_input(recipe, tmp_path, table), [path], tmp_path / "store").done == ()


def test_a_parquet_without_the_column_is_an_error_of_the_user(recipe: Path, tmp_path: Path) -> None:
    path = write_rows(tmp_path, "parquet")
    with pytest.raises(InputError, match=r"no column 'content'.*body, where, name"):
        finish(with_input(recipe, tmp_path, '[input]\ncolumns = { text = "content" }'), [path], tmp_path / "store")


def write_wet(path: Path) -> None:
    records = [warc(text.encode(), "conversion", n, Content_Type="text/plain") for n, text in enumerate(TEXTS)]
    path.write_bytes(b"".join(map(gz, records)))


def test_a_wet_is_an_input(recipe: Path, tmp_path: Path) -> None:
    (tmp_path / "wet").mkdir()
    write_wet(tmp_path / "wet" / "texts.warc.wet.gz")
    finished = finish(recipe, [tmp_path / "wet"], tmp_path / "store")
    assert kept_texts(finished) == sorted(text.strip() for text in TEXTS)


def test_failures_are_grouped_and_their_bytes_shown(finished: Finished) -> None:
    with open_ledger(finished.store) as ledger:
        value = failures(ledger)
        assert (
            sum(group["count"] for group in value["records"])
            == finished.sql("SELECT count(*) AS n FROM records WHERE outcome = 'failed'")[0]["n"]
        )
        for group in value["records"]:
            assert group["example"]["message"]
            assert raw_bytes(ledger, group["example"]["id"])
        page = finished.sql("SELECT id, uri FROM records WHERE outcome = 'kept' ORDER BY id LIMIT 1")[0]
        raw = raw_bytes(ledger, page["id"].hex())
    assert raw.startswith(b"WARC/1.0\r\n")
    assert f"WARC-Target-URI: {page['uri']}\r\n".encode() in raw
    assert value["records"][0]["error"] in failures_text(value)


def test_digests_that_do_not_hold_are_counted(small_crawl: Crawl, recipe: Path, tmp_path: Path) -> None:
    stored = small_crawl.warcs[0].read_bytes()
    first = next(
        record
        for record in read_records(small_crawl.warcs[0])
        if isinstance(record, Record) and record.type == "response" and record.http_status == 200
    )
    member = gzip.decompress(stored[first.offset : first.offset + first.length])
    spoilt = member.replace(b"WARC-Payload-Digest: sha1:", b"WARC-Payload-Digest: sha1:QQQQ", 1)
    spoilt = spoilt.replace(b"QQQQ" + spoilt.partition(b"QQQQ")[2][:4], b"QQQQ", 1)
    (tmp_path / "crawl").mkdir()
    (tmp_path / "crawl" / "a.warc.gz").write_bytes(
        stored[: first.offset] + gzip.compress(spoilt) + stored[first.offset + first.length :]
    )
    finished = finish(recipe, [tmp_path / "crawl"], tmp_path / "store")
    with open_ledger(finished.store) as ledger:
        (group,) = failures(ledger)["warnings"]
    assert (group["error"], group["count"], group["example"]["offset"]) == ("payload_digest", 1, first.offset)
    extracted = finished.run.stage("extract")
    assert extracted is not None
    assert extracted.final[0].extra["warnings"] == {"payload_digest": 1}


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("[input]\nfraction = 2.0", r"input.fraction = 2.0"),
        ("[input]\ncrawl = []", r"unknown key input.crawl; did you mean 'crawls'"),
        ('[input]\nnews = ["2024"]', r"input.news"),
        ("[input.index]\ntlds = 3", r"input.index.tlds"),
        ("input = 3", r"is no table"),
    ],
)
def test_a_wrong_selection_is_a_recipe_error(table: str, said: str, recipe: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=said):
        plan_run(str(with_input(recipe, tmp_path, table)), [], str(tmp_path / "store"))


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (['input.crawls=["CC-MAIN-2026-04"]'], r"no warc files.*did you mean CC-MAIN-2026-03"),
        (['input.news=["2026-01"]'], "no CC-NEWS of 2026-01"),
        ([f'input.crawls=["{CRAWL}"]', 'input.segments=["1"]'], r"the selection is empty: of 3 files none.*segments"),
        ([f'input.crawls=["{CRAWL}"]', 'input.index.domains=["no.example"]'], "no capture in the index fits"),
        (
            [f'input.crawls=["{CRAWL}"]', 'input.index.languages=["deu"]'],
            r"has no column content_languages.*leave it out",
        ),
    ],
)
def test_a_selection_that_cannot_be_says_why(
    overrides: list[str], said: str, site: StandIn, recipe: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=said):
        plan_run(str(recipe), [], str(tmp_path / "store"), overrides)
    assert not (tmp_path / "store").exists() or list((tmp_path / "store").glob("runs/*.json")) == []


def test_no_network(monkeypatch: pytest.MonkeyPatch, recipe: Path, tmp_path: Path) -> None:
    monkeypatch.setenv("GRISTMILL_DATA_URL", "http://127.0.0.1:1")
    monkeypatch.setattr("gristmill.crawl.manners.Manners.wait", lambda *_: None)
    with pytest.raises(
        InputError, match=r"127.0.0.1:1/crawl-data.*cannot be reached.*check the address and the network"
    ):
        plan_run(str(recipe), [], str(tmp_path / "store"), [f'input.crawls=["{CRAWL}"]'])
