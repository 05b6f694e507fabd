"""Train the small byte-level BPE that the default recipe encodes with, so that nothing is downloaded at run time.

Two files come out, and only these two are read by the encoder:

    gristmill-8k.tiktoken   one line a token: base64(bytes) SP rank, ascending; the rank is the id
    gristmill-8k.json       {"name", "pattern", "special_tokens": {"<|endoftext|>": id}, "n_vocab", "ranks": file name}

The library's trainer records which pair was merged; a ranks file only knows the bytes that came out. Two different pairs
may give the same bytes, and then the two could disagree: `check` encodes the whole training text both ways.

Run `python -m gristmill.tokenize.bpe_training` to write the shipped files again from samples/texts.
"""

import base64
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import tiktoken
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

NAME = "gristmill-8k"
END_OF_TEXT = "<|endoftext|>"
VOCABULARY = 8192  # ids, the end of text included: fits uint16, and a model on a laptop's CPU has a small head

# GPT-4's way of cutting text before merging, with five changes: marks stay with their letters (Hindi, Arabic, Thai);
# two digits at most, as three would eat much of so small a vocabulary; contractions are spelt out, as (?i:'s) depends on
# the engine's case folding (U+017F); nothing is possessive, as {1,3}+ means something else in the trainer's regex engine;
# and white space comes in pieces of 64 at most, as \s+(?!\S) over a million spaces ends tiktoken with a stack overflow.
PATTERN = (
    r"'(?:[sdmtSDMT]|ll|LL|ve|VE|re|RE)"
    r"|[^\r\n\p{L}\p{M}\p{N}]?[\p{L}\p{M}]+"
    r"|\p{N}{1,2}"
    r"| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*"
    r"|\s{0,64}[\r\n]+"
    r"|\s{1,64}(?!\S)"
    r"|\s{1,64}"
)

_LONGEST_TOKEN = 24  # characters; longer ones are boilerplate of the training text, not vocabulary
_SEPARATOR = "\n---\n"  # between the passages of a file in samples/texts
_FOLDER = Path(__file__).parent / "models"
_TEXTS = Path(__file__).parent.parent / "samples" / "texts"


def load_assets(folder: Path = _FOLDER) -> tuple[Path, Path]:
    """The shipped ranks file and the JSON file that describes it."""
    return folder / f"{NAME}.tiktoken", folder / f"{NAME}.json"


def read_texts(folder: Path = _TEXTS) -> list[str]:
    """All passages of all .txt files of a folder, in the order of file names."""
    files = sorted(folder.glob("*.txt"))
    return [passage for file in files for passage in file.read_text(encoding="utf-8").strip().split(_SEPARATOR)]


def train(texts: Iterable[str], vocabulary: int = VOCABULARY) -> Tokenizer:
    """Learn `vocabulary - 1` tokens (one id is the end of text's); the same texts in the same order give the same tokens.

    Raises:
        ValueError: the texts have too few repeated pairs for so many tokens.
    """
    tokenizer = Tokenizer(models.BPE())
    cut = pre_tokenizers.Split(Regex(PATTERN), "isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [cut, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary - 1,
        min_frequency=2,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        max_token_length=_LONGEST_TOKEN,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    if tokenizer.get_vocab_size() != vocabulary - 1:
        raise ValueError(
            f"the texts gave {tokenizer.get_vocab_size()} tokens of the {vocabulary - 1} asked for: "
            "ask for a smaller vocabulary or add text"
        )
    return tokenizer


def token_bytes(tokenizer: Tokenizer) -> list[bytes]:
    """The bytes of every token by id: what the byte-level alphabet's stand-in characters mean."""
    vocabulary: dict[str, int] = tokenizer.get_vocab()
    byte_of = _stand_ins()
    by_id = sorted(vocabulary, key=vocabulary.__getitem__)
    return [bytes(byte_of[character] for character in token) for token in by_id]


def _stand_ins() -> dict[str, int]:
    """GPT-2's alphabet: printable Latin-1 stands for itself, the other 68 bytes for U+0100 and on, in order."""
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(0x100 + i): byte for i, byte in enumerate(others)}


def write_assets(tokens: Sequence[bytes], folder: Path = _FOLDER) -> tuple[Path, Path]:
    """Write the ranks file and its description; returns their paths."""
    ranks, description = load_assets(folder)
    lines = [f"{base64.b64encode(token).decode()} {rank}\n" for rank, token in enumerate(tokens)]
    ranks.write_text("".join(lines), encoding="ascii")
    content = {
        "name": NAME,
        "pattern": PATTERN,
        "special_tokens": {END_OF_TEXT: len(tokens)},
        "n_vocab": len(tokens) + 1,
        "ranks": ranks.name,
    }
    description.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return ranks, description


def check(tokenizer: Tokenizer, encoding: tiktoken.Encoding, texts: Iterable[str]) -> None:
    """Encode texts with the trained model and with its ranks; the ids must be the same and give the text back.

    Raises:
        ValueError: at the first text where they differ.
    """
    for text in texts:
        ids = encoding.encode_ordinary(text)
        if tokenizer.encode(text).ids != ids:
            raise ValueError(
                f"ranks and merges give different ids for {text[:60]!r}: train with another vocabulary size"
            )
        if encoding.decode(ids) != text:
            raise ValueError(f"decoding does not give back {text[:60]!r}")


def load_encoding(folder: Path = _FOLDER) -> tiktoken.Encoding:
    """The tokenizer that the two files describe."""
    ranks, description = load_assets(folder)
    content = json.loads(description.read_text(encoding="utf-8"))
    pairs = (line.split() for line in ranks.read_text(encoding="ascii").splitlines())
    return tiktoken.Encoding(
        content["name"],
        pat_str=content["pattern"],
        mergeable_ranks={base64.b64decode(token): int(rank) for token, rank in pairs},
        special_tokens=content["special_tokens"],
        explicit_n_vocab=content["n_vocab"],
    )


def main() -> None:
    """Train on the texts that the project ships and replace the shipped files."""
    texts = read_texts()
    tokenizer = train(texts)
    write_assets(token_bytes(tokenizer))
    check(tokenizer, load_encoding(), texts)


if __name__ == "__main__":
    main()
