"""Sequences of whole and cut documents, with all that keeps a model from looking across them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

IGNORED = -100
"""The label that a loss leaves out: PyTorch's default `ignore_index`."""

MISSING = -1
"""Fills up a sequence that has too few tokens."""


@dataclass(frozen=True)
class TrainingBatch:
    """Sequences, ready for a model.

    Attributes:
        inputs: int64[sequences, L].
        labels: the token after each input, int64[sequences, L]; IGNORED where that is another document's, or missing.
        documents: number of the document within its sequence, int32[sequences, L]; what fills up is one of its own.
        positions: of an input within its document, or within the part of it that is here, int32[sequences, L].
    """

    inputs: NDArray[np.int64]
    labels: NDArray[np.int64]
    documents: NDArray[np.int32]
    positions: NDArray[np.int32]

    @property
    def cu_seqlens(self) -> NDArray[np.int32]:
        """Where documents start in the flattened batch, then its length, as attention of variable length wants it."""
        starts = np.flatnonzero(self.positions.ravel() == 0)
        return np.append(starts, self.positions.size).astype(np.int32)

    @property
    def mask(self) -> NDArray[np.bool_]:
        """Whether a row's input sees a column's: not after it, and of its document. bool[sequences, L, L]."""
        same = self.documents[:, :, None] == self.documents[:, None, :]
        return np.tril(same)


def pack(tokens: NDArray[np.int64], end_of_document: int) -> TrainingBatch:
    """Split sequences into inputs and labels, and find the documents in them.

    Args:
        tokens: int64[sequences, L + 1], MISSING at the end of a sequence that is too short.
        end_of_document: the id that ends each document; it belongs to the document it ends.
    """
    missing = tokens == MISSING
    inputs = np.where(missing, end_of_document, tokens)[:, :-1]
    ends = (inputs == end_of_document) & ~missing[:, :-1]
    starts = np.zeros_like(ends)
    starts[:, 0] = True
    starts[:, 1:] = ends[:, :-1] | (missing[:, 1:-1] & ~missing[:, :-2])
    places = np.arange(inputs.shape[1], dtype=np.int32)
    begun = np.maximum.accumulate(np.where(starts, places, 0), axis=1)
    return TrainingBatch(
        inputs=inputs,
        labels=np.where(ends | missing[:, 1:], IGNORED, tokens[:, 1:]),
        documents=(np.cumsum(starts, axis=1) - 1).astype(np.int32),
        positions=(places - begun).astype(np.int32),
    )
