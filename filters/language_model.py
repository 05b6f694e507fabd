"""A fastText model of languages: the likeliest labels of short lines."""

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gristmill.core.errors import InputError
from gristmill.filters import lid176
from gristmill.filters.fasttext_model import LABEL_PREFIX, load_fasttext

_LANGUAGE = re.compile(r"[a-z]{2,3}(?:[-_][A-Za-z]{3,8})*")


def predict(samples: pa.Array, model: Path, most: int = 2) -> tuple[list[pa.Array], NDArray[np.float64]]:
    """The likeliest labels of each sample without newlines, as the model has them, and their probabilities.

    Returns:
        `most` string arrays, null where there is no label (a sample without letters), and float64[most, samples] in [0, 1].
    """
    scores = np.zeros((most, len(samples)))
    found = np.full((most, len(samples)), None, dtype=object)
    rows = np.flatnonzero(pc.match_substring_regex(samples, r"\p{L}").to_numpy(zero_copy_only=False))
    if len(rows):
        newline, nothing = pa.scalar("\n", samples.type), pa.scalar("", samples.type)
        lines = pc.binary_join_element_wise(samples.take(pa.array(rows)), newline, nothing)
        # The module's own predict() checks and copies each text first; this is the call underneath it.
        all_labels, all_scores = load(model).f.multilinePredict(lines.to_pylist(), most, 0.0, "strict")
        for row, labels, probabilities in zip(rows, all_labels, all_scores, strict=True):
            for rank, (label, score) in enumerate(zip(labels, probabilities, strict=True)):
                found[rank, row] = label
                scores[rank, row] = score
    np.clip(scores, 0.0, 1.0, out=scores)  # fastText's softmax can give 1.00001
    return [pa.array(found[rank], pa.string()) for rank in range(most)], scores


@lru_cache(maxsize=4)
def load(path: Path) -> Any:
    """A fastText model; GristmillError if it is missing, no model of languages, or not the lid.176.ftz it should be."""
    if path == lid176.MODEL:
        lid176.check_model(path)
    model = load_fasttext(path, "language")
    labels = model.get_labels()
    strange = [label for label in labels if not _LANGUAGE.fullmatch(label.removeprefix(LABEL_PREFIX))]
    if 2 * len(strange) >= len(labels):
        raise InputError(
            f"the model {path} has labels such as {strange[0]!r}, which name no languages; set language.model to a model "
            "whose labels are like __label__en or __label__eng_Latn."
        )
    return model
