import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gristmill.core.errors import UsageError
from gristmill.tokenize.shard_index import INDEX_SCHEMA, Location, locate
from tests.tokenize.shard_files import encoded


def index_of(shards: list[list[int]]) -> pa.Table:
    rows: list[dict[str, object]] = []
    for shard, lengths in enumerate(shards):
        for place, length in enumerate(lengths):
            identifier = len(rows).to_bytes(16, "big")
            rows.append({"shard": shard, "start": sum(lengths[:place]), "length": length, "id": identifier})
    return pa.Table.from_pylist(rows, INDEX_SCHEMA)


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=6), min_size=1, max_size=3), st.data())
def test_every_token_belongs_to_its_document(shards: list[list[int]], data: st.DataObject) -> None:
    index = index_of(shards)
    shard = data.draw(st.integers(0, len(shards) - 1))
    expected = []
    for row in index.to_pylist():
        if row["shard"] == shard:
            expected += [Location(row["id"], row["start"], row["length"], offset) for offset in range(row["length"])]
    assert [locate(index, shard, position) for position in range(len(expected))] == expected
    with pytest.raises(UsageError, match=f"has {len(expected)} tokens"):
        locate(index, shard, len(expected))
    with pytest.raises(UsageError, match="not -1"):
        locate(index, shard, -1)


def test_a_missing_shard_is_named() -> None:
    with pytest.raises(UsageError, match="no shard 7 in the index; there are 0, 1"):
        locate(index_of([[1], [2]]), 7, 0)
    with pytest.raises(UsageError, match="there are none"):
        locate(INDEX_SCHEMA.empty_table(), 0, 0)


def test_a_single_batch_will_do() -> None:
    batch = index_of([[2, 3]]).to_batches()[0]
    assert locate(batch, 0, 3) == Location(encoded([[], []])["id"][1].as_py(), 2, 3, 1)
