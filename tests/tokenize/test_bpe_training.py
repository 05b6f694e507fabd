"""The shipped BPE: its two files, that they can be made again, and that encoding loses nothing."""

import base64
import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.tokenize import bpe_training as bpe

ENCODING = bpe.load_encoding()


def test_the_description_says_what_the_ranks_hold() -> None:
    ranks, description = bpe.load_assets()
    content = json.loads(description.read_text(encoding="utf-8"))
    lines = [line.split() for line in ranks.read_text(encoding="ascii").splitlines()]
    tokens = [base64.b64decode(token) for token, _ in lines]
    assert list(content) == ["name", "pattern", "special_tokens", "n_vocab", "ranks"]
    assert content["ranks"] == ranks.name
    assert [int(rank) for _, rank in lines] == list(range(len(lines)))
    assert content["special_tokens"] == {bpe.END_OF_TEXT: len(lines)}
    assert content["n_vocab"] == len(lines) + 1 == bpe.VOCABULARY == ENCODING.n_vocab
    assert len(set(tokens)) == len(tokens)
    assert {bytes([byte]) for byte in range(256)} <= set(tokens)


def test_the_shipped_files_come_from_the_shipped_texts(tmp_path: Path) -> None:
    texts = bpe.read_texts()
    tokenizer = bpe.train(texts)
    written = bpe.write_assets(bpe.token_bytes(tokenizer), tmp_path)
    for made, shipped in zip(written, bpe.load_assets(), strict=True):
        assert made.read_bytes() == shipped.read_bytes(), (
            f"{shipped.name}: run python -m gristmill.tokenize.bpe_training"
        )
    bpe.check(tokenizer, bpe.load_encoding(tmp_path), texts)


def test_check_notices_other_ranks() -> None:
    texts = ["the mill and the miller and the millstone"] * 3
    tokenizer = bpe.train(texts, 262)
    with pytest.raises(ValueError, match="different ids"):
        bpe.check(tokenizer, ENCODING, texts)


def test_too_large_a_vocabulary_is_refused() -> None:
    with pytest.raises(ValueError, match="smaller vocabulary"):
        bpe.train(["the mill the mill"], 5000)


@given(st.text())
def test_any_text_comes_back(text: str) -> None:
    assert ENCODING.decode(ENCODING.encode_ordinary(text)) == text


@given(st.text(alphabet=" \t\n\r\x0b\x85\u00a0\u2028x'SſK1٣あé́"))
def test_white_space_marks_and_odd_letters_come_back(text: str) -> None:
    assert ENCODING.decode(ENCODING.encode_ordinary(text)) == text


@pytest.mark.parametrize("run", [" ", "\n", "\n ", "a", "!", "あ"])
def test_long_runs_neither_crash_nor_get_lost(run: str) -> None:
    text = run * 1_000_000 + "x"  # a million spaces overflow the stack with GPT-4's own pattern
    assert ENCODING.decode(ENCODING.encode_ordinary(text)) == text


def test_a_special_token_in_text_is_plain_text() -> None:
    ids = ENCODING.encode_ordinary(f"a {bpe.END_OF_TEXT} b")
    assert ENCODING.eot_token not in ids
    assert ENCODING.decode(ids) == f"a {bpe.END_OF_TEXT} b"


def test_texts_are_many_and_normalised() -> None:
    texts = bpe.read_texts()
    assert len(texts) >= 300
    assert len(set(texts)) == len(texts)
    assert all(text and text == text.strip() and unicodedata.is_normalized("NFC", text) for text in texts)
    tokens = sum(len(ids) for ids in ENCODING.encode_ordinary_batch(texts, num_threads=1))
    assert sum(len(text.encode()) for text in texts) / tokens > 3.8  # bytes a token on the text it was trained on
