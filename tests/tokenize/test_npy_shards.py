from pathlib import Path

import numpy as np
import pytest

from gristmill.core.errors import InputError
from gristmill.tokenize.npy_shards import map_tokens, npy_header
from tests.tokenize.shard_files import write


def test_a_file_is_that_of_the_format_byte_for_byte(tmp_path: Path) -> None:
    write(tmp_path, [[10, 11, 50256]])
    content = (tmp_path / "shard-00000.npy").read_bytes()
    assert content.startswith(
        bytes.fromhex("93 4e 55 4d 50 59 01 00 76 00 7b 27 64 65 73 63 72 27 3a 20 27 3c 75 32 27 2c")
    )
    assert content[128:] == bytes.fromhex("0a 00 0b 00 50 c4")
    assert content[127:128] == b"\n"


@pytest.mark.parametrize("dtype", ["<u2", "<u4"])
@pytest.mark.parametrize("tokens", [0, 1, 12_345])
def test_numpy_writes_the_same_bytes_and_reads_them(tmp_path: Path, dtype: str, tokens: int) -> None:
    path = tmp_path / "numpy.npy"
    values = np.arange(tokens, dtype=dtype)
    np.save(path, values)
    assert path.read_bytes() == npy_header(np.dtype(dtype), tokens) + values.tobytes()
    assert np.array_equal(map_tokens(path), values)


def test_a_trillion_tokens_have_a_header_of_the_same_length() -> None:
    assert len(npy_header(np.dtype("<u4"), 10**12)) == 128


def test_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    for content, message in [(b"", "cannot be read"), (b"junk", "cannot be read")]:
        path.write_bytes(content)
        with pytest.raises(InputError, match=message):
            map_tokens(path)
    path.write_bytes(npy_header(np.dtype("<u2"), 3) + b"\0\0")
    with pytest.raises(InputError, match=r"a\.npy cannot be read"):
        map_tokens(path)
    for values in (np.zeros(3), np.zeros((2, 2), np.uint16)):
        np.save(path, values)
        with pytest.raises(InputError, match="no token shard"):
            map_tokens(path)
