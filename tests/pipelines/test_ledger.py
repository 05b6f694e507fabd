"""The ledger as a file that any DuckDB client opens, and as what the commands ask."""

import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import orjson
import pytest

from gristmill.core.errors import StoreError, UsageError
from gristmill.pipelines.funnel import funnel
from gristmill.pipelines.ledger import LEDGER, open_ledger, publish_ledger, query
from gristmill.pipelines.runs import read_run
from gristmill.pipelines.store import Store
from tests.pipelines.conftest import Crawl
from tests.pipelines.serial import Finished, finish, write_recipe

TABLES = {
    "runs", "stages", "receipts", "funnel", "removals", "files", "documents", "records", "verdicts", "reasons",
    "duplicates", "kept", "shards", "verdicts_urls", "verdicts_language", "verdicts_heuristics", "verdicts_quality",
    "verdicts_exact", "verdicts_minhash", "verdicts_pii", "verdicts_encode",
}  # fmt: skip


def test_all_tables_and_views_are_there(finished: Finished) -> None:
    assert {row["name"] for row in finished.sql("SHOW TABLES")} == TABLES
    for name in sorted(TABLES):
        assert finished.sql(f'SELECT count(*) AS n FROM "{name}"')[0]["n"] > 0, name


_PLAIN = """
import duckdb, sys
with duckdb.connect(sys.argv[1], read_only=True) as connection:
    print(connection.execute("SELECT count(*) FROM documents").fetchone()[0])
"""


def test_any_client_opens_it(finished: Finished, tmp_path: Path) -> None:
    """In a process that knows nothing of Gristmill, from another folder, while somebody else reads."""
    path = str(Path(finished.plan.store) / LEDGER)
    with duckdb.connect(path, read_only=True) as reader:
        done = subprocess.run(
            [sys.executable, "-I", "-c", _PLAIN, path], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        assert int(done.stdout) == reader.execute("SELECT count(*) FROM documents").fetchall()[0][0] > 0


def test_it_is_published_while_somebody_reads(copied: Store) -> None:
    publish_ledger(copied, read_run(copied))
    with open_ledger(copied) as reader:
        publish_ledger(copied, read_run(copied))
        assert query(reader, "SELECT count(*) AS n FROM documents")[0]["n"] > 0


def test_small_tables_say_what_receipts_and_funnel_say(finished: Finished) -> None:
    (run,) = finished.sql("SELECT * FROM runs")
    assert (run["id"], run["root"], run["balanced"]) == (finished.run.id, finished.run.root, True)
    assert run["store"] == finished.store.place
    stages = finished.sql("SELECT * FROM stages ORDER BY position")
    assert [(row["name"], row["key"], row["digest"]) for row in stages] == [
        (stage.name, stage.key, stage.digest) for stage in finished.run.stages
    ]
    assert orjson.loads(stages[3]["params"])["min_score"] == 0.65
    told = funnel(finished.run)["stages"]
    for row, stage in zip(finished.sql("SELECT * FROM funnel ORDER BY position"), told, strict=True):
        assert {name: row[name] for name in ("name", "unit", "in", "kept", "rejected", "failed")} == {
            name: stage[name] for name in ("name", "unit", "in", "kept", "rejected", "failed")
        }
    receipts = {row["name"] + row["stage"]: row for row in finished.sql("SELECT * FROM receipts")}
    assert len(receipts) == len(finished.receipts)
    for receipt in finished.receipts:
        row = receipts[receipt.name + receipt.stage]
        assert (row["digest"], row["in"], row["step"]) == (receipt.digest, receipt.counts.in_, receipt.step)
        assert orjson.loads(row["reasons"]) == receipt.reasons


def test_removals_are_the_counted_reasons(finished: Finished) -> None:
    """What receipts counted while judging is what the rows of the verdicts give."""
    counted = "SELECT stage, rule, alive, count(*) AS units FROM reasons GROUP BY ALL ORDER BY ALL"
    assert finished.sql("SELECT * FROM removals WHERE stage <> 'extract' ORDER BY ALL") == finished.sql(counted)
    rows = finished.sql(
        "SELECT rule, count(*) AS units FROM (SELECT unnest(rules) AS rule FROM records) GROUP BY ALL ORDER BY ALL"
    )
    assert rows == finished.sql("SELECT rule, units FROM removals WHERE stage = 'extract' ORDER BY ALL")


def test_files_are_the_inputs(finished: Finished, crawl: Crawl) -> None:
    rows = finished.sql("SELECT * FROM files ORDER BY address")
    assert [row["location"] for row in rows] == [str(path) for path in crawl.warcs]
    assert [row["bytes"] for row in rows] == [path.stat().st_size for path in crawl.warcs]
    assert {row["reason"] for row in rows} == {""}


def test_every_document_has_a_verdict_of_every_stage_that_judges_all(finished: Finished) -> None:
    documents = finished.sql("SELECT count(*) AS n FROM documents")[0]["n"]
    counts = {
        row["stage"]: row["n"] for row in finished.sql("SELECT stage, count(*) AS n FROM verdicts GROUP BY stage")
    }
    for stage in ("urls", "language", "heuristics", "quality"):
        assert counts[stage] == documents
    alive = finished.sql("SELECT stage, count(*) AS n FROM verdicts WHERE alive GROUP BY stage")
    told = {stage["name"]: stage["in"] for stage in funnel(finished.run)["stages"]}
    assert {row["stage"]: row["n"] for row in alive} == {row["stage"]: told[row["stage"]] for row in alive}


def test_signals_are_json_in_one_view_and_typed_in_the_others(finished: Finished) -> None:
    (row,) = finished.sql("SELECT id, signals FROM verdicts WHERE stage = 'language' ORDER BY id LIMIT 1")
    (typed,) = finished.sql("SELECT signals FROM verdicts_language WHERE id = ?", row["id"])
    assert orjson.loads(row["signals"]) == typed["signals"]
    assert isinstance(typed["signals"]["language.score"], float)


def test_duplicates_name_their_survivors(finished: Finished) -> None:
    rows = finished.sql("SELECT * FROM duplicates")
    assert {row["stage"] for row in rows} == {"exact", "minhash"}
    ids = {row["id"] for row in finished.sql("SELECT id FROM documents")}
    for row in rows:
        assert {row["id"], row["survivor"]} <= ids
        assert row["id"] != row["survivor"]
        assert row["jaccard"] == 1.0 if row["stage"] == "exact" else 0.8 <= row["jaccard"] <= 1.0
        assert row["cluster_size"] >= 2


def test_a_moved_store_is_asked_where_it_is_now(copied: Store, finished: Finished) -> None:
    """The published file's views still point to the old place; the commands notice, and the ledger is built again."""
    assert copied.folder is not None
    with duckdb.connect(str(copied.folder / LEDGER), read_only=True) as published:
        assert published.execute("SELECT store FROM runs").fetchall() == [(finished.store.place,)]
    (row,) = _ask(copied, "SELECT count(*) AS n, any_value(store) AS store FROM documents, runs")
    assert row["store"] == str(copied.folder)
    publish_ledger(copied, read_run(copied))
    with duckdb.connect(str(copied.folder / LEDGER), read_only=True) as published:
        assert published.execute("SELECT store FROM runs").fetchall() == [(str(copied.folder),)]
        assert published.execute("SELECT count(*) FROM documents").fetchall() == [(row["n"],)]


def _ask(store: Store, text: str) -> list[dict[str, object]]:
    with open_ledger(store) as connection:
        return query(connection, text)


def test_a_store_named_by_a_relative_path_may_move_too(
    finished: Finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "one").mkdir()
    shutil.copytree(finished.plan.store, tmp_path / "one" / "data")
    monkeypatch.chdir(tmp_path / "one")
    publish_ledger(Store("data"), read_run(Store("data")))
    (tmp_path / "one").rename(tmp_path / "two")
    monkeypatch.chdir(tmp_path / "two")
    assert _ask(Store("data"), "SELECT store FROM runs") == [{"store": str(tmp_path / "two" / "data")}]
    assert _ask(Store("data"), "SELECT count(*) AS n FROM documents") != [{"n": 0}]


def test_another_run_of_the_store_can_be_asked(small_crawl: Crawl, recipe: Path, tmp_path: Path) -> None:
    """Also in a folder whose name SQL would stumble over."""
    store = tmp_path / "it's a store"
    first = finish(recipe, small_crawl.warcs[:1], store)
    second = finish(recipe, small_crawl.warcs[:2], store)
    with open_ledger(second.store) as connection:
        assert query(connection, "SELECT id FROM runs") == [{"id": second.run.id}]
        assert query(connection, "SELECT count(*) AS n FROM files") == [{"n": 2}]
    with open_ledger(second.store, first.run.id) as connection:
        assert query(connection, "SELECT id FROM runs") == [{"id": first.run.id}]
        assert query(connection, "SELECT count(DISTINCT file) AS n FROM documents") == [{"n": 1}]


def test_a_short_recipe_has_the_tables_it_can_have(small_crawl: Crawl, tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path / "short.toml", "language", "heuristics", "quality", "exact", "minhash", "pii")
    short = finish(recipe, small_crawl.warcs[:2], tmp_path / "store")
    names = {row["name"] for row in short.sql("SHOW TABLES")}
    assert names == TABLES - {
        "verdicts_language", "verdicts_heuristics", "verdicts_quality", "verdicts_exact", "verdicts_minhash",
        "verdicts_pii",
    }  # fmt: skip
    assert short.sql("SELECT * FROM duplicates") == []
    kept = short.sql("SELECT id FROM kept ORDER BY id")
    assert kept == short.sql("SELECT id FROM shards ORDER BY id")
    assert 0 < len(kept) < short.sql("SELECT count(*) AS n FROM documents")[0]["n"]


def test_a_crawl_without_any_document(tmp_path: Path, small_crawl: Crawl, recipe: Path) -> None:
    """A file whose only record is its first: nothing is extracted, every table is there and the law holds."""
    nothing = tmp_path / "nothing.warc.gz"
    length = min(row["offset"] for row in small_crawl.truth if row["file"].endswith(small_crawl.warcs[0].name))
    nothing.write_bytes(small_crawl.warcs[0].read_bytes()[:length])
    empty = finish(recipe, [nothing], tmp_path / "store")
    assert funnel(empty.run)["balanced"]
    assert {row["name"] for row in empty.sql("SHOW TABLES")} == TABLES
    assert (
        empty.sql("SELECT * FROM documents")
        == empty.sql("SELECT * FROM shards")
        == empty.sql("SELECT * FROM kept")
        == []
    )
    assert {row["outcome"] for row in empty.sql("SELECT outcome FROM records")} == {"rejected"}


def test_a_query_that_duckdb_does_not_understand(finished: Finished) -> None:
    for text in ("SELEC 1", "SELECT nothing FROM runs", "SELECT * FROM nowhere"):
        with pytest.raises(UsageError, match=r"^DuckDB: ") as caught:
            finished.sql(text)
        assert "\n" not in str(caught.value)


def test_the_ledger_cannot_be_written(finished: Finished) -> None:
    with pytest.raises(UsageError, match="read-only"):
        finished.sql("DELETE FROM runs")


def test_missing_files_are_an_error_with_a_remedy(copied: Store) -> None:
    assert copied.folder is not None
    publish_ledger(copied, read_run(copied))
    for path in copied.folder.glob("extract-*/*.documents.parquet"):
        path.unlink()
    with pytest.raises(StoreError, match="gristmill ledger") as caught:
        _ask(copied, "SELECT count(*) FROM documents")
    assert "\n" not in str(caught.value)
