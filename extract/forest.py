"""Boosted trees as flat arrays, and the kernel that scores with them; the training library is not needed.

A row goes left where its feature is not above the threshold. Trees follow one another in the arrays; a child below zero is
the leaf ~child. After each of a few groups of trees a row whose score is beyond that group's bounds is clear and is
scored no further (`bounds`): most blocks of a page are.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import inlined, kernel
from gristmill.extract.tags import whole

_SURE = 1.7  # log odds of a block that is clear: P below 0.15 or above 0.85
_WRONG = 0.002  # of the clear blocks may be less sure at the end
_FEWEST_CLEAR = 1000


class Forest(NamedTuple):
    """Trees whose values are summed."""

    roots: NDArray[np.int32]
    """First node of each tree, int32[trees]."""
    features: NDArray[np.int16]
    """Feature that a node looks at, int16[nodes]."""
    thresholds: NDArray[np.float32]
    """float32[nodes]."""
    children: NDArray[np.int32]
    """Left and right child: a node, or ~leaf, int32[nodes, 2]."""
    leaves: NDArray[np.float32]
    """Values, float32[leaves]."""
    bounds: NDArray[np.float32]
    """float32[checks, 5]: after so many trees, the score below which a row is clear and what it will have at the end, and
    the score above which it is clear and what it will have."""


def forest_of(model: Mapping[str, Any], bounds: NDArray[np.float32] | None = None) -> Forest:
    """The trees of a LightGBM model (its `dump_model()`)."""
    roots: list[int] = []
    features: list[int] = []
    thresholds: list[np.float32] = []
    children: list[list[int]] = []
    leaves: list[float] = []

    def add(node: Mapping[str, Any]) -> int:
        if "leaf_value" in node:
            leaves.append(node["leaf_value"])
            return ~(len(leaves) - 1)
        place = len(features)
        features.append(node["split_feature"])
        thresholds.append(_below(node["threshold"]))
        children.append([0, 0])
        children[place] = [add(node["left_child"]), add(node["right_child"])]
        return place

    for tree in model["tree_info"]:
        root = add(tree["tree_structure"])
        roots.append(root)
    return Forest(
        np.array(roots, np.int32),
        np.array(features, np.int16),
        np.array(thresholds, np.float32),
        np.array(children, np.int32).reshape(-1, 2),
        np.array(leaves, np.float32),
        np.zeros((0, 5), np.float32) if bounds is None else bounds,
    )


def _below(threshold: float) -> np.float32:
    """The largest float32 that is not above the threshold: both split float32 features alike."""
    rounded = np.float32(threshold)
    return np.nextafter(rounded, np.float32(-np.inf)) if float(rounded) > threshold else rounded


@inlined
def score_row(forest: Forest, row: NDArray[np.float32], first: int, last: int, score: np.float32) -> np.float32:
    """Add the values of the trees from `first` to `last` for one row of features to a score."""
    for tree in range(first, last):
        node = whole(forest.roots[tree])
        while node >= 0:
            right = row[forest.features[node]] > forest.thresholds[node]
            node = whole(forest.children[node, 1 if right else 0])
        score += forest.leaves[~node]
    return score


@kernel
def score_rows(forest: Forest, rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sum of the trees' values for each row, float32[rows]; of the first groups of trees where a row is clear."""
    scores = np.zeros(len(rows), np.float32)
    trees = len(forest.roots)
    for row in range(len(rows)):
        score = np.float32(0)
        done = 0
        clear = False
        for check in range(len(forest.bounds)):
            until = whole(forest.bounds[check, 0])
            score = score_row(forest, rows[row], done, until, score)
            done = until
            if score < forest.bounds[check, 1]:
                score = forest.bounds[check, 2]
                clear = True
            elif score > forest.bounds[check, 3]:
                score = forest.bounds[check, 4]
                clear = True
            if clear:
                break
        scores[row] = score if clear else score_row(forest, rows[row], done, trees, score)
    return scores


@kernel
def probabilities(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """The logistic function of scores, float32[rows]."""
    return (1 / (1 + np.exp(-scores))).astype(np.float32)


def clear_bounds(forest: Forest, rows: NDArray[np.float32], checks: tuple[int, ...]) -> NDArray[np.float32]:
    """Bounds beyond which all but a few of some rows keep their side: see Forest.bounds.

    Args:
        forest: the trees; its own bounds are not used.
        rows: features, float32[rows, columns].
        checks: after how many trees to look.
    """
    whole = forest._replace(bounds=np.zeros((0, 5), np.float32))
    final = score_rows(whole, rows)
    checks = tuple(trees for trees in checks if trees < len(forest.roots))
    bounds = np.zeros((len(checks), 5), np.float32)
    for place, trees in enumerate(checks):
        partial = score_rows(whole._replace(roots=forest.roots[:trees]), rows)
        low, low_end = _bound(partial, final)
        high, high_end = _bound(-partial, -final)
        bounds[place] = (trees, low, low_end, -high, -high_end)
    return bounds


def _bound(partial: NDArray[np.float32], final: NDArray[np.float32]) -> tuple[float, float]:
    """The highest partial score below which at most `_WRONG` of the rows end above `-_SURE`, and their mean at the end."""
    order = np.argsort(partial, kind="stable")
    wrong = np.cumsum(final[order] > -_SURE)
    good = np.flatnonzero(wrong <= _WRONG * np.arange(1, len(order) + 1))
    if len(good) < _FEWEST_CLEAR:
        return -np.inf, 0.0
    end = int(good[-1])
    return float(partial[order[end]]), float(final[order[: end + 1]].mean())
