import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gristmill.dedup.identifiers import TYPE, find, to_column, to_ids

IDS = st.binary(min_size=16, max_size=16) | st.sampled_from([b"\0" * 16, b"\0" * 15 + b"\1", b"\xff" * 16])


@given(st.lists(IDS), st.integers(0, 3))
def test_there_and_back(ids: list[bytes], start: int) -> None:
    column = pa.array(ids, TYPE)[start:]
    assert to_column(to_ids(column)).to_pylist() == ids[start:]


@given(st.lists(IDS))
def test_order_is_that_of_the_bytes(ids: list[bytes]) -> None:
    pairs = to_ids(pa.array(ids, TYPE))
    order = np.lexsort((pairs.low, pairs.high))
    assert [ids[row] for row in order] == sorted(ids)


@settings(deadline=None)
@given(st.lists(IDS, unique=True), st.lists(IDS))
def test_find(ids: list[bytes], wanted: list[bytes]) -> None:
    ids.sort()
    found = find(to_ids(pa.array(ids, TYPE)), to_ids(pa.array(wanted, TYPE)))
    assert found.tolist() == [ids.index(each) if each in ids else -1 for each in wanted]


def test_chunks_and_wrong_columns() -> None:
    chunks = pa.chunked_array([pa.array([b"a" * 16], TYPE), pa.array([], TYPE), pa.array([b"b" * 16], TYPE)])
    assert to_column(to_ids(chunks)).to_pylist() == [b"a" * 16, b"b" * 16]
    with pytest.raises(ValueError, match="fixed_size_binary"):
        to_ids(pa.array([b"a"], pa.binary()))
    with pytest.raises(ValueError, match="this one has 1"):
        to_ids(pa.array([None], TYPE))
