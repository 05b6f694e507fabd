"""A vocabulary turns texts into token ids and back, whichever library's file it comes from.

Special tokens that occur in a text are encoded as the plain text they are: a page cannot forge a document's end.
"""

import functools
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gristmill.core.batch import text_buffers
from gristmill.core.errors import RecipeError
from gristmill.tokenize.pieces import LONGEST_RUN, piece_bounds
from gristmill.tokenize.vocabulary_file import VocabularyFile

Ids = NDArray[np.uint16] | NDArray[np.uint32]

_END_NAMES = ("<|endoftext|>", "<|end_of_text|>", "<|eod|>", "<eod>", "</s>", "<eos>")
_UINT16_IDS = 1 << 16


def token_dtype(size: int) -> np.dtype[Any]:
    """The type of an id in the shards: uint16 up to 65,536 ids, else uint32, little-endian."""
    return np.dtype("<u2" if size <= _UINT16_IDS else "<u4")


@dataclass(frozen=True)
class Vocabulary(VocabularyFile):
    """A loaded vocabulary.

    Attributes:
        end_of_document: the id that ends each document.
    """

    end_of_document: int

    @property
    def lossless(self) -> bool:
        """Whether decoding gives back every text byte for byte."""
        return self.token_bytes is not None

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of an id in the shards."""
        return token_dtype(self.size)

    @functools.cached_property
    def _token_lengths(self) -> NDArray[np.int32]:
        return np.array([len(token) for token in self.token_bytes or ()], np.int32)

    def encode(self, texts: pa.Array) -> tuple[Ids, NDArray[np.int64]]:
        """Token ids of all texts, without separators, and where each text's start: ids[tokens], int64[texts + 1].

        Raises:
            RecipeError: the vocabulary's pattern leaves out a part of the text.
        """
        buffers = text_buffers(texts)
        bounds, first_pieces = piece_bounds(buffers.data, buffers.offsets, LONGEST_RUN, self.engine.longest_piece)
        view = buffers.data.data
        encoded = [np.zeros(0, np.uint32)]
        for start, end in pairwise(bounds.tolist()):
            encoded.append(np.asarray(self.engine.encode(str(view[start:end], "utf-8")), np.uint32))
        ids = np.concatenate(encoded)
        # After the empty array in front, piece i is encoded[i + 1]; so piece i starts at ends[i].
        ends = np.cumsum([len(piece) for piece in encoded], dtype=np.int64)
        self._check(ids, int(bounds[-1] - bounds[0]))
        return ids.astype(self.dtype), ends[first_pieces]

    def _check(self, ids: NDArray[np.uint32], text_bytes: int) -> None:
        if len(ids) and int(ids.max()) >= self.size:
            raise RecipeError(
                f"vocabulary {self.name} gave id {ids.max()}, but has {self.size} ids; its file is broken"
            )
        if self.lossless and (spelt := int(self._token_lengths[ids].sum(dtype=np.int64))) != text_bytes:
            raise RecipeError(
                f"vocabulary {self.name} encodes {spelt:,} of {text_bytes:,} bytes: its pattern must match every "
                f"character. Correct the pattern in {self.files[0]}"
            )

    def count_special_text(self, texts: pa.Array) -> NDArray[np.int64]:
        """How often each text contains the text of a special token: int64[texts]."""
        if not self.special_tokens:
            return np.zeros(len(texts), np.int64)
        names = sorted(self.special_tokens, key=lambda name: (-len(name), name))
        counts = pc.count_substring_regex(texts, "|".join(map(re.escape, names)))
        return np.asarray(counts.to_numpy(zero_copy_only=False), np.int64)

    def decode_bytes(self, ids: Sequence[int] | NDArray[Any]) -> bytes:
        """The bytes that ids spell; a special token spells its name. Part of a document may end within a character."""
        listed = np.asarray(ids).tolist()
        if listed and not 0 <= min(listed) <= max(listed) < self.size:
            raise ValueError(f"ids of {self.name} are 0 to {self.size - 1}, not {min(listed)} to {max(listed)}")
        if self.token_bytes is None:
            return self.engine.decode(listed).encode()
        return b"".join(map(self.token_bytes.__getitem__, listed))

    def decode(self, ids: Sequence[int] | NDArray[Any]) -> str:
        """The text of ids; U+FFFD for characters of which only a part is there."""
        return self.decode_bytes(ids).decode("utf-8", "replace")


def load_vocabulary(spec: str, end_of_document: str = "") -> Vocabulary:
    """Load a vocabulary, once per process.

    Args:
        spec: name of a shipped vocabulary ("gristmill-8k"), or path of a tokenizer.json, of a tiktoken ranks file, or
            of a JSON file that gives a ranks file its pattern and special tokens.
        end_of_document: text of the special token that ends a document; "" for the one with a usual name.

    Raises:
        RecipeError: there is no such vocabulary, or its file is not what it should be.
    """
    return _load(vocabulary_path(spec), end_of_document)


def vocabulary_path(spec: str) -> Path:
    """The file that a name or path means; RecipeError if there is none."""
    path = Path(__file__).parent / "models" / f"{spec}.json" if re.fullmatch(r"[\w-]+", spec) else Path(spec)
    if path.is_file():
        return path
    if Path(spec).is_file():  # a file without a suffix
        return Path(spec)
    shipped = sorted(file.stem for file in (Path(__file__).parent / "models").glob("*.json"))
    raise RecipeError(
        f"no vocabulary '{spec}': give one of {', '.join(shipped) or '(none shipped)'}, or an existing file"
    )


def vocabulary_files(spec: str) -> tuple[Path, ...]:
    """The files whose content decides every id, found without loading the vocabulary."""
    path = vocabulary_path(spec)
    if path.suffix == ".tiktoken":
        description = path.with_suffix(".json")
        return (description, path) if description.is_file() else (path,)
    ranks = _json_object(path).get("ranks")
    return (path, path.parent / ranks) if isinstance(ranks, str) else (path,)


@functools.lru_cache(maxsize=4)
def _load(path: Path, end_of_document: str) -> Vocabulary:
    file = _read(path)
    return Vocabulary(**vars(file), end_of_document=_end_of_document(file, end_of_document))


def _read(path: Path) -> VocabularyFile:
    # Each library is imported only where its kind of file is read.
    if path.suffix == ".tiktoken":
        from gristmill.tokenize.ranks_file import read_ranks

        return read_ranks(path)
    keys = _json_object(path).keys()
    if "ranks" in keys:
        from gristmill.tokenize.ranks_file import read_description

        return read_description(path, path.read_bytes())
    if "model" in keys:
        from gristmill.tokenize.tokenizer_json import read_tokenizer

        return read_tokenizer(path, path.read_bytes())
    raise RecipeError(f"{path} is no vocabulary: it has neither the key 'model' (tokenizer.json) nor 'ranks'")


def _json_object(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except ValueError as error:
        raise RecipeError(f"{path} is neither a .tiktoken file nor JSON: {error}") from error
    return content if isinstance(content, dict) else {}


def _end_of_document(file: VocabularyFile, wanted: str) -> int:
    for token in (wanted,) if wanted else _END_NAMES:
        if token in file.special_tokens:
            return file.special_tokens[token]
    known = ", ".join(sorted(file.special_tokens)[:10]) or "none"
    raise RecipeError(
        f"vocabulary {file.name} has no special token {wanted or 'that usually ends a document'}; "
        f"set end_of_document to one of its special tokens: {known}"
    )
