"""Train the linear head of embedding.py on labelled text, and measure it on what it has not seen.

Ridge regression of the labels on the vectors in closed form, then Platt's scaling of its output: no seed, no steps.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from gristmill.core.errors import InputError
from gristmill.core.params import Params
from gristmill.filters.calibration import fit_platt
from gristmill.filters.embedding import chosen_device, heads_of
from gristmill.filters.encoder import embed, load_encoder
from gristmill.filters.quality_evaluation import Evaluation
from gristmill.filters.quality_training import evaluate_scores, held_out_rows, labelled_columns


class Settings(Params):
    """How a head is trained."""

    held_out: float = Field(default=0.2, gt=0, lt=1)
    """Share of the groups that is kept for measuring, chosen by their hash."""

    penalty: float = Field(default=1.0, gt=0)
    """Ridge penalty on the weights, in texts."""

    max_tokens: int = Field(default=256, ge=2)
    """Leading tokens of a text; the stage must say the same."""


def train(
    table: pa.Table,
    encoder_folder: Path,
    out: Path,
    settings: Settings = Settings(),
    positive: str = "high",
    device: str = "auto",
) -> Evaluation:
    """Train on labelled text and write the head.

    Args:
        table: with the columns `text`, `label` and perhaps `group`, `domain`, `url` (quality_training.py).
        encoder_folder: of encoder.py.
        out: the head's path; its name ends in .npz.
        settings: how to train.
        positive: the label whose probability is the score.
        device: auto, cpu or cuda.

    Raises:
        InputError: a column is missing, or one side of the split lacks a label.
    """
    texts, labels, groups = labelled_columns(table)
    good = labels == positive
    held_out = held_out_rows(groups, settings.held_out)
    for side, rows in (("training", ~held_out), ("held-out", held_out)):
        if len(set(good[rows].tolist())) < 2:
            raise InputError(
                f"the {side} texts have the labels {sorted(set(labels[rows]))}; '{positive}' and another are needed."
            )
    encoder = load_encoder(encoder_folder, chosen_device(device), settings.max_tokens)
    vectors = embed(encoder, heads_of(pa.array(texts, pa.large_string()), settings.max_tokens)).astype(np.float64)
    weights, bias = fit_head(vectors[~held_out], good[~held_out], settings.penalty)
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("wb") as file:
        np.savez(file, weights=weights.astype(np.float32), bias=np.float64(bias), encoder=np.array(encoder.digest))
    scores = 1 / (1 + np.exp(-(vectors[held_out] @ weights.astype(np.float32) + bias)))
    return evaluate_scores(table.filter(pa.array(held_out)), scores, positive, trained=int((~held_out).sum()))


def fit_head(
    vectors: NDArray[np.float64], positive: NDArray[np.bool_], penalty: float
) -> tuple[NDArray[np.float64], float]:
    """Weights float64[width] and bias of sigmoid(vector · weights + bias)."""
    centre = vectors.mean(axis=0)
    spread = vectors - centre
    targets = np.where(positive, 1.0, -1.0)
    ridge = np.linalg.solve(
        spread.T @ spread + penalty * np.eye(vectors.shape[1]), spread.T @ (targets - targets.mean())
    )
    odds = spread @ ridge
    slope, intercept = fit_platt(1 / (1 + np.exp(-odds)), positive)
    return slope * ridge, float(intercept - slope * (centre @ ridge))
