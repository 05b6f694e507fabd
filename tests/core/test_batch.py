from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.core.batch import Batch, TextBuffers, text_buffers

texts = st.lists(st.text("aé水😀\n\0"), max_size=8)


def read_back(buffers: TextBuffers) -> list[str]:
    return [
        bytes(buffers.data[buffers.offsets[row] : buffers.offsets[row + 1]]).decode() for row in range(len(buffers))
    ]


@given(texts, st.integers(0, 8), st.integers(0, 8), st.sampled_from([pa.string(), pa.large_string()]))
def test_buffers_hold_the_texts_of_slices(values: list[str], start: int, length: int, kind: pa.DataType) -> None:
    column = pa.array(values, kind).slice(min(start, len(values)), length)
    buffers = text_buffers(column)
    assert read_back(buffers) == column.to_pylist()
    assert len(buffers) == len(column)


@given(texts, texts)
def test_buffers_hold_the_texts_of_chunks(first: list[str], second: list[str]) -> None:
    column = pa.chunked_array([pa.array(first, pa.large_string()), pa.array(second, pa.large_string())])
    assert read_back(text_buffers(column)) == first + second


COLUMNS: dict[str, Any] = {
    "no rows": pa.array([], pa.large_string()),
    "no rows, narrow": pa.array([], pa.string()),
    "no rows of a slice": pa.array(["mill"], pa.large_string())[1:],
    "no bytes": pa.array(["", ""], pa.large_string()),
    "no chunks": pa.chunked_array([], pa.large_string()),
    "some": pa.array(["mill", "stone"], pa.large_string()),
    "narrow": pa.array(["mill", "stone"], pa.string()),
    "slice": pa.array(["mill", "stone"], pa.large_string())[1:],
}


@pytest.mark.parametrize("column", COLUMNS.values(), ids=COLUMNS.keys())
def test_all_arrays_have_one_signature(column: Any) -> None:
    """Read-only, of fixed types, contiguous: one compiled kernel serves them all."""
    buffers = text_buffers(column)
    assert [str(array.dtype) for array in (buffers.data, buffers.offsets)] == ["uint8", "int64"]
    for array in (buffers.data, buffers.offsets):
        assert array.ndim == 1
        assert array.flags.c_contiguous
        assert not array.flags.writeable
    assert len(buffers.offsets) == len(column) + 1


def test_wide_texts_are_not_copied() -> None:
    column = pa.array(["mill", "stone"], pa.large_string())
    data = text_buffers(column[1:]).data
    assert data.ctypes.data == column.buffers()[2].address


def test_a_slice_does_not_start_at_zero() -> None:
    assert text_buffers(pa.array(["mill", "stone"], pa.large_string())[1:]).offsets.tolist() == [4, 9]


def test_nulls_are_refused() -> None:
    with pytest.raises(ValueError, match="no nulls, this one has 2"):
        text_buffers(pa.array(["a", None, None], pa.large_string()))


def test_a_batch_has_columns_and_texts() -> None:
    batch = Batch(pa.record_batch({"url": ["u"], "text": pa.array(["mill"], pa.large_string())}))
    assert len(batch) == 1
    assert batch.column("url").to_pylist() == ["u"]
    assert read_back(batch.text) == ["mill"]
    assert batch.text is batch.text
    assert batch.upstream == {}
    with pytest.raises(KeyError):
        batch.column("title")


def test_what_is_shared_is_made_once_for_each_batch() -> None:
    made = []

    def make() -> int:
        made.append(1)
        return len(made)

    batch = Batch(pa.record_batch({"text": ["x"]}))
    assert [batch.shared("words", make) for _ in range(3)] == [1, 1, 1]
    assert batch.shared("lines", make) == 2
    assert Batch(batch.documents).shared("words", make) == 3
