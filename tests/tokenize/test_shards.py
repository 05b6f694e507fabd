import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from itertools import chain, pairwise
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pytest
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st

from gristmill.core.batch import Batch
from gristmill.core.errors import GristmillError
from gristmill.tokenize.encode import Params as EncodeParams
from gristmill.tokenize.encode import encode_batch
from gristmill.tokenize.shard_index import INDEX_SCHEMA, locate
from gristmill.tokenize.shard_writer import Shard, ShardPlan, shard_name
from gristmill.tokenize.shards import Params, local_outputs, plan_shards, write_shards
from gristmill.tokenize.shuffle import shuffle_order
from gristmill.tokenize.vocabulary import load_vocabulary
from tests.tokenize.shard_files import encoded, write

DOCUMENTS = st.lists(st.lists(st.integers(0, 65_535), max_size=6), max_size=12)


class Memory:
    """Files of a dict, as a store would take them: whole, and not after an error."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        out = BytesIO()
        yield out
        self.files[name] = out.getvalue()


def lengths_of(documents: list[list[int]]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([len(document) for document in documents], np.int64)


@settings(deadline=None, max_examples=40)
@given(DOCUMENTS, st.integers(1, 15), st.lists(st.integers(0, 12), max_size=3))
def test_shards_hold_all_documents_in_order_however_they_come(
    documents: list[list[int]], max_tokens: int, cuts: list[int]
) -> None:
    batch, memory = encoded(documents), Memory()
    bounds = [0, *sorted(cuts), len(documents)]
    parts = [batch[start:stop] for start, stop in pairwise(bounds)]
    plans = plan_shards(lengths_of(documents), max_tokens)
    shards = list(write_shards(parts, plans, np.dtype("<u2"), ("megatron", "npy"), memory.open))
    read: list[int] = []
    rows: list[dict[str, object]] = []
    for number, shard in enumerate(shards):
        data = memory.files[f"shard-{number:05d}.bin"]
        assert np.load(BytesIO(memory.files[f"shard-{number:05d}.npy"])).tobytes() == data
        tokens = np.frombuffer(data, "<u2")
        assert (shard.tokens, shard.token_sum) == (len(tokens), int(tokens.sum()))
        assert shard.largest_id == max(tokens.tolist(), default=0)
        assert shard.tokens <= max_tokens or shard.documents == 1
        assert shard.digest == hashlib.blake2b(data, digest_size=16).hexdigest()
        assert shard.index.schema == INDEX_SCHEMA
        for row in shard.index.to_pylist():
            assert row["shard"] == number
            assert tokens[row["start"] : row["start"] + row["length"]].tolist() == documents[len(rows)]
            rows.append(row)
        read += tokens.tolist()
    assert read == list(chain.from_iterable(documents))
    assert [row["id"] for row in rows] == batch["id"].to_pylist()
    for name, content in memory.files.items():
        file = shards[int(name[6:11])].files[name]
        assert (file.bytes, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())


def test_a_shard_ends_before_the_document_that_would_exceed_it() -> None:
    plans = plan_shards(np.array([3, 3, 4, 11, 1, 0], np.int64), 10)
    assert plans == [ShardPlan(3, 10), ShardPlan(1, 11), ShardPlan(2, 1)]
    assert plan_shards(np.zeros(0, np.int64), 10) == []


def test_names_count_from_the_first_number(tmp_path: Path) -> None:
    plans = [ShardPlan(1, 2), ShardPlan(1, 1)]
    outputs = local_outputs(tmp_path)
    shards = write_shards([encoded([[1, 2], [3]])], plans, np.dtype("<u2"), ("npy",), outputs, first_number=7)
    assert [shard.number for shard in shards] == [7, 8]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["shard-00007.npy", "shard-00008.npy"]


@pytest.mark.parametrize(
    ("plans", "message"),
    [
        ([ShardPlan(3, 5)], "planned with 3 documents of 5 tokens, but got 2 of 5"),
        ([ShardPlan(2, 4)], "planned with 2 documents of 4 tokens, but got 2 of 5"),
        ([ShardPlan(1, 3)], "more encoded documents"),
    ],
)
def test_another_stream_than_was_planned_is_refused(tmp_path: Path, plans: list[ShardPlan], message: str) -> None:
    with pytest.raises(GristmillError, match=message):
        list(write_shards([encoded([[1, 2, 3], [4, 5]])], plans, np.dtype("<u2"), ("npy",), local_outputs(tmp_path)))
    assert [path.name for path in tmp_path.iterdir()] == (["shard-00000.npy"] if plans[0].documents == 1 else [])


def test_an_error_leaves_nothing_of_the_shard_at_hand(tmp_path: Path) -> None:
    def failing() -> Iterator[pa.RecordBatch]:
        yield encoded([[1, 2]])
        raise OSError("no space left on device")

    stream = write_shards(
        failing(), [ShardPlan(1, 2), ShardPlan(1, 2)], np.dtype("<u2"), ("megatron",), local_outputs(tmp_path)
    )
    assert next(stream).number == 0
    with pytest.raises(OSError, match="no space"):
        next(stream)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["shard-00000.bin", "shard-00000.idx"]


def test_types_must_fit(tmp_path: Path) -> None:
    plans = [ShardPlan(1, 1)]
    with pytest.raises(GristmillError, match="was given uint32"):
        list(write_shards([encoded([[1]], "<u4")], plans, np.dtype("<u2"), ("npy",), local_outputs(tmp_path)))
    large = encoded([[2**31]], "<u4")
    with pytest.raises(GristmillError, match="2147483648 is too large for Megatron"):
        list(write_shards([large], plans, np.dtype("<u4"), ("megatron",), local_outputs(tmp_path)))
    assert not list(tmp_path.iterdir())
    assert len(list(write_shards([large], plans, np.dtype("<u4"), ("npy",), local_outputs(tmp_path)))) == 1


def test_the_same_documents_give_the_same_shards(tmp_path: Path) -> None:
    written: list[list[Shard]] = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        written.append(write(tmp_path / name, [[1, 2], [3]], max_tokens=2))
    assert written[0] == written[1]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1, max_size=6))
def test_shards_decode_to_the_texts_and_each_token_leads_to_its_document(texts: list[str]) -> None:
    vocabulary = load_vocabulary("gristmill-8k")
    ids = pa.array([xxhash.xxh3_128_digest(str(number).encode()) for number in range(len(texts))], pa.binary(16))
    batch = pa.RecordBatch.from_arrays([ids, pa.array(texts, pa.large_string())], ["id", "text"])
    order = shuffle_order(ids, seed=3)
    rows = encode_batch(Batch(batch), EncodeParams(), vocabulary).rows.take(pa.array(order))
    plans = plan_shards(lengths_of(rows["tokens"].to_pylist()), 20)
    memory = Memory()
    shards = list(write_shards([rows], plans, vocabulary.dtype, ("npy",), memory.open))
    index = pa.Table.from_batches([shard.index for shard in shards])
    by_id = dict(zip(ids.to_pylist(), texts, strict=True))
    read: list[str] = []
    for shard in shards:
        tokens = np.load(BytesIO(memory.files[f"{shard_name(shard.number)}.npy"]))
        read += vocabulary.decode(tokens).split("<|endoftext|>")[:-1]
        for position in range(shard.tokens):
            found = locate(index, shard.number, position)
            spelt = vocabulary.decode(tokens[found.start : found.start + found.length])
            assert spelt == by_id[found.id] + "<|endoftext|>"
            assert 0 <= found.offset == position - found.start < found.length
    assert read == [texts[place] for place in order]


def test_defaults() -> None:
    assert Params().formats == ("megatron", "npy")
