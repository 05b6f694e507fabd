"""Tokens in NumPy's own format, header and all, so that `np.load(path, mmap_mode="r")` is a complete reader."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gristmill.core.errors import InputError

_MAGIC = b"\x93NUMPY\x01\x00"
_BYTES = 128


def npy_header(dtype: np.dtype[Any], tokens: int) -> bytes:
    """What precedes the values of a vector: magic, u16 length of the rest, a dict in ASCII, blanks.

    NumPy pads to a multiple of 64 bytes, with room for the length to grow: every vector's header has 128, as this one.
    """
    text = f"{{'descr': '{dtype.newbyteorder('<').str}', 'fortran_order': False, 'shape': ({tokens},), }}"
    room = _BYTES - len(_MAGIC) - 2
    return _MAGIC + room.to_bytes(2, "little") + text.ljust(room - 1).encode("ascii") + b"\n"


def map_tokens(path: Path) -> NDArray[Any]:
    """Map the tokens of a `.npy` file, uint16[tokens] or uint32[tokens]; InputError where it is no such vector."""
    try:
        tokens = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise InputError(f"{path} cannot be read as a NumPy array: {error}; write the shard again") from error
    if not isinstance(tokens, np.ndarray) or tokens.ndim != 1 or tokens.dtype not in (np.uint16, np.uint32):
        raise InputError(f"{path} is no vector of uint16 or uint32, so no token shard")
    return tokens
