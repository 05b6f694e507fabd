"""Small vocabularies that the tests write for themselves."""

import base64
import json
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

PATTERN = r"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
TOKENS = (b"th", b"he", b"the", b" the", b"  ", b"    ", b"in", b"mi", b"mil", b"mill", "é".encode(), "日".encode())
END = 256 + len(TOKENS)


def write_ranks(folder: Path, pattern: str = PATTERN, n_vocab: int = END + 1, name: str = "tiny") -> Path:
    """A ranks file of 256 bytes and a few merges, and its description; the path of the description."""
    tokens = [bytes([value]) for value in range(256)] + list(TOKENS)
    lines = [f"{base64.b64encode(token).decode()} {rank}\n" for rank, token in enumerate(tokens)]
    (folder / f"{name}.tiktoken").write_text("".join(lines))
    description = {
        "name": name,
        "pattern": pattern,
        "special_tokens": {"<|endoftext|>": END},
        "n_vocab": n_vocab,
        "ranks": f"{name}.tiktoken",
    }
    path = folder / f"{name}.json"
    path.write_text(json.dumps(description))
    return path


def byte_level(texts: list[str]) -> Tokenizer:
    """A byte-level BPE of the tokenizers library, trained on some texts."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=300, special_tokens=["<|endoftext|>"], initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer
