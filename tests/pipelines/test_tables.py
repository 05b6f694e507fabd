import itertools
import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gristmill.core.digest import TableDigest
from gristmill.pipelines.store import Store
from gristmill.pipelines.tables import (
    column_of,
    hash_range,
    open_parquet,
    read_batches,
    read_range,
    read_table,
    table_writer,
)

SCHEMA = pa.schema(
    [
        pa.field("bucket", pa.uint64(), nullable=False),
        pa.field("id", pa.binary(4), nullable=False),
        pa.field("text", pa.large_string()),
    ]
)


def table(keys: list[int]) -> pa.Table:
    rows = [{"bucket": key, "id": row.to_bytes(4), "text": f"row {row}"} for row, key in enumerate(keys)]
    return pa.Table.from_pylist(rows, SCHEMA)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store"))


def write_sorted(store: Store, path: str, rows: pa.Table) -> None:
    with table_writer(store, path, SCHEMA) as writer:
        writer.write_sorted(rows, ["bucket", "id"])


def test_what_is_written_is_what_is_read(store: Store) -> None:
    first, second = table([5, 3]), table([4])
    with table_writer(store, "a/t.parquet", SCHEMA) as writer:
        writer.write(first)
        writer.write(second.to_batches()[0])
    assert read_table(store, "a/t.parquet").equals(pa.concat_tables([first, second]))
    assert [batch.num_rows for batch in read_batches(store, "a/t.parquet")] == [2, 1]
    assert read_table(store, "a/t.parquet", ["text"]).column_names == ["text"]
    assert writer.rows == 3
    assert store.folder is not None
    assert writer.bytes == (store.folder / "a/t.parquet").stat().st_size


def test_the_digest_is_that_of_the_rows_however_they_came(store: Store) -> None:
    rows = table([3, 1, 2, 9])
    expected = TableDigest(SCHEMA)
    for batch in rows.to_batches():
        expected.update(batch)
    for name, cuts in {"whole": [0, 4], "cut": [0, 1, 1, 3, 4]}.items():
        with table_writer(store, name, SCHEMA) as writer:
            for start, end in itertools.pairwise(cuts):
                writer.write(rows.slice(start, end - start))
        assert writer.digest == expected.hexdigest()


def test_columns_are_put_in_order_and_cast(store: Store) -> None:
    loose = pa.table({"text": pa.array(["x"], pa.string()), "id": pa.array([b"0000"], pa.binary(4)), "bucket": [7]})
    with table_writer(store, "t", SCHEMA) as writer:
        writer.write(loose)
    assert read_table(store, "t").schema.equals(SCHEMA)


def test_a_table_without_rows_has_its_schema(store: Store) -> None:
    with table_writer(store, "t", SCHEMA) as writer:
        writer.write(SCHEMA.empty_table())
    assert read_table(store, "t").equals(SCHEMA.empty_table())
    assert list(read_batches(store, "t")) == []
    assert read_range(store, "t", "bucket", 0, None).equals(SCHEMA.empty_table())


def test_nothing_appears_if_writing_fails(store: Store) -> None:
    def broken() -> None:
        with table_writer(store, "t", SCHEMA) as writer:
            writer.write(table([1]))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken()
    assert list(store.list("")) == []


keys = st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 5), max_size=40)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(keys, st.integers(1, 5), st.integers(1, 7))
def test_buckets_hold_each_row_once(store: Store, values: list[int], buckets: int, group_rows: int) -> None:
    rows = table(values).sort_by([("bucket", "ascending")])
    with table_writer(store, "t", SCHEMA) as writer:
        for start in range(0, len(values), group_rows):
            writer.write(rows.slice(start, group_rows))
    found = [read_range(store, "t", "bucket", *hash_range(bucket, buckets)) for bucket in range(buckets)]
    assert pa.concat_tables(found).to_pylist() == rows.to_pylist()


def test_a_range_of_ids_is_read_without_the_rest(store: Store) -> None:
    rows = table([0] * 300)
    with table_writer(store, "t", SCHEMA) as writer:
        for start in range(0, 300, 100):
            writer.write(rows.slice(start, 100))
    low, high = (120).to_bytes(4), (130).to_bytes(4)
    assert read_range(store, "t", "id", low, high).equals(rows.slice(120, 10))
    assert read_range(store, "t", "id", high, high).num_rows == 0
    assert read_range(store, "t", "id", (295).to_bytes(4), None).equals(rows.slice(295))


def test_sorted_tables_are_sorted(store: Store) -> None:
    dice = random.Random(0)
    rows = table([dice.randrange(10) for _ in range(50)])
    write_sorted(store, "t", rows)
    assert read_table(store, "t").equals(rows.sort_by([("bucket", "ascending"), ("id", "ascending")]))


def test_hash_ranges_tile_the_hashes() -> None:
    for buckets in (1, 2, 3, 7, 64):
        ranges = [hash_range(bucket, buckets) for bucket in range(buckets)]
        assert ranges[0][0] == 0
        assert ranges[-1][1] is None
        for (_, end), (start, _) in itertools.pairwise(ranges):
            assert end == start


def test_texts_are_stored_without_a_dictionary(store: Store) -> None:
    write_sorted(store, "t", table([1, 2]))
    with open_parquet(store, "t") as parquet:
        group = parquet.metadata.row_group(0)
        encodings = {group.column(i).path_in_schema: group.column(i).encodings for i in range(group.num_columns)}
    assert "RLE_DICTIONARY" in encodings["bucket"]
    assert "RLE_DICTIONARY" not in encodings["text"]


def test_other_programs_read_the_files(store: Store) -> None:
    write_sorted(store, "t.parquet", table([1, 2]))
    assert store.folder is not None
    assert pq.read_table(store.folder / "t.parquet").num_rows == 2


def test_a_column_as_an_array() -> None:
    np.testing.assert_array_equal(column_of(table([3, 4]), "bucket"), np.array([3, 4], np.uint64))
