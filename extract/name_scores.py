"""Linear scores of the names that authors gave to elements (extract/classes.py) and of tag paths."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel
from gristmill.extract.blocks import Blocks
from gristmill.extract.classes import bucket, name_tokens
from gristmill.extract.elements import PARENT, TAG
from gristmill.extract.tags import mix, whole
from gristmill.extract.writing import ELEMENT, LEAF

BITS = 16
"""Buckets of each linear model are 2**BITS."""


class Linear(NamedTuple):
    """Linear models over hashed names and words."""

    names: NDArray[np.float32]
    """Weights of names of elements and of tag paths, by place, float32[2**BITS]."""
    words: NDArray[np.float32]
    """Weights of words, float32[2**BITS]."""


@kernel
def name_scores(
    data: NDArray[np.uint8], attributes: NDArray[np.int32], blocks: Blocks, weights: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Sum of the weights of each element's names, float32[elements, 3]: as the block's own, its parent's, a further one's."""
    scores = np.zeros((len(blocks.elements), 3), np.float32)
    keys = np.empty(32, np.int64)
    for node in range(len(blocks.elements)):
        for token in range(name_tokens(data, blocks.elements[node], attributes, keys)):
            for place in range(3):
                scores[node, place] += weights[bucket(keys[token], place, BITS)]
    return scores


@kernel
def block_names(
    data: NDArray[np.uint8], attributes: NDArray[np.int32], blocks: Blocks, block: int, out: NDArray[np.int64]
) -> int:
    """Buckets of a block's names and tag path, for training; how many. `out` is int64[>= 512]."""
    keys = np.empty(32, np.int64)
    nodes = blocks.elements
    node = blocks.rows[block, LEAF]
    box = blocks.rows[block, ELEMENT]
    count = 0
    for _ in range(4):
        for token in range(name_tokens(data, nodes[node], attributes, keys)):
            out[count] = bucket(keys[token], 0, BITS)
            count += 1
        if node == box:
            break
        node = nodes[node, PARENT]
    node = nodes[box, PARENT]
    for level in range(5):
        if node <= 0:
            break
        for token in range(name_tokens(data, nodes[node], attributes, keys)):
            out[count] = bucket(keys[token], 1 if level == 0 else 2, BITS)
            count += 1
        node = nodes[node, PARENT]
    for path in path_keys(nodes, box):
        out[count] = bucket(path, 3, BITS)
        count += 1
    return count


@kernel
def path_keys(nodes: NDArray[np.int64], box: int) -> tuple[int, int, int, int]:
    """Keys of the tags of a block's element and of the one, two and three above it."""
    first = whole(nodes[box, TAG]) + 1
    node = nodes[box, PARENT]
    second = mix(first, whole(nodes[node, TAG]) + 1)
    node = nodes[node, PARENT]
    third = mix(second, whole(nodes[node, TAG]) + 1)
    node = nodes[node, PARENT]
    fourth = mix(third, whole(nodes[node, TAG]) + 1)
    return first, second, third, fourth


@kernel
def block_name_score(
    scores: NDArray[np.float32], weights: NDArray[np.float32], nodes: NDArray[np.int64], leaf: int, box: int
) -> tuple[np.float32, np.float32, np.float32]:
    """Linear scores of a block: of its own names, of names above it, of its tag path."""
    own = np.float32(0)
    node = leaf
    for _ in range(4):
        own += scores[node, 0]
        if node == box:
            break
        node = nodes[node, PARENT]
    above = np.float32(0)
    node = nodes[box, PARENT]
    for level in range(5):
        if node <= 0:
            break
        above += scores[node, 1 if level == 0 else 2]
        node = nodes[node, PARENT]
    path = np.float32(0)
    for key in path_keys(nodes, box):
        path += weights[bucket(key, 3, BITS)]
    return own, above, path
