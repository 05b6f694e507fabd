from pathlib import Path

import orjson
import pyarrow.parquet as pq
import pytest

from gristmill.core.documents import SCHEMA
from gristmill.core.errors import UsageError
from gristmill.pipelines.export import export_documents, export_shards
from gristmill.pipelines.tracing import shard_receipts
from tests.pipelines.serial import Finished


def test_kept_documents_as_parquet(finished: Finished, tmp_path: Path) -> None:
    out = tmp_path / "kept.parquet"
    rows = export_documents(finished.store, finished.run, out)
    table = pq.read_table(out)
    assert table.schema.names == SCHEMA.names
    kept = finished.sql("SELECT id, text FROM kept ORDER BY id")
    assert rows == table.num_rows == len(kept)
    assert table.select(["id", "text"]).sort_by("id").to_pylist() == kept
    assert [path.name for path in tmp_path.iterdir()] == ["kept.parquet"]


def test_kept_documents_as_lines(finished: Finished, tmp_path: Path) -> None:
    out = tmp_path / "kept.jsonl"
    rows = export_documents(finished.store, finished.run, out)
    lines = [orjson.loads(line) for line in out.read_bytes().splitlines()]
    assert rows == len(lines)
    assert list(lines[0]) == SCHEMA.names
    kept = {row["id"].hex(): row["text"] for row in finished.sql("SELECT id, text FROM kept")}
    assert {line["id"]: line["text"] for line in lines} == kept


def test_shards_under_plain_names(finished: Finished, tmp_path: Path) -> None:
    assert export_shards(finished.store, finished.run, tmp_path / "shards") == 3
    (receipt,) = shard_receipts(finished.run)
    for kind in ("bin", "idx", "npy"):
        output = receipt.output(kind)
        assert output is not None
        assert (tmp_path / "shards" / f"shard-00000.{kind}").read_bytes() == finished.store.read(output.path)
    assert len(list((tmp_path / "shards").iterdir())) == 3


def test_a_name_that_tells_no_format(finished: Finished, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"end it in \.parquet or \.jsonl"):
        export_documents(finished.store, finished.run, tmp_path / "kept.csv")


def test_places_that_cannot_be_written(finished: Finished, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"cannot write .*/nowhere/kept\.parquet: No such file or directory"):
        export_documents(finished.store, finished.run, tmp_path / "nowhere" / "kept.parquet")
    with pytest.raises(UsageError, match="cannot write to"):
        export_shards(finished.store, finished.run, tmp_path / "file")
    with pytest.raises(UsageError, match="cannot write"):
        export_documents(finished.store, finished.run, tmp_path / "file" / "kept.jsonl")
