"""Byte-level BPE from a tiktoken ranks file, run by tiktoken.

A ranks file has lines of base64 and rank. The pattern and the special tokens stand in a JSON file beside it:
`{"name", "pattern", "special_tokens": {text: id}, "n_vocab", "ranks": file name}`.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import tiktoken
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from gristmill.core.errors import RecipeError
from gristmill.tokenize.published import BY_SHA256
from gristmill.tokenize.vocabulary_file import VocabularyFile, token_table


class _Description(BaseModel):
    model_config = ConfigDict(extra="ignore")

    name: str
    pattern: str
    special_tokens: dict[str, int]
    n_vocab: int
    ranks: str


class RanksEngine:
    """tiktoken's encoder, which merges long pieces with a heap: only runs are cut for it."""

    longest_piece = 1 << 62

    def __init__(self, encoding: tiktoken.Encoding) -> None:
        self._encoding = encoding

    def encode(self, text: str) -> NDArray[np.uint32]:
        """Ids of a text; with nothing allowed and nothing disallowed, special tokens are plain text."""
        return self._encoding.encode_to_numpy(text, disallowed_special=())

    def decode(self, ids: list[int]) -> str:
        """Text of some ids."""
        return self._encoding.decode(ids)


def read_description(path: Path, content: bytes) -> VocabularyFile:
    """Read the JSON file that describes a ranks file, and the ranks file beside it."""
    try:
        description = _Description.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise RecipeError(f"{path} is no vocabulary: {where or 'it'}: {first['msg']}") from error
    ranks_path = path.parent / description.ranks
    if not ranks_path.is_file():
        raise RecipeError(f"{path} names the ranks file {ranks_path}, which is not there")
    ranks = _parse_ranks(ranks_path, ranks_path.read_bytes())
    return _vocabulary(
        description.name,
        description.pattern,
        description.special_tokens,
        ranks,
        (path, ranks_path),
        size=description.n_vocab,
    )


def read_ranks(path: Path) -> VocabularyFile:
    """Read a ranks file that a JSON file of the same name describes, or else one of those that OpenAI published."""
    description = path.with_suffix(".json")
    if description.is_file():
        return read_description(description, description.read_bytes())
    content = path.read_bytes()
    published = BY_SHA256.get(hashlib.sha256(content).hexdigest())
    if published is None:
        raise RecipeError(
            f"{path} does not tell its pattern and special tokens: write {description.name} beside it with the keys "
            f"name, pattern, special_tokens, n_vocab and ranks"
        )
    return _vocabulary(
        published.name, published.pattern, published.special_tokens, _parse_ranks(path, content), (path,)
    )


def _parse_ranks(path: Path, content: bytes) -> dict[bytes, int]:
    ranks: dict[bytes, int] = {}
    for number, line in enumerate(content.splitlines(), 1):
        if not line.strip():
            continue
        try:
            token, rank = line.split()
            ranks[base64.b64decode(token, validate=True)] = int(rank)
        except (ValueError, binascii.Error) as error:
            raise RecipeError(f"{path}, line {number}: not a token in base64 and its rank: {line[:60]!r}") from error
    missing = [value for value in range(256) if bytes([value]) not in ranks]
    if missing:
        raise RecipeError(f"{path} has no token for {len(missing)} of the 256 bytes (first: {missing[0]:#04x})")
    return ranks


def _vocabulary(
    name: str,
    pattern: str,
    special_tokens: Mapping[str, int],
    ranks: Mapping[bytes, int],
    files: tuple[Path, ...],
    *,
    size: int = 0,
) -> VocabularyFile:
    tokens = {**{text.encode(): number for text, number in special_tokens.items()}, **ranks}
    numbers = [*ranks.values(), *special_tokens.values()]
    if len(set(numbers)) < len(numbers) or min(numbers) < 0:
        raise RecipeError(f"{files[0]}: two tokens have one id, or an id is negative; each token needs its own")
    if size and max(numbers) >= size:
        raise RecipeError(f"{files[0]}: n_vocab is {size}, but the largest id is {max(numbers)}")
    size = size or max(numbers) + 1
    try:
        encoding = tiktoken.Encoding(
            name, pat_str=pattern, mergeable_ranks=dict(ranks), special_tokens=dict(special_tokens)
        )
    except ValueError as error:
        raise RecipeError(f"{files[0]}: tiktoken refuses the pattern {pattern!r}: {error}") from error
    return VocabularyFile(name, size, special_tokens, files, RanksEngine(encoding), token_table(tokens, size))
