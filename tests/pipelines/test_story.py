from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from gristmill.core.errors import UsageError
from gristmill.pipelines.ledger import open_ledger
from gristmill.pipelines.story import story, story_text
from tests.pipelines.serial import Finished

DOCUMENT_STAGES = ["extract", "urls", "language", "heuristics", "quality", "exact", "minhash", "pii", "encode"]


@pytest.fixture
def ledger(finished: Finished) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_ledger(finished.store) as connection:
        yield connection


def tell(finished: Finished, ledger: duckdb.DuckDBPyConnection, select: str) -> dict[str, Any]:
    """The story of the first document that a query finds."""
    key = finished.sql(f"{select} ORDER BY id LIMIT 1")[0]["id"]
    value = story(ledger, finished.run, key.hex())
    assert value["id"] == key.hex()
    return value


def names(value: dict[str, Any], *, alive: bool = True) -> list[str]:
    return [stage["name"] for stage in value["stages"] if not (alive and stage.get("judged_beside"))]


def test_a_kept_document(finished: Finished, ledger: duckdb.DuckDBPyConnection) -> None:
    value = tell(finished, ledger, "SELECT id FROM shards")
    assert names(value) == DOCUMENT_STAGES
    assert all((stage["outcome"], stage["rules"]) == ("kept", []) for stage in value["stages"])
    assert value["duplicate_of"] is None
    (place,) = value["tokens"]
    (row,) = finished.sql("SELECT shard, start, length FROM shards WHERE id = ?", bytes.fromhex(value["id"]))
    assert place == row
    signals = {name: signal for stage in value["stages"] for name, signal in stage["signals"].items()}
    assert signals["language.label"]
    assert signals["quality.score"] > 0
    text = story_text(value)
    assert f"shard {place['shard']}, {place['start']:,} + {place['length']:,}" in text
    assert value["url"] in text


def test_a_document_tells_all_its_reasons(finished: Finished, ledger: duckdb.DuckDBPyConnection) -> None:
    """Stages behind the one that removed it judged it too, beside the funnel."""
    value = tell(finished, ledger, "SELECT id FROM reasons WHERE stage = 'language' AND alive")
    assert names(value) == ["extract", "urls", "language"]
    assert names(value, alive=False) == ["extract", "urls", "language", "heuristics", "quality"]
    assert value["stages"][2]["outcome"] == "rejected"
    assert value["stages"][2]["rules"]
    assert value["tokens"] == []
    assert "judged beside" in story_text(value)


def test_a_duplicate_names_its_survivor(finished: Finished, ledger: duckdb.DuckDBPyConnection) -> None:
    for stage in ("exact", "minhash"):
        value = tell(finished, ledger, f"SELECT id FROM duplicates WHERE stage = '{stage}'")
        (row,) = finished.sql("SELECT * FROM duplicates WHERE id = ?", bytes.fromhex(value["id"]))
        survivor = story(ledger, finished.run, row["survivor"].hex())
        assert value["duplicate_of"] == {
            "id": row["survivor"].hex(),
            "url": survivor["url"],
            "jaccard": row["jaccard"],
        }
        assert names(value)[-1] == stage
        assert f"repeats  {survivor['url']}" in story_text(value)


def test_a_record_that_became_no_document(finished: Finished, ledger: duckdb.DuckDBPyConnection) -> None:
    value = tell(finished, ledger, "SELECT id FROM records WHERE rules = ['extract.not_html']")
    assert [(stage["name"], stage["outcome"], stage["rules"]) for stage in value["stages"]] == [
        ("extract", "rejected", ["extract.not_html"])
    ]
    assert value["stages"][0]["signals"] == {}


@pytest.mark.parametrize("what", ["type = 'gap'", "type = 'response' AND outcome = 'failed'"])
def test_damage_says_what_and_where(what: str, finished: Finished, ledger: duckdb.DuckDBPyConnection) -> None:
    value = tell(finished, ledger, f"SELECT id FROM records WHERE {what}")
    (stage,) = value["stages"]
    assert stage["outcome"] == "failed"
    assert stage["rules"] and stage["message"]
    assert value["captures"] == []
    assert value["warc"]["length"] > 0
    assert str(value["id"]) in story_text(value)


def test_an_id_in_capitals(finished: Finished, ledger: duckdb.DuckDBPyConnection) -> None:
    value = tell(finished, ledger, "SELECT id FROM shards")
    assert story(ledger, finished.run, value["id"].upper()) == value


@pytest.mark.parametrize("identifier", ["", "0" * 32, "https://nowhere.example/", "it's; DROP TABLE runs", "%"])
def test_what_the_run_does_not_know(identifier: str, finished: Finished, ledger: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(UsageError, match="no record of the run has the id or URL"):
        story(ledger, finished.run, identifier)
