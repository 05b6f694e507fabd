"""Figures of blocks that features of other blocks or of the page need: few columns for all blocks of a page.

Features are 672 bytes a block and are computed for some blocks at a time (extract/features.py); these are there for all.
"""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel
from gristmill.extract import block_words as w
from gristmill.extract.block_words import Words
from gristmill.extract.blocks import Blocks
from gristmill.extract.containers import N_SCORE, heading_level
from gristmill.extract.elements import BOX, PARENT, TAG
from gristmill.extract.feature_names import LEVELS
from gristmill.extract.name_scores import Linear, block_name_score
from gristmill.extract.writing import BEGIN, ELEMENT, LEAF, LINK_BYTES, STOP

(
    WORDS,
    LINKED,
    HEADING,
    OWN,
    ABOVE,
    PATH,
    SCORE,
    LOW,
    HIGH,
    READABILITY,
    BEFORE,
    HEADING_AT,
    HEADING_WORDS,
    PLAIN,
    LINKS,
    NAMES,
    PLAIN_BACK,
    LINKS_BACK,
    NAMES_BACK,
) = range(19)
"""Columns of blocks' figures: words, share of links, level of the heading, linear scores of its names, of those above it and
of its tag path, of its words their sum, lowest and highest, Readability's score, words before it, the heading before it
(-1 if none) and the words up to that, running means before it, running means behind it."""


@kernel
def block_figures(
    blocks: Blocks, words: Words, linear: Linear, scores: NDArray[np.float32], figures: NDArray[np.float32], top: float
) -> NDArray[np.float32]:
    """Figures of blocks, float32[blocks, 19].

    Args:
        blocks: the page's blocks.
        words: their words.
        linear: the linear models.
        scores: of elements' names.
        figures: of elements.
        top: the page's highest score of Readability's.
    """
    nodes = blocks.elements
    own = np.empty((len(blocks.rows), 19), np.float32)
    for block in range(len(blocks.rows)):
        row, counts, g = blocks.rows[block], words.counts[block], own[block]
        box = row[ELEMENT]
        g[WORDS] = counts[w.WORDS]
        g[LINKED] = np.float32(row[LINK_BYTES]) / np.float32(row[STOP] - row[BEGIN])
        g[HEADING] = heading_level(nodes[box, TAG])
        g[OWN], g[ABOVE], g[PATH] = block_name_score(scores, linear.names, nodes, row[LEAF], box)
        total = low = high = np.float32(0)
        for word in range(words.first[block], words.first[block + 1]):
            weight = linear.words[words.buckets[word]]
            total += weight
            low = min(low, weight)
            high = max(high, weight)
        g[SCORE] = total / np.sqrt(np.float32(max(1, counts[w.WORDS])))
        g[LOW] = low
        g[HIGH] = high
        highest = np.float32(0)
        node = nodes[box, PARENT]
        for _ in range(LEVELS):
            if node > 0:
                highest = max(highest, figures[node, N_SCORE])
                node = nodes[nodes[node, PARENT], BOX]
        g[READABILITY] = highest / np.float32(top)
    _run(own)
    return own


@kernel
def _run(own: NDArray[np.float32]) -> None:
    """Fill what runs up to a block from before and from behind."""
    before = np.float32(0)
    heading = -1
    heading_words = np.float32(0)
    plain = links = names = np.float32(0)
    decay = np.float32(0.7)
    for block in range(len(own)):
        g = own[block]
        g[BEFORE], g[HEADING_AT], g[HEADING_WORDS] = before, heading, heading_words
        g[PLAIN], g[LINKS], g[NAMES] = plain, links, names
        plain = decay * plain + (1 - decay) * g[WORDS] * (1 - g[LINKED])
        links = decay * links + (1 - decay) * g[LINKED]
        names = decay * names + (1 - decay) * (g[OWN] + g[ABOVE])
        before += g[WORDS]
        if g[HEADING] > 0:
            heading, heading_words = block, before
    plain = links = names = np.float32(0)
    for block in range(len(own) - 1, -1, -1):
        g = own[block]
        g[PLAIN_BACK], g[LINKS_BACK], g[NAMES_BACK] = plain, links, names
        plain = decay * plain + (1 - decay) * g[WORDS] * (1 - g[LINKED])
        links = decay * links + (1 - decay) * g[LINKED]
        names = decay * names + (1 - decay) * (g[OWN] + g[ABOVE])


@kernel
def densest_run(own: NDArray[np.float32]) -> tuple[int, int]:
    """First and last block of the run with the most words outside links, where each block costs six."""
    best = total = np.float32(0)
    begin = first = last = 0
    for block in range(len(own)):
        total += own[block, WORDS] * (1 - 2 * own[block, LINKED]) - np.float32(6)
        if total < 0:
            total = np.float32(0)
            begin = block + 1
        elif total > best:
            best = total
            first, last = begin, block
    return first, last
