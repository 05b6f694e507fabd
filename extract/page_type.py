"""What kind of page it is: a few small trees for each kind, over means of the blocks' features and the page's hints."""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel
from gristmill.extract.forest import Forest, score_row
from gristmill.extract.hints import HINTS

PAGE_TYPES = ("article", "collection", "documentation", "forum", "listing", "product", "service")
_HINTS = len(HINTS)


_TINY = np.float32(1e-6)  # where there are no words


@kernel
def begin_page(columns: int) -> NDArray[np.float32]:
    """Sums of no blocks, float32[2 * columns + hints + 2], for blocks with so many features."""
    sums = np.zeros(2 * columns + _HINTS + 2, np.float32)
    sums[-2:] = _TINY
    return sums


@kernel
def add_blocks(
    sums: NDArray[np.float32],
    features: NDArray[np.float32],
    probability: NDArray[np.float32],
    words: NDArray[np.int64],
) -> None:
    """Add a page's next blocks to the sums over its main text and over all, both by words. Hints are the last features."""
    count, columns = features.shape
    main, all_words = sums[-2], sums[-1]
    for block in range(count):
        size = np.float32(words[block])
        share = size * probability[block]
        main += share
        all_words += size
        for column in range(columns):
            sums[column] += share * features[block, column]
            sums[columns + column] += size * features[block, column]
    sums[-2], sums[-1] = main, all_words
    for place in range(_HINTS if count else 0):
        sums[2 * columns + place] = features[0, columns - _HINTS + place]


@kernel
def page_features(sums: NDArray[np.float32]) -> NDArray[np.float32]:
    """Features of a page, float32[2 * columns + hints]: means over the main text, then over all, then hints."""
    out = sums[:-2].copy()
    columns = (len(out) - _HINTS) // 2
    for column in range(columns):
        out[column] /= sums[-2]
        out[columns + column] /= sums[-1]
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
