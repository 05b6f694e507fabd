"""Linear models over hashed names and words: a logistic regression by Adagrad, in a fixed order, so always the same."""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel
from gristmill.extract.name_scores import BITS

_RATE = 0.1
_EPOCHS = 6
_PENALTY = 1e-5  # of squared weights, at each use


def train_linear(
    buckets: NDArray[np.int32],
    first: NDArray[np.int64],
    target: NDArray[np.float32],
    weight: NDArray[np.float32],
    order: NDArray[np.int64],
    *,
    mean: bool,
) -> NDArray[np.float32]:
    """Weights of each bucket, float32[2**BITS]; the bias is left out: trees need none.

    Args:
        buckets: of all rows one after the other.
        first: where each row's begin and the last one's end, int64[rows + 1].
        target: probability wanted, float32[rows].
        weight: of each row in the loss, float32[rows].
        order: the rows to learn from, in the order in which they are read.
        mean: divide a row's sum by the root of its length: words, of which a row has any number.
    """
    return _train(buckets, first, target, weight, order, mean)


@kernel
def _train(
    buckets: NDArray[np.int32],
    first: NDArray[np.int64],
    target: NDArray[np.float32],
    weight: NDArray[np.float32],
    order: NDArray[np.int64],
    mean: bool,
) -> NDArray[np.float32]:
    weights = np.zeros(1 << BITS, np.float64)
    squares = np.full(1 << BITS, 1e-3)
    bias, bias_square = 0.0, 1e-3
    for _ in range(_EPOCHS):
        for row in order:
            begin, end = first[row], first[row + 1]
            if begin == end or weight[row] == 0:
                continue
            scale = 1 / np.sqrt(end - begin) if mean else 1.0
            score = bias
            for place in range(begin, end):
                score += scale * weights[buckets[place]]
            score = min(30.0, max(-30.0, score))
            gradient = (1 / (1 + np.exp(-score)) - target[row]) * weight[row]
            bias_square += gradient * gradient
            bias -= _RATE * gradient / np.sqrt(bias_square)
            step = gradient * scale
            for place in range(begin, end):
                bucket = buckets[place]
                pull = step + _PENALTY * weights[bucket]
                squares[bucket] += pull * pull
                weights[bucket] -= _RATE * pull / np.sqrt(squares[bucket])
    return weights.astype(np.float32)
