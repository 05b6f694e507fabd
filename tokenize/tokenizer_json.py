"""Any tokenizer that a `tokenizer.json` describes, run by the tokenizers library.

Byte-level BPE is recognised, for it gives back every text byte for byte; whatever normalises, or drops or adds blanks,
is lossy.
"""

import functools
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tokenizers

from gristmill.core.errors import RecipeError
from gristmill.tokenize.vocabulary_file import VocabularyFile, token_table


class TokenizersEngine:
    """The tokenizers library's encoder."""

    longest_piece = 400_000  # it keeps some 100 bytes a token: 10 MB of text at once would take 0.4 GB

    def __init__(self, tokenizer: tokenizers.Tokenizer, special_tokens: Mapping[str, int]) -> None:
        self._tokenizer = tokenizer
        self._special_ids = frozenset(special_tokens.values())
        inside = (f"(?<={re.escape(text[:1])})(?={re.escape(text[1:])})" for text in special_tokens if len(text) > 1)
        self._inside_special = re.compile("|".join(inside) or "(?!)")

    def encode(self, text: str) -> list[int]:
        """Ids of a text; one that would hold a special id is cut within each special token's text."""
        ids = self._ids(text)
        if self._special_ids.isdisjoint(ids):
            return ids
        return [number for piece in self._inside_special.split(text) for number in self._ids(piece)]

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def decode(self, ids: list[int]) -> str:
        """Text of some ids."""
        text: str = self._tokenizer.decode(ids, skip_special_tokens=False)
        return text


def read_tokenizer(path: Path, content: bytes) -> VocabularyFile:
    """Read a tokenizer.json."""
    # One task has one core; the library would start a thread per core, and warns when it finds itself forked.
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    try:
        tokenizer = tokenizers.Tokenizer.from_str(content.decode())
    except Exception as error:  # the library raises nothing narrower
        raise RecipeError(f"{path} is no tokenizer.json that the tokenizers library reads: {error}") from error
    tokenizer.encode_special_tokens = True
    tokenizer.no_truncation()
    tokenizer.no_padding()
    description = json.loads(content)
    if description["model"].get("dropout"):
        raise RecipeError(f"{path}: its model drops merges at random (dropout); set it to null")
    special = {token["content"]: token["id"] for token in description["added_tokens"] if token["special"]}
    vocabulary: dict[str, int] = tokenizer.get_vocab(with_added_tokens=True)
    size = max(vocabulary.values()) + 1
    table = None
    if _is_byte_level(description):
        added = {token["content"] for token in description["added_tokens"]}
        table = token_table({_spelling(token, added): number for token, number in vocabulary.items()}, size)
    name = path.parent.name if path.name == "tokenizer.json" else path.stem
    return VocabularyFile(name, size, special, (path,), TokenizersEngine(tokenizer, special), table)


def _is_byte_level(description: dict[str, Any]) -> bool:
    """Tell whether ids spell out every text: BPE over all 256 bytes, and nothing changes, drops or adds characters."""
    steps = _steps(description["pre_tokenizer"], "pretokenizers")
    decoders = _steps(description["decoder"], "decoders")
    model = description["model"]
    return (
        model["type"] == "BPE"
        and not model.get("continuing_subword_prefix")
        and not model.get("end_of_word_suffix")
        and set(_byte_letters()) <= model["vocab"].keys()
        and not _steps(description["normalizer"], "normalizers")
        and any(step["type"] == "ByteLevel" for step in steps)
        and all(_keeps_text(step) for step in steps)
        and [step["type"] for step in decoders] == ["ByteLevel"]
        and not any(token["lstrip"] or token["rstrip"] for token in description["added_tokens"])
    )


def _steps(component: dict[str, Any] | None, parts: str) -> list[dict[str, Any]]:
    if component is None:
        return []
    if component["type"] == "Sequence":
        return [step for part in component[parts] for step in _steps(part, parts)]
    return [component]


def _keeps_text(step: dict[str, Any]) -> bool:
    if step["type"] == "ByteLevel":
        return step["add_prefix_space"] is False
    return bool(step["type"] == "Digits" or (step["type"] == "Split" and step["behavior"] != "Removed"))


@functools.cache
def _byte_letters() -> dict[str, int]:
    """GPT-2's letter for each byte: printable Latin-1 stands for itself, the other 68 bytes for U+0100 and after."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [value for value in range(256) if value not in printable]
    return {chr(value): value for value in printable} | {chr(256 + place): value for place, value in enumerate(others)}


def _spelling(token: str, added: set[str]) -> bytes:
    letters = _byte_letters()
    if token in added or any(letter not in letters for letter in token):
        return token.encode()
    return bytes(letters[letter] for letter in token)
