from pathlib import Path

import pytest

from gristmill.core.errors import UsageError
from gristmill.pipelines.export import export_shards
from gristmill.pipelines.tracing import run_vocabulary, shard_receipts, shard_tokens, trace
from tests.pipelines.conftest import Crawl
from tests.pipelines.serial import Finished, finish, write_recipe


def test_the_first_and_the_last_token_of_a_document(finished: Finished) -> None:
    end = run_vocabulary(finished.run).end_of_document
    for row in finished.sql("SELECT * FROM shards ORDER BY start LIMIT 3"):
        first, last = (
            trace(finished.store, finished.run, "0", row["start"] + offset) for offset in (0, row["length"] - 1)
        )
        assert first["id"] == last["id"] == row["id"].hex()
        assert (first["offset"], last["offset"]) == (0, row["length"] - 1)
        assert last["token"] == end != first["token"]
        (document,) = finished.sql("SELECT text FROM kept WHERE id = ?", row["id"])
        assert document["text"].startswith(first["text"].rstrip("\ufffd"))
        assert first["context"].rstrip("\ufffd") in document["text"]


def test_a_shard_by_its_number_its_path_or_its_exported_name(finished: Finished, tmp_path: Path) -> None:
    export_shards(finished.store, finished.run, tmp_path)
    (receipt,) = shard_receipts(finished.run)
    expected = trace(finished.store, finished.run, "0", 7)
    paths = [output.path for output in receipt.outputs] + [str(path) for path in tmp_path.iterdir()]
    assert len(paths) == 7
    for path in paths:
        assert trace(finished.store, finished.run, path, 7) == expected


def test_several_shards(small_crawl: Crawl, tmp_path: Path) -> None:
    recipe = write_recipe(
        tmp_path / "r.toml", "language", "heuristics", "quality", "minhash", shards="max_tokens = 4000"
    )
    finished = finish(recipe, small_crawl.warcs, tmp_path / "store")
    receipts = shard_receipts(finished.run)
    assert len(receipts) > 2
    found = set()
    for number, receipt in enumerate(receipts):
        rows = finished.sql("SELECT * FROM shards WHERE shard = ? ORDER BY start", number)
        assert (
            sum(row["length"] for row in rows) == receipt.extra["tokens"] == len(shard_tokens(finished.store, receipt))
        )
        for row in rows:
            assert trace(finished.store, finished.run, str(number), row["start"])["id"] == row["id"].hex()
            found.add(row["id"])
    assert len(found) == finished.run.stages[-1].final[0].counts.kept + sum(each.counts.kept for each in receipts[1:])


def test_one_format_is_enough(small_crawl: Crawl, tmp_path: Path) -> None:
    few = ("language", "heuristics", "quality", "minhash", "pii")
    runs = {}
    for name in ("megatron", "npy"):
        recipe = write_recipe(tmp_path / f"{name}.toml", *few, shards=f'formats = ["{name}"]')
        runs[name] = finish(recipe, small_crawl.warcs[:1], tmp_path / name)
    traces = [trace(each.store, each.run, "0", 11) for each in runs.values()]
    assert traces[0] == traces[1]


@pytest.mark.parametrize("shard", ["1", "99", "-1", "nothing.bin", ""])
def test_a_shard_that_is_not_there(shard: str, finished: Finished) -> None:
    with pytest.raises(UsageError, match="there is no shard"):
        trace(finished.store, finished.run, shard, 0)


def test_a_position_that_is_not_there(finished: Finished) -> None:
    (receipt,) = shard_receipts(finished.run)
    for position in (-1, receipt.extra["tokens"]):
        with pytest.raises(UsageError, match="a position is 0 to"):
            trace(finished.store, finished.run, "0", position)
