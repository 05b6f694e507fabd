"""Quality by a classifier on sentence embeddings: a linear head on a frozen encoder (encoder.py), on CPU or GPU.

As FineWeb-Edu's (Penedo et al. 2024, arXiv:2406.17557, section 4), whose encoder is larger: the head alone is trained, by
`gristmill train embedding`. The encoder's files are not shipped, and torch is an extra: `gristmill[models]`.

The score is rounded to three decimals: sums in another order, on another device or in another batch, move later ones.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import Field

from gristmill.core.batch import Batch
from gristmill.core.errors import InputError
from gristmill.core.extras import import_torch
from gristmill.core.limits import Limit, apply_limits
from gristmill.core.params import LanguageParams
from gristmill.core.verdict import Example, Signal, Verdict
from gristmill.filters.array_files import read_arrays
from gristmill.filters.encoder import FILES, embed, load_encoder
from gristmill.filters.quality import model_path

NAME = "embedding"
VERSION = 1
UPSTREAM = ("language.label",)

_DECIMALS = 3


class Params(LanguageParams):
    """Which encoder and head score, and what is kept."""

    encoder: str = "all-MiniLM-L6-v2"
    """Folder with model.safetensors, config.json and tokenizer.json of a BERT-type sentence encoder: a path with a slash in
    it, or a name in filters/models."""

    head: str = "embedding.npz"
    """The head, as `gristmill train embedding` writes it for that encoder: likewise."""

    threshold: float = Field(default=0.0, ge=0, le=1)
    """A document with a score below this fails. 0: none does; choose it by the share of a pool that it keeps."""

    languages: tuple[str, ...] = ("en",)
    """Languages that the rule is for, "*" for all. By `language.label`."""

    max_tokens: int = Field(default=256, ge=2)
    """Leading tokens of a document that are scored. all-MiniLM-L6-v2: 256; FineWeb-Edu: 512."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where the encoder runs: on a GPU if there is one."""


LIMITS = (Limit("embedding.low_score", "embedding.score", "below", "threshold", only="languages"),)
RULES = tuple(limit.rule for limit in LIMITS)
OFF = RULES  # under default parameters

EXAMPLES = (Example("The mill grinds slowly, but it grinds fine."),)


@dataclass(frozen=True)
class Head:
    """A linear head: score = sigmoid(vector · weights + bias); `encoder` is the digest of the encoder it was trained on."""

    weights: NDArray[np.float32]
    bias: float
    encoder: str


def files(params: Params) -> tuple[Path, ...]:
    """The encoder's files and the head."""
    return (*(model_path(params.encoder) / name for name in FILES), model_path(params.head))


def judge(batch: Batch, params: Params) -> Verdict:
    """Score each document by its beginning; one without text has score 0."""
    head = load_head(model_path(params.head))
    encoder = load_encoder(model_path(params.encoder), chosen_device(params.device), params.max_tokens)
    if head.encoder != encoder.digest:
        raise InputError(f"{params.head} was trained on another encoder than {params.encoder}; train it again.")
    signals: dict[str, Signal] = {"embedding.score": np.zeros(len(batch))}
    if len(batch):
        texts = heads_of(batch.column("text"), params.max_tokens)
        odds = embed(encoder, texts).astype(np.float64) @ head.weights + head.bias
        filled = np.array([bool(text.strip()) for text in texts])
        signals["embedding.score"] = np.where(filled, np.round(1 / (1 + np.exp(-odds)), _DECIMALS), 0.0)
    return Verdict(signals, apply_limits(LIMITS, signals, params, batch))


def heads_of(texts: pa.Array, max_tokens: int) -> list[str]:
    """The beginnings of texts, long enough for as many tokens: a tokenizer reads all that it is given."""
    found: list[str] = pc.utf8_slice_codeunits(texts, 0, 16 * max_tokens).to_pylist()
    return found


def chosen_device(device: str) -> str:
    """The device's name for torch."""
    torch = import_torch("embedding", "models")
    return ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device


@lru_cache(maxsize=4)
def load_head(path: Path) -> Head:
    """A head, once per process; InputError if it is missing or none."""
    try:
        file = read_arrays(path, "weights", "bias", "encoder")
        return Head(file["weights"].astype(np.float32), float(file["bias"]), str(file["encoder"]))
    except (ValueError, TypeError) as error:
        raise InputError(
            f"{path} is no head of an encoder: {error}. Make one with 'gristmill train embedding'."
        ) from error
