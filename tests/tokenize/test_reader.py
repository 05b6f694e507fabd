from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gristmill.core.errors import InputError, UsageError
from gristmill.tokenize.packing import IGNORED, MISSING
from gristmill.tokenize.reader import Loader
from tests.tokenize.shard_files import END, write


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shards")
    documents = [[10 + number] * (1 + number * 7 % 5) + [END] for number in range(40)]
    write(folder, documents, max_tokens=50)
    return folder


def loader(shards: Path, **changes: Any) -> Loader:
    settings: dict[str, Any] = {"sequence_length": 7, "batch": 3, "end_of_document": END, "seed": 5}
    return Loader([shards], **settings | changes)


def test_an_epoch_has_each_token_once(tmp_path: Path) -> None:
    for tokens in (2, 7, 8, 9, 15, 16, 50):
        values = np.arange(10, 10 + tokens, dtype="<u2")
        np.save(tmp_path / "a.npy", values)
        source = loader(tmp_path / "a.npy", batch=1)
        inputs: Counter[int] = Counter()
        labels: Counter[int] = Counter()
        for _ in range(source.sequences_per_epoch):
            assert source.epoch == 0
            batch = next(source)
            inputs.update(batch.inputs[batch.labels != IGNORED].tolist())
            labels.update(batch.labels[batch.labels != IGNORED].tolist())
        assert source.epoch == 1
        assert inputs == Counter(values[:-1].tolist())
        assert labels == Counter(values[1:].tolist())


def test_sequences_are_those_of_the_stream(shards: Path) -> None:
    source = loader(shards)
    whole = source.stream.read(0, len(source.stream))
    tokens = source.read(np.arange(source.sequences_per_epoch))
    for number, sequence in enumerate(tokens):
        expected = whole[number * 7 : number * 7 + 8].tolist()
        assert sequence.tolist() == expected + [MISSING] * (8 - len(expected))


def test_epochs_have_orders_of_their_own(shards: Path) -> None:
    source = loader(shards, batch=1)
    epochs = [[int(source.next_sequences()[0]) for _ in range(source.sequences_per_epoch)] for _ in range(3)]
    assert sorted(epochs[0]) == sorted(epochs[1]) == list(range(source.sequences_per_epoch))
    assert len({tuple(epoch) for epoch in epochs}) == 3
    assert [int(number) for number in loader(shards, batch=5).next_sequences()] == epochs[0][:5]
    assert [int(number) for number in loader(shards, batch=5, seed=6).next_sequences()] != epochs[0][:5]


@settings(deadline=None, max_examples=20)
@given(steps=st.integers(0, 20), ranks=st.integers(1, 4), others=st.sampled_from([1, 2, 3, 4, 6, 12]))
def test_a_state_goes_on_with_the_very_next_sequence_for_any_ranks(
    shards: Path, steps: int, ranks: int, others: int
) -> None:
    def step(group: list[Loader]) -> list[int]:
        return np.stack([member.next_sequences() for member in group], axis=1).ravel().tolist()

    def group_of(size: int) -> list[Loader]:
        return [loader(shards, batch=12 // size, rank=rank, world_size=size) for rank in range(size)]

    group = group_of(ranks)
    straight = group_of(1)
    for _ in range(steps):
        assert step(group) == step(straight)
    states = [member.state_dict() for member in group]
    assert all(state == states[0] for state in states)
    resumed = group_of(others)
    for member in resumed:
        member.load_state_dict(states[0])
    for _ in range(3):
        assert step(resumed) == step(straight)


def test_resumed_batches_are_the_same(shards: Path) -> None:
    source, resumed = loader(shards), loader(shards)
    for _ in range(11):
        next(source)
    resumed.load_state_dict(source.state_dict())
    for _ in range(11):
        one, other = next(source), next(resumed)
        for name in ("inputs", "labels", "documents", "positions"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_a_state_of_other_shards_or_settings_is_refused(shards: Path, tmp_path: Path) -> None:
    write(tmp_path, [[1, 2, END]])
    for other, message in [
        (loader(tmp_path), "fingerprint"),
        (loader(shards, seed=6), "seed is 6, here it is 5"),
        (loader(shards, sequence_length=8), "sequence_length is 8"),
    ]:
        with pytest.raises(UsageError, match=message):
            loader(shards).load_state_dict(other.state_dict())


def test_impossible_requests_are_named(shards: Path, tmp_path: Path) -> None:
    for changes in ({"rank": 2, "world_size": 2}, {"batch": 0}, {"sequence_length": 0}):
        with pytest.raises(UsageError, match="ranks count from 0"):
            loader(shards, **changes)
    np.save(tmp_path / "a.npy", np.array([1], "<u2"))
    with pytest.raises(InputError, match="hold 1 tokens"):
        loader(tmp_path)
