"""What kind of page it is: a few small trees for each kind, over means of the blocks' features and the page's hints."""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel
from gristmill.extract.forest import Forest, score_row

PAGE_TYPES = ("article", "collection", "documentation", "forum", "listing", "product", "service")


@kernel
def page_features(
    features: NDArray[np.float32],
    probability: NDArray[np.float32],
    words: NDArray[np.int64],
    hints: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Features of a page, float32[2 * columns + hints]: means over the main text, then over all, both by words."""
    count, columns = features.shape
    out = np.zeros(2 * columns + len(hints), np.float32)
    main = whole = np.float32(1e-6)
    for block in range(count):
        size = np.float32(words[block])
        share = size * probability[block]
        main += share
        whole += size
        for column in range(columns):
            out[column] += share * features[block, column]
            out[columns + column] += size * features[block, column]
    for column in range(columns):
        out[column] /= main
        out[columns + column] /= whole
    for place in range(len(hints)):
        out[2 * columns + place] = hints[place]
    return out


@kernel
def type_probabilities(forest: Forest, row: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probability of each of PAGE_TYPES, float32[7]. Trees take turns: one for each type, then again."""
    kinds = len(PAGE_TYPES)
    scores = np.zeros(kinds, np.float32)
    for tree in range(len(forest.roots)):
        scores[tree % kinds] = score_row(forest, row, tree, tree + 1, scores[tree % kinds])
    highest, total = scores.max(), np.float32(0)
    for kind in range(kinds):
        scores[kind] = np.exp(scores[kind] - highest)
        total += scores[kind]
    for kind in range(kinds):
        scores[kind] /= total
    return scores
