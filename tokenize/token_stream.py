"""Token shards, mapped into memory and read as one stream."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gristmill.core.digest import bytes_digest, json_digest
from gristmill.core.errors import InputError
from gristmill.tokenize import megatron, npy_shards

_PROBE_TOKENS = 4096  # at either end of a shard: enough to tell other shards from these, cheap on a remote disk


class TokenStream:
    """Shards one after the other.

    Args:
        shards: `.npy` and `.bin` files, or folders of them, in this order.
    """

    def __init__(self, shards: Sequence[Path]) -> None:
        self.paths = find_shards(shards)
        self._parts = [open_tokens(path) for path in self.paths]
        self._starts = np.cumsum([0, *map(len, self._parts)], dtype=np.int64)

    def __len__(self) -> int:
        return int(self._starts[-1])

    def read(self, start: int, stop: int) -> NDArray[np.int64]:
        """Tokens from start up to stop, or to the end: int64[tokens]."""
        stop = min(stop, len(self))
        first = int(np.searchsorted(self._starts, start, "right")) - 1
        read = [np.zeros(0, np.int64)]
        for part, begin in zip(self._parts[first:], self._starts[first:].tolist(), strict=False):
            if begin >= stop:
                break
            read.append(part[max(start - begin, 0) : stop - begin].astype(np.int64))
        return np.concatenate(read)

    def fingerprint(self) -> str:
        """Digest of the shards' lengths, types and ends, but not of their names: shards may move."""
        facts = [
            [len(part), part.dtype.name, bytes_digest(part[:_PROBE_TOKENS].tobytes() + part[-_PROBE_TOKENS:].tobytes())]
            for part in self._parts
        ]
        return json_digest(facts)


def open_tokens(path: Path) -> NDArray[Any]:
    """Map one shard's tokens, uint16[tokens] or uint32[tokens]."""
    if not path.is_file():
        raise InputError(f"no shard {path}; give .npy or .bin files, or a folder of them")
    return megatron.map_tokens(path) if path.suffix == ".bin" else npy_shards.map_tokens(path)


def find_shards(paths: Sequence[Path]) -> list[Path]:
    """The token files that paths mean; a folder's are taken by name, each shard in one format only.

    Raises:
        InputError: there are none.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            by_name = {file.stem: file for suffix in ("*.bin", "*.npy") for file in path.glob(suffix)}
            found += [by_name[name] for name in sorted(by_name)]
        else:
            found.append(path)
    if not found:
        raise InputError(
            f"no .npy or .bin shards in {', '.join(map(str, paths)) or 'an empty list'}; run a recipe first"
        )
    return found
