"""Features of where a block stands: on the page, in its containers, between its neighbours."""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel
from gristmill.extract import block_figures as b
from gristmill.extract.blocks import Blocks
from gristmill.extract.classes import bucket
from gristmill.extract.containers import (
    N_CARD,
    N_CARDS,
    N_CHILDREN,
    N_DEPTH,
    N_LINKED,
    N_OWN,
    N_PARAS,
    N_WORDS,
)
from gristmill.extract.elements import BOX, MARKS, PARENT
from gristmill.extract.feature_names import (
    AROUND,
    F_CONTAINER,
    F_LEVEL,
    F_MARK,
    F_NEIGHBOUR,
    F_PLACE,
    LEVEL_SIZE,
    LEVELS,
    MARK_BITS,
    NEIGHBOURS,
)
from gristmill.extract.name_scores import path_keys
from gristmill.extract.tags import mix, whole
from gristmill.extract.writing import ELEMENT, LEAF

_MOST_SLOTS = 16_384  # 196 kB; pages of thousands of blocks have few tag paths


@kernel
def sum_paths(blocks: Blocks, figures: NDArray[np.float32], own: NDArray[np.float32]) -> NDArray[np.float32]:
    """Blocks, words and words in links on each tag path, float32[slots, 3], by `_path_slot`."""
    size = 64
    while size < min(_MOST_SLOTS, 4 * len(blocks.rows)):
        size *= 2
    paths = np.zeros((size, 3), np.float32)
    for block in range(len(blocks.rows)):
        slot = _path_slot(blocks.elements, figures, blocks.rows[block, ELEMENT], size)
        paths[slot, 0] += 1
        paths[slot, 1] += own[block, b.WORDS]
        paths[slot, 2] += own[block, b.WORDS] * own[block, b.LINKED]
    return paths


@kernel
def _path_slot(nodes: NDArray[np.int64], figures: NDArray[np.float32], box: int, size: int) -> int:
    return bucket(mix(path_keys(nodes, box)[3], whole(figures[box, N_DEPTH])), 4, 30) & (size - 1)


@kernel
def fill_place(
    blocks: Blocks,
    figures: NDArray[np.float32],
    own: NDArray[np.float32],
    run: tuple[int, int, np.float32, int],
    begin: int,
    out: NDArray[np.float32],
) -> None:
    """Fill where the blocks from `begin` stand on the page; `run` is of the page's: see PageFacts."""
    count = len(blocks.rows)
    total = max(np.float32(1), figures[0, N_WORDS])
    first, last, share, h1 = run
    p = F_PLACE
    for place in range(len(out)):
        block = begin + place
        f, g = out[place], own[block]
        heading = whole(g[b.HEADING_AT])
        f[p] = figures[blocks.rows[block, ELEMENT], N_DEPTH]
        f[p + 1] = np.float32(block) / np.float32(count)
        f[p + 2] = g[b.BEFORE] / total
        f[p + 3] = g[b.BEFORE]
        f[p + 4] = block - heading
        f[p + 5] = g[b.BEFORE] - g[b.HEADING_WORDS]
        f[p + 6] = own[heading, b.HEADING] if heading >= 0 else 0
        f[p + 7] = block - h1 if h1 >= 0 else np.float32(-1000)
        f[p + 8] = 0 if h1 < 0 else (1 if block < h1 else 2)
        f[p + 9] = first <= block <= last
        f[p + 10] = max(0, first - block)
        f[p + 11] = max(0, block - last)
        f[p + 12] = share
        f[p + 13], f[p + 14], f[p + 17] = g[b.PLAIN], g[b.LINKS], g[b.NAMES]
        f[p + 15], f[p + 16], f[p + 18] = g[b.PLAIN_BACK], g[b.LINKS_BACK], g[b.NAMES_BACK]


@kernel
def fill_containers(
    blocks: Blocks,
    figures: NDArray[np.float32],
    distances: NDArray[np.int16],
    own: NDArray[np.float32],
    paths: NDArray[np.float32],
    begin: int,
    out: NDArray[np.float32],
) -> None:
    """Fill what the elements around the blocks from `begin` give."""
    nodes = blocks.elements
    total = max(np.float32(1), figures[0, N_WORDS])
    for place in range(len(out)):
        f = out[place]
        box, leaf = blocks.rows[begin + place, ELEMENT], blocks.rows[begin + place, LEAF]
        slot = _path_slot(nodes, figures, box, len(paths))
        f[22] = paths[slot, 1] / total
        f[23] = paths[slot, 2] / max(np.float32(1), paths[slot, 1])
        f[24] = paths[slot, 0]
        c = F_CONTAINER
        node = nodes[box, PARENT]
        for level in range(LEVELS):
            if node > 0:
                base = F_LEVEL + level * LEVEL_SIZE
                inside = max(np.float32(1), figures[node, N_WORDS])
                f[base] = figures[node, N_WORDS]
                f[base + 1] = figures[node, N_LINKED] / inside
                f[base + 2] = figures[node, N_WORDS] / total
                f[base + 3] = figures[node, N_PARAS] / inside
                f[base + 4] = figures[node, N_OWN]
                node = nodes[nodes[node, PARENT], BOX]
        f[c] = own[begin + place, b.READABILITY]
        for column in range(6):
            f[c + 1 + column] = distances[box, column]
        card = whole(figures[box, N_CARD])
        if card > 0:
            f[c + 7] = figures[card, N_CARDS]
            f[c + 8] = figures[card, N_WORDS]
            f[c + 9] = figures[card, N_LINKED] / max(np.float32(1), figures[card, N_WORDS])
        f[c + 10] = figures[box, N_CARDS]
        f[c + 11] = figures[nodes[box, PARENT], N_CHILDREN]
        marks = whole(nodes[leaf, MARKS])
        for bit in range(len(MARK_BITS)):
            f[F_MARK + bit] = marks >> MARK_BITS[bit] & 1


@kernel
def fill_neighbours(blocks: Blocks, own: NDArray[np.float32], begin: int, out: NDArray[np.float32]) -> None:
    """Fill what the blocks before and after the blocks from `begin` are like."""
    for place in range(len(out)):
        f, block = out[place], begin + place
        column = F_NEIGHBOUR
        for offset in range(-AROUND, AROUND + 1):
            other = block + offset
            if offset == 0:
                continue
            if 0 <= other < len(own):
                f[column] = own[other, b.WORDS]
                f[column + 1] = own[other, b.LINKED]
                f[column + 2] = own[other, b.OWN] + own[other, b.ABOVE]
                f[column + 3] = own[other, b.SCORE]
                f[column + 4] = blocks.rows[other, ELEMENT] == blocks.rows[block, ELEMENT]
                f[column + 5] = own[other, b.READABILITY]
            else:
                f[column] = -1
                f[column + 1] = -1
            column += NEIGHBOURS
