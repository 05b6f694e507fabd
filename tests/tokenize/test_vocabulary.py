import importlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from gristmill.core.errors import RecipeError
from gristmill.tokenize.published import BY_SHA256
from gristmill.tokenize.vocabulary import Vocabulary, load_vocabulary, token_dtype, vocabulary_files
from tests.tokenize.vocabularies import END, byte_level, write_ranks


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    return load_vocabulary(str(write_ranks(tmp_path_factory.mktemp("ranks"))))


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    path = tmp_path_factory.mktemp("other") / "tokenizer.json"
    byte_level(["the mill grinds", "hello world"]).save(str(path))
    return load_vocabulary(str(path))


def split(ids: Any, offsets: Any) -> list[Any]:
    return np.split(ids, offsets[1:-1])


@settings(deadline=None, max_examples=40)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1), st.integers(0, 2))
def test_decoding_gives_every_text_back(tiny: Vocabulary, other: Vocabulary, texts: list[str], start: int) -> None:
    column = pa.array(texts, pa.large_string())[start:]
    for vocabulary in (tiny, other):
        ids, offsets = vocabulary.encode(column)
        assert vocabulary.lossless
        assert len(offsets) == len(column) + 1
        assert offsets[0] == 0 and offsets[-1] == len(ids)
        decoded = [vocabulary.decode(part) for part in split(ids, offsets)] if len(column) else []
        assert decoded == texts[start:]


def test_a_text_is_merged_as_its_ranks_say(tiny: Vocabulary) -> None:
    ids, _ = tiny.encode(pa.array(["the mill  é"]))
    pieces = [tiny.decode_bytes([number]) for number in ids]
    assert pieces == [b"the", b" ", b"mill", b" ", b" ", "é".encode()]
    assert ids.dtype == np.uint16


def test_special_tokens_in_text_are_plain_text(tiny: Vocabulary, other: Vocabulary) -> None:
    column = pa.array(["a<|endoftext|>b<|endoftext|>", "<|endoftext", ""])
    for vocabulary in (tiny, other):
        ids, _ = vocabulary.encode(column)
        assert vocabulary.end_of_document not in ids
        assert vocabulary.count_special_text(column).tolist() == [2, 0, 0]
    assert tiny.end_of_document == END
    assert tiny.decode([END]) == "<|endoftext|>"


@pytest.mark.parametrize("text", [" " * 300_000 + "a", "a" * 300_000, "\n" * 300_000 + "é", "日" * 200_000])
def test_long_runs_neither_stop_nor_lose_anything(tiny: Vocabulary, other: Vocabulary, text: str) -> None:
    for vocabulary in (tiny, other):
        ids, _ = vocabulary.encode(pa.array([text]))
        assert vocabulary.decode(ids) == text


def test_a_word_level_tokenizer_is_marked_lossy_and_cannot_be_forged(tmp_path: Path) -> None:
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "mill": 1, "</s>": 2}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.add_special_tokens(["</s>"])
    tokenizer.save(str(tmp_path / "words.json"))
    vocabulary = load_vocabulary(str(tmp_path / "words.json"))
    assert not vocabulary.lossless
    assert vocabulary.size == 3 and vocabulary.end_of_document == 2
    ids, _ = vocabulary.encode(pa.array(["mill </s> mill"]))
    assert 2 not in ids and ids.tolist() == [1, 0, 0, 1]
    assert vocabulary.decode([1, 1]) == "mill mill"


@pytest.mark.parametrize("change", ["normalizer", "prefix", "alphabet"])
def test_what_changes_text_is_lossy(tmp_path: Path, change: str) -> None:
    tokenizer = byte_level(["the mill"])
    if change == "normalizer":
        tokenizer.normalizer = normalizers.NFC()
    if change == "prefix":
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    description = json.loads(tokenizer.to_str())
    if change == "alphabet":
        del description["model"]["vocab"]["Ń"]
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(description))
    assert not load_vocabulary(str(path)).lossless


def test_a_pattern_that_leaves_text_out_is_an_error(tmp_path: Path) -> None:
    vocabulary = load_vocabulary(str(write_ranks(tmp_path, pattern=r"\p{L}+")))
    with pytest.raises(RecipeError, match="encodes 6 of 7 bytes"):
        vocabulary.encode(pa.array(["the mil"]))


def test_ids_outside_the_vocabulary_are_refused(tiny: Vocabulary) -> None:
    for ids in ([END + 1], [-1]):
        with pytest.raises(ValueError, match=f"0 to {END}"):
            tiny.decode(ids)


@pytest.mark.parametrize(("size", "dtype"), [(2, "<u2"), (65_536, "<u2"), (65_537, "<u4"), (200_019, "<u4")])
def test_dtype_is_the_smallest_that_holds_every_id(size: int, dtype: str) -> None:
    assert token_dtype(size) == np.dtype(dtype)
    assert np.array([size - 1]).astype(dtype)[0] == size - 1


def test_mistakes_name_the_file_and_the_remedy(tmp_path: Path) -> None:
    description = write_ranks(tmp_path)
    ranks = tmp_path / "tiny.tiktoken"
    lone = shutil.copy(ranks, tmp_path / "lone.tiktoken")
    for content, message in [
        (b"{", "neither a .tiktoken file nor JSON"),
        (b"{}", "neither the key 'model'"),
        (b'{"ranks": "tiny.tiktoken"}', "name: Field required"),
        (b'{"model": {}}', "no tokenizer.json"),
        (description.read_bytes().replace(b"tiny.tiktoken", b"gone.tiktoken"), "gone.tiktoken, which is not there"),
        (description.read_bytes().replace(b'"pattern": "', b'"pattern": "('), "refuses the pattern"),
        (description.read_bytes().replace(b'"n_vocab": ', b'"n_vocab": -'), "n_vocab is -"),
        (description.read_bytes().replace(f": {END}}}".encode(), b": 5}"), "two tokens have one id"),
        (description.read_bytes().replace(b"endoftext", b"stop"), r"set end_of_document to .*<\|stop\|>"),
    ]:
        path = tmp_path / f"{len(content)}-{message[:4]}.json".replace("/", "_")
        path.write_bytes(content)
        with pytest.raises(RecipeError, match=message):
            load_vocabulary(str(path))
    with pytest.raises(RecipeError, match=r"write lone\.json beside it"):
        load_vocabulary(str(lone))
    with pytest.raises(RecipeError, match="no vocabulary 'nonesuch'"):
        load_vocabulary("nonesuch")
    lines = ranks.read_bytes().splitlines(keepends=True)
    ranks.write_bytes(b"".join(lines[:3]) + b"!! x\n")
    with pytest.raises(RecipeError, match="line 4"):
        load_vocabulary(str(ranks))


def test_the_end_of_a_document_can_be_named(tmp_path: Path) -> None:
    path = write_ranks(tmp_path)
    path.write_text(path.read_text().replace("endoftext", "stop"))
    assert load_vocabulary(str(path), "<|stop|>").end_of_document == END


def test_published_encodings_are_those_of_tiktoken(monkeypatch: pytest.MonkeyPatch) -> None:
    public = importlib.import_module("tiktoken_ext.openai_public")

    hashes: list[str] = []

    def no_ranks(_: str, expected_hash: str) -> dict[bytes, int]:
        hashes.append(expected_hash)
        return {}

    monkeypatch.setattr(public, "load_tiktoken_bpe", no_ranks)
    for digest, ours in BY_SHA256.items():
        theirs = getattr(public, ours.name)()
        assert (ours.pattern, ours.special_tokens) == (theirs["pat_str"], theirs["special_tokens"])
        assert hashes.pop() == digest


def test_files_are_known_without_loading(tmp_path: Path, other: Vocabulary) -> None:
    description = write_ranks(tmp_path)
    ranks = description.with_suffix(".tiktoken")
    for path in (description, ranks):
        assert vocabulary_files(str(path)) == load_vocabulary(str(path)).files == (description, ranks)
    assert vocabulary_files(str(other.files[0])) == other.files
    assert vocabulary_files("gristmill-8k") == load_vocabulary("gristmill-8k").files


@settings(deadline=None, max_examples=40)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_the_shipped_vocabulary_loses_nothing(texts: list[str]) -> None:
    vocabulary = load_vocabulary("gristmill-8k")
    ids, _ = vocabulary.encode(pa.array(texts, pa.large_string()))
    assert vocabulary.decode(ids) == "".join(texts)
    assert vocabulary.dtype == np.uint16 and vocabulary.end_of_document == vocabulary.size - 1
