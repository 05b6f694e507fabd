from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gristmill.core.errors import InputError
from gristmill.tokenize.token_stream import TokenStream, find_shards
from tests.tokenize.shard_files import write


@settings(deadline=None, max_examples=30)
@given(st.lists(st.lists(st.integers(0, 99), max_size=4), min_size=1, max_size=4), st.data())
def test_shards_read_as_one(
    tmp_path_factory: pytest.TempPathFactory, parts: list[list[int]], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("stream")
    for number, part in enumerate(parts):
        np.save(folder / f"{number}.npy", np.array(part, "<u2"))
    stream = TokenStream([folder])
    tokens = sum(parts, [])  # noqa: RUF017
    start = data.draw(st.integers(0, len(tokens)))
    stop = data.draw(st.integers(start, len(tokens) + 3))
    assert len(stream) == len(tokens)
    assert stream.read(start, stop).tolist() == tokens[start:stop]
    assert stream.read(start, stop).dtype == np.int64


def test_both_formats_hold_the_same_and_are_read_once(tmp_path: Path) -> None:
    write(tmp_path, [[1, 2], [3], [4]], max_tokens=2)
    assert [path.name for path in find_shards([tmp_path])] == ["shard-00000.npy", "shard-00001.npy"]
    both = [TokenStream(sorted(tmp_path.glob(pattern))) for pattern in ("*.bin", "*.npy")]
    assert both[0].read(0, 9).tolist() == both[1].read(0, 9).tolist() == [1, 2, 3, 4]
    assert both[0].fingerprint() == both[1].fingerprint()


def test_the_fingerprint_is_of_the_content(tmp_path: Path) -> None:
    prints = set()
    for number, values in enumerate(([1, 2, 3], [1, 2, 4], [1, 2], [0, 2, 3])):
        path = tmp_path / f"{number}.npy"
        np.save(path, np.array(values, "<u2"))
        prints.add(TokenStream([path]).fingerprint())
        prints.add(TokenStream([path.rename(tmp_path / f"moved-{number}.npy")]).fingerprint())
    np.save(tmp_path / "wide.npy", np.array([1, 2, 3], "<u4"))
    prints.add(TokenStream([tmp_path / "wide.npy"]).fingerprint())
    assert len(prints) == 5


def test_nothing_to_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no \.npy or \.bin shards in"):
        TokenStream([tmp_path])
    with pytest.raises(InputError, match="an empty list"):
        TokenStream([])
    with pytest.raises(InputError, match=r"no shard .*gone\.npy"):
        TokenStream([tmp_path / "gone.npy"])
