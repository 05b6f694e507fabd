"""NumPy archives that are none, are cut off, or lack an array."""

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gristmill.core.errors import InputError
from gristmill.filters.array_files import read_arrays
from gristmill.filters.word_frequencies import load_frequencies


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    np.savez(tmp_path / "a.npz", one=np.arange(1000), two=np.ones(3))
    return tmp_path / "a.npz"


def test_arrays_are_read_by_name(archive: Path) -> None:
    found = read_arrays(archive, "two", "one")
    assert list(found) == ["two", "one"]
    assert found["one"].tolist() == list(range(1000))


def test_what_is_wrong_is_said_in_words(archive: Path) -> None:
    whole = archive.read_bytes()
    with pytest.raises(ValueError, match="no array 'three'"):
        read_arrays(archive, "one", "three")
    with pytest.raises(ValueError, match="No such file"):
        read_arrays(archive.with_name("none.npz"), "one")
    for content, said in ((b"", "no NumPy archive"), (b"\x80\x04K\x01.", "no NumPy archive"), (whole[:-30], "cut off")):
        archive.write_bytes(content)
        with pytest.raises(ValueError, match=said):
            read_arrays(archive, "one")


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_any_damage_is_said_in_words(tmp_path: Path, save: Callable[..., None]) -> None:
    path = tmp_path / "a.npz"
    save(path, one=np.arange(300))
    whole = path.read_bytes()
    rng = random.Random(1)
    refused = 0
    for _ in range(400):
        damaged = bytearray(whole)
        damaged[rng.randrange(2, len(whole))] = rng.randrange(256)
        path.write_bytes(damaged)
        try:
            read_arrays(path, "one")
        except ValueError:
            refused += 1
    assert refused > 200


def test_frequencies_must_fit_together(archive: Path) -> None:
    np.savez(archive, hashes=np.zeros(2, np.uint64), counts=np.zeros(3, np.int64), bounds=np.zeros(32))
    with pytest.raises(
        InputError, match=r"a\.npz holds no word frequencies: .* wrong sizes.*gristmill train frequencies"
    ):
        load_frequencies(archive)
