import io
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gristmill.core.errors import InputError
from gristmill.tokenize.megatron import MegatronIndex, map_tokens, read_index, write_index
from tests.tokenize.shard_files import write

# Two documents, [10, 11, 50256] and [7, 50256].
BIN = bytes.fromhex("0a 00 0b 00 50 c4 07 00 50 c4")
IDX = bytes.fromhex(
    "4d 4d 49 44 49 44 58 00 00 01 00 00 00 00 00 00"
    "00 08 02 00 00 00 00 00 00 00 03 00 00 00 00 00"
    "00 00 03 00 00 00 02 00 00 00 00 00 00 00 00 00"
    "00 00 06 00 00 00 00 00 00 00 00 00 00 00 00 00"
    "00 00 01 00 00 00 00 00 00 00 02 00 00 00 00 00"
    "00 00"
)


def test_files_are_those_of_the_format_byte_for_byte(tmp_path: Path) -> None:
    write(tmp_path, [[10, 11, 50256], [7, 50256]])
    assert (tmp_path / "shard-00000.bin").read_bytes() == BIN
    assert (tmp_path / "shard-00000.idx").read_bytes() == IDX


def test_four_byte_tokens_have_code_4(tmp_path: Path) -> None:
    write(tmp_path, [[65_536, 2**31 - 1]], dtype="<u4")
    content = (tmp_path / "shard-00000.idx").read_bytes()
    assert content[17] == 4 and len(content) == 62
    assert (tmp_path / "shard-00000.bin").read_bytes() == struct.pack("<ii", 65_536, 2**31 - 1)
    assert map_tokens(tmp_path / "shard-00000.bin").tolist() == [65_536, 2**31 - 1]


@settings(deadline=None)
@given(st.lists(st.integers(0, 2**31 - 1), max_size=6), st.sampled_from(["<u2", "<u4"]))
def test_an_independent_reader_finds_each_document(lengths: list[int], dtype: str) -> None:
    out = io.BytesIO()
    write_index(out, MegatronIndex(np.dtype(dtype), np.array(lengths, np.int32)))
    content, size = out.getvalue(), len(lengths)
    assert len(content) == 42 + 20 * size
    assert struct.unpack_from("<9sQBQQ", content) == (b"MMIDIDX\0\0", 1, 8 if dtype == "<u2" else 4, size, size + 1)
    assert list(struct.unpack_from(f"<{size}i", content, 34)) == lengths
    width = np.dtype(dtype).itemsize
    starts = [width * sum(lengths[:place]) for place in range(size)]
    assert list(struct.unpack_from(f"<{size}q", content, 34 + 4 * size)) == starts
    assert list(struct.unpack_from(f"<{size + 1}q", content, 34 + 12 * size)) == list(range(size + 1))


def test_reading_gives_what_was_written(tmp_path: Path) -> None:
    (tmp_path / "a.idx").write_bytes(IDX)
    (tmp_path / "a.bin").write_bytes(BIN)
    index = read_index(tmp_path / "a.idx")
    assert index.lengths.tolist() == [3, 2] and index.dtype == np.uint16
    assert map_tokens(tmp_path / "a.bin").tolist() == [10, 11, 50256, 7, 50256]


@pytest.mark.parametrize(
    ("offset", "change", "message"),
    [
        (0, b"X", "byte 0: no Megatron index"),
        (9, b"\x02", "byte 9: version 2"),
        (17, b"\x00", "byte 17: token type 0"),
        (26, b"\x04", "byte 26: 4 document entries for 2"),
        (37, b"\x80", "byte 34: document 0 has a negative length"),
        (42, b"\x01", "byte 42: document 0 is not where"),
        (50, b"\x05", "byte 50: document 1 is not where"),
        (66, b"\x00", "byte 58: a document is not one sequence"),
    ],
)
def test_damage_is_named_with_its_place(tmp_path: Path, offset: int, change: bytes, message: str) -> None:
    path = tmp_path / "a.idx"
    path.write_bytes(IDX[:offset] + change + IDX[offset + 1 :])
    with pytest.raises(InputError, match=f"a.idx, {message}"):
        read_index(path)


@pytest.mark.parametrize("size", [0, 33, 81])
def test_a_file_that_is_cut_off_is_refused(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a.idx"
    path.write_bytes(IDX[:size])
    with pytest.raises(InputError, match="cut off"):
        read_index(path)


def test_tokens_must_fit_their_index(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(BIN[:-2])
    with pytest.raises(InputError, match=r"a\.idx must lie beside it"):
        map_tokens(tmp_path / "a.bin")
    (tmp_path / "a.idx").write_bytes(IDX)
    with pytest.raises(InputError, match=r"has 8 bytes, but a\.idx speaks of 10"):
        map_tokens(tmp_path / "a.bin")
