"""The embedding classifier on a tiny encoder of random weights, against BERT written out in NumPy."""

import json
import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from tokenizers import Tokenizer, models, pre_tokenizers

from gristmill.core.batch import Batch
from gristmill.core.errors import InputError
from gristmill.filters import embedding
from gristmill.filters.embedding import Params, judge
from gristmill.filters.embedding_training import fit_head, train
from gristmill.filters.encoder import embed, load_encoder, read_safetensors
from tests.filters.test_contract import documents

pytest.importorskip("torch", reason="needs the extra models or train")

WIDTH, HEADS, LAYERS, INNER = 8, 2, 2, 16
WORDS = ["[PAD]", "[UNK]", "mill", "river", "grain", "flour", "buy", "cheap", "now", "bonus"]
Weights = dict[str, NDArray[np.float32]]


def shapes() -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (len(WORDS), WIDTH),
        "embeddings.position_embeddings.weight": (32, WIDTH),
        "embeddings.token_type_embeddings.weight": (2, WIDTH),
    }
    norms, linears = ["embeddings.LayerNorm"], []
    for n in range(LAYERS):
        layer = f"encoder.layer.{n}"
        linears += [(f"{layer}.attention.self.{part}", WIDTH, WIDTH) for part in ("query", "key", "value")]
        linears += [(f"{layer}.attention.output.dense", WIDTH, WIDTH)]
        linears += [(f"{layer}.intermediate.dense", INNER, WIDTH), (f"{layer}.output.dense", WIDTH, INNER)]
        norms += [f"{layer}.attention.output.LayerNorm", f"{layer}.output.LayerNorm"]
    for name, out, into in linears:
        found |= {f"{name}.weight": (out, into), f"{name}.bias": (out,)}
    for name in norms:
        found |= {f"{name}.weight": (WIDTH,), f"{name}.bias": (WIDTH,)}
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny encoder's files."""
    path = tmp_path_factory.mktemp("encoder")
    draw = np.random.default_rng(0)
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    content = b""
    for name, shape in shapes().items():
        scale = 1.0 if name.startswith("embeddings.word") else 0.1
        centre = 1.0 if name.endswith("LayerNorm.weight") else 0.0
        values = draw.normal(centre, scale, shape).astype(np.float32).tobytes()
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(content), len(content) + len(values)]}
        content += values
    told = json.dumps(header).encode()
    (path / "model.safetensors").write_bytes(len(told).to_bytes(8, "little") + told + content)
    config = {"num_attention_heads": HEADS, "num_hidden_layers": LAYERS, "hidden_size": WIDTH, "layer_norm_eps": 1e-12}
    (path / "config.json").write_text(json.dumps(config))
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(path / "tokenizer.json"))
    return path


def plain_vector(weights: Weights, tokens: list[int]) -> NDArray[np.float64]:
    """BERT's layers of one text, and the mean of the last."""

    def linear(x: NDArray[np.float64], name: str) -> NDArray[np.float64]:
        return np.asarray(x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"], np.float64)

    def norm(x: NDArray[np.float64], name: str) -> NDArray[np.float64]:
        centred = x - x.mean(axis=1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-12)
        return np.asarray(scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"], np.float64)

    x = weights["embeddings.word_embeddings.weight"][tokens].astype(np.float64)
    x = x + weights["embeddings.position_embeddings.weight"][: len(tokens)]
    x = norm(x + weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    size = WIDTH // HEADS
    for n in range(LAYERS):
        layer = f"encoder.layer.{n}"
        q, k, v = (linear(x, f"{layer}.attention.self.{part}") for part in ("query", "key", "value"))
        seen = np.zeros_like(x)
        for head in range(HEADS):
            part = slice(head * size, (head + 1) * size)
            odds = np.exp(q[:, part] @ k[:, part].T / np.sqrt(size))
            seen[:, part] = odds / odds.sum(axis=1, keepdims=True) @ v[:, part]
        x = norm(x + linear(seen, f"{layer}.attention.output.dense"), f"{layer}.attention.output.LayerNorm")
        inner = linear(x, f"{layer}.intermediate.dense")
        gelu = inner * (1 + np.vectorize(math.erf)(inner / np.sqrt(2))) / 2
        x = norm(x + linear(gelu, f"{layer}.output.dense"), f"{layer}.output.LayerNorm")
    mean = x.mean(axis=0)
    return np.asarray(mean / np.linalg.norm(mean), np.float64)


TEXTS = ["mill river grain", "buy cheap", "flour", "mill mill river grain flour now bonus cheap odd", "grain now"]


def test_vectors_are_those_of_plain_numpy(folder: Path) -> None:
    weights = read_safetensors(folder / "model.safetensors")
    places = {word: n for n, word in enumerate(WORDS)}
    expected = [plain_vector(weights, [places.get(word, 1) for word in text.split()]) for text in TEXTS]
    for batch in (1, 2, 32):
        np.testing.assert_allclose(embed(load_encoder(folder), TEXTS, batch), expected, atol=1e-5)


def test_ridge_finds_the_direction_that_tells_labels_apart() -> None:
    draw = np.random.default_rng(1)
    vectors = draw.normal(size=(400, 5))
    positive = vectors @ np.array([2.0, 0, 0, -1, 0]) + draw.normal(size=400) > 0.5
    weights, bias = fit_head(vectors, positive, 1.0)
    np.testing.assert_allclose(weights / weights[0], [1, 0, 0, -0.5, 0], atol=0.15)
    scores = 1 / (1 + np.exp(-(vectors @ weights + bias)))
    assert scores.mean() == pytest.approx(positive.mean(), abs=0.02)


@pytest.fixture(scope="module")
def labelled() -> pa.Table:
    draw = np.random.default_rng(2)
    rows = []
    for label, words in (("high", ["mill", "river", "grain", "flour"]), ("low", ["buy", "cheap", "now", "bonus"])):
        rows += [{"text": " ".join(draw.choice(words, 6)), "label": label} for _ in range(60)]
    return pa.Table.from_pylist(rows)


def test_a_head_is_trained_measured_and_used(folder: Path, labelled: pa.Table, tmp_path: Path) -> None:
    path = tmp_path / "head.npz"
    evaluation = train(labelled, folder, path)
    assert evaluation.auc > 0.9
    assert evaluation.trained + evaluation.held_out == len(labelled)
    params = Params(encoder=str(folder), head=str(path), threshold=0.5, device="cpu")
    texts = ["mill river grain flour", "buy cheap now bonus", "", " \n"]
    verdict = judge(Batch(documents([{"text": text} for text in texts])), params)
    assert verdict.failed["embedding.low_score"].tolist() == [False, True, True, True]
    assert np.asarray(verdict.signals["embedding.score"])[2:].tolist() == [0, 0]
    for text, score in zip(texts, np.asarray(verdict.signals["embedding.score"]), strict=True):
        alone = judge(Batch(documents([{"text": text}])), params)
        assert np.asarray(alone.signals["embedding.score"]).tolist() == [score]
    none = judge(Batch(documents([])), params)
    assert pa.array(none.signals["embedding.score"]).type == pa.float64()


def test_what_does_not_fit_is_told(folder: Path, labelled: pa.Table, tmp_path: Path) -> None:
    batch = Batch(documents([{"text": "mill"}]))
    with pytest.raises(InputError, match="is no head"):
        judge(batch, Params(encoder=str(folder), head=str(tmp_path / "none.npz")))
    with pytest.raises(InputError, match="holds no sentence encoder"):
        train(labelled, tmp_path, tmp_path / "head.npz")
    path = tmp_path / "head.npz"
    np.savez(path, weights=np.zeros(WIDTH), bias=0.0, encoder="another")
    embedding.load_head.cache_clear()
    with pytest.raises(InputError, match="another encoder"):
        judge(batch, Params(encoder=str(folder), head=str(path), device="cpu"))
