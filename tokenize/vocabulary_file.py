"""What every reader of a vocabulary file hands over, whichever library the file comes from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Engine(Protocol):
    """A library's tokenizer behind two calls."""

    longest_piece: int
    """Most characters that it is given at once."""

    def encode(self, text: str) -> Sequence[int] | NDArray[np.uint32]:
        """Ids of a text, none of them a special token's."""

    def decode(self, ids: list[int]) -> str:
        """Text of some ids."""


@dataclass(frozen=True)
class VocabularyFile:
    """The content of a vocabulary file.

    Attributes:
        name: of the vocabulary, for people.
        size: number of ids, gaps included: the largest id is size - 1.
        special_tokens: text to id of the tokens that no text may become.
        files: what it was read from; their content decides every id.
        engine: the library's tokenizer.
        token_bytes: the bytes of each id, where ids spell out every text exactly; else None.
    """

    name: str
    size: int
    special_tokens: Mapping[str, int]
    files: tuple[Path, ...]
    engine: Engine = field(repr=False)
    token_bytes: tuple[bytes, ...] | None = field(repr=False)


def token_table(tokens: Mapping[bytes, int], size: int) -> tuple[bytes, ...]:
    """The bytes of each id; an id that no token has spells nothing."""
    table = [b""] * size
    for token, number in tokens.items():
        table[number] = token
    return tuple(table)
