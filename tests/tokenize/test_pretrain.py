import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from gristmill.core.errors import InputError, StoreError, UsageError
from gristmill.tokenize.pretrain import CHECKPOINT, PretrainParams, Step, pretrain
from tests.tokenize.shard_files import END, write

torch = pytest.importorskip("torch")

TINY = PretrainParams(layers=1, width=16, heads=2, sequence_length=16, batch=4, checkpoint_steps=3)
SIZE = 32


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Documents that count upwards: easy to learn."""
    folder = tmp_path_factory.mktemp("pretrain")
    starts = np.random.RandomState(0).randint(10, 20, 100).tolist()
    write(folder, [[*range(start, start + 10), END] for start in starts])
    return folder


def train(shards: Path, out: Path, steps: int, params: PretrainParams = TINY) -> list[Step]:
    return list(pretrain([shards], SIZE, END, out, steps, params=params))


def test_the_loss_falls(shards: Path, tmp_path: Path) -> None:
    steps = train(shards, tmp_path, 30)
    assert [step.step for step in steps] == list(range(1, 31))
    assert steps[0].loss == pytest.approx(np.log(SIZE), rel=1e-4)
    assert steps[-1].loss < 0.8 * steps[0].loss
    assert [step.tokens for step in steps] == [64 * number for number in range(1, 31)]


def test_a_resumed_training_has_the_losses_of_one_that_was_not_interrupted(shards: Path, tmp_path: Path) -> None:
    straight = train(shards, tmp_path / "straight", 12)
    out = tmp_path / "resumed"
    # Killed after step 5, whose last checkpoint is that of step 3; then stopped at its end; then extended.
    killed = list(islice(pretrain([shards], SIZE, END, out, 12, params=TINY), 5))
    again = train(shards, out, 8)
    rest = train(shards, out, 12)
    assert killed == straight[:5]
    assert again == straight[3:8]
    assert rest == straight[8:]
    contents = [torch.load(folder / CHECKPOINT) for folder in (tmp_path / "straight", out)]
    for name, weight in contents[0]["model"].items():
        assert torch.equal(weight, contents[1]["model"][name])
    assert contents[0]["loader"] == contents[1]["loader"]
    assert train(shards, out, 12) == []
    assert [path.name for path in out.iterdir()] == [CHECKPOINT]


def test_a_seed_decides_everything(shards: Path, tmp_path: Path) -> None:
    one, same = (train(shards, tmp_path / name, 3) for name in ("one", "same"))
    other = train(shards, tmp_path / "other", 3, TINY.model_copy(update={"seed": 1}))
    assert one == same != other


def test_a_checkpoint_of_another_training_is_refused(shards: Path, tmp_path: Path) -> None:
    train(shards, tmp_path, 1)
    with pytest.raises(UsageError, match="width is 16 there and 32 here"):
        train(shards, tmp_path, 2, TINY.model_copy(update={"width": 32}))
    others = tmp_path / "others"
    others.mkdir()
    write(others, [[1, 2, END]])
    with pytest.raises(UsageError, match="fingerprint"):
        train(others, tmp_path, 2)
    (tmp_path / CHECKPOINT).write_bytes(b"junk")
    with pytest.raises(UsageError, match="move it away"):
        train(shards, tmp_path, 2)


def test_mistakes_are_told_in_a_sentence(shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="the vocabulary has 12 ids"):
        list(pretrain([shards], 12, END, tmp_path, 1, params=TINY))
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be written"):
        train(shards, tmp_path / "file", 1)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(UsageError, match=r"pip install 'gristmill\[train\]'"):
        train(shards, tmp_path, 1)
