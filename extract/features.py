"""Features of blocks, for the classifier (docs/extraction.md lists them). Every one costs a bounded time per block.

What is in elements and around them comes first, then few figures of every block, then what is of the page as a whole
(`page_facts`). From these follow the features of any blocks of the page, some at a time: 672 bytes a block would be more
than the rest of a page of short blocks takes.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel
from gristmill.extract import block_figures as b
from gristmill.extract.block_figures import block_figures, densest_run
from gristmill.extract.block_words import Words
from gristmill.extract.blocks import Blocks
from gristmill.extract.containers import (
    N_CARD,
    N_CARDS,
    N_LINKED,
    N_PARAS,
    N_PLAIN,
    N_SCORE,
    N_WORDS,
    distances_to,
    element_figures,
    smallest_with,
)
from gristmill.extract.feature_names import COLUMNS, F_PAGE
from gristmill.extract.hints import HINTS
from gristmill.extract.name_scores import Linear, name_scores
from gristmill.extract.place_features import fill_containers, fill_neighbours, fill_place, sum_paths
from gristmill.extract.text_features import count_repeats, fill_text
from gristmill.extract.writing import ELEMENT


class PageFacts(NamedTuple):
    """What the features of a page's blocks are made from."""

    blocks: Blocks
    words: Words
    figures: NDArray[np.float32]
    """Of elements: see extract/containers.py."""
    distances: NDArray[np.int16]
    """Levels from elements to the best container and to the smallest with half and four fifths of the plain words,
    int16[elements, 6]."""
    own: NDArray[np.float32]
    """Of blocks: see extract/block_figures.py."""
    repeats: NDArray[np.int32]
    """How many blocks have a text."""
    paths: NDArray[np.float32]
    """Sums by tag path."""
    run: tuple[int, int, np.float32, int]
    """First and last block of the densest run of text, its share of the words, the first h1 (-1 if there is none)."""
    page: NDArray[np.float32]
    """Features that all blocks share, hints included."""


@kernel
def page_facts(
    data: NDArray[np.uint8],
    attributes: NDArray[np.int32],
    hints: NDArray[np.float32],
    blocks: Blocks,
    words: Words,
    linear: Linear,
) -> PageFacts:
    """What the features of a page's blocks are made from.

    Args:
        data: the page in UTF-8.
        attributes: its tags' attributes.
        hints: what it says about its kind (extract/hints.py).
        blocks: its blocks.
        words: their words.
        linear: the linear models.
    """
    nodes = blocks.elements
    scores = name_scores(data, attributes, blocks, linear.names)
    figures = element_figures(blocks, words, scores)
    best = 1
    for node in range(1, len(nodes)):
        if figures[node, N_SCORE] > figures[best, N_SCORE]:
            best = node
    distances = np.zeros((len(nodes), 6), np.int16)
    distances_to(nodes, figures, best, distances[:, 0:2])
    distances_to(nodes, figures, smallest_with(nodes, figures, 0.5), distances[:, 2:4])
    distances_to(nodes, figures, smallest_with(nodes, figures, 0.8), distances[:, 4:6])
    own = block_figures(blocks, words, linear, scores, figures, max(np.float32(1), figures[best, N_SCORE]))
    run = _run_of(own, figures)
    shared = np.zeros(COLUMNS - F_PAGE, np.float32)
    _fill_page(blocks, figures, shared)
    shared[5] = run[2]
    shared[8] = scores[1, 2]
    shared[len(shared) - len(HINTS) :] = hints
    paths = sum_paths(blocks, figures, own)
    return PageFacts(blocks, words, figures, distances, own, count_repeats(words), paths, run, shared)


@kernel
def _run_of(own: NDArray[np.float32], figures: NDArray[np.float32]) -> tuple[int, int, np.float32, int]:
    """The page's densest run of text and its first h1: see PageFacts.run."""
    first, last = densest_run(own)
    share = np.float32(0)
    h1 = -1
    for block in range(len(own)):
        if first <= block <= last:
            share += own[block, b.WORDS]
        if h1 < 0 and own[block, b.HEADING] == 1:
            h1 = block
    return first, last, share / max(np.float32(1), figures[0, N_WORDS]), h1


@kernel
def _fill_page(blocks: Blocks, figures: NDArray[np.float32], shared: NDArray[np.float32]) -> None:
    """Fill the sums of a page."""
    total = max(np.float32(1), figures[0, N_WORDS])
    shared[0] = figures[0, N_WORDS]
    shared[1] = figures[0, N_LINKED] / total
    shared[2] = len(blocks.rows)
    shared[3] = figures[0, N_PARAS] / total
    shared[4] = figures[0, N_PLAIN]
    for block in range(len(blocks.rows)):
        card = int(figures[blocks.rows[block, ELEMENT], N_CARD])
        if card > 0:
            shared[6] = max(shared[6], figures[card, N_CARDS])
    for node in range(1, len(figures)):
        shared[7] = max(shared[7], figures[node, N_SCORE])


@kernel
def block_features(facts: PageFacts, begin: int, end: int) -> NDArray[np.float32]:
    """Features of the blocks from `begin` to `end`, float32[end - begin, len(NAMES)]."""
    out = np.zeros((end - begin, COLUMNS), np.float32)
    blocks, own = facts.blocks, facts.own
    fill_text(blocks, facts.words, facts.repeats, own, begin, out)
    fill_containers(blocks, facts.figures, facts.distances, own, facts.paths, begin, out)
    fill_place(blocks, facts.figures, own, facts.run, begin, out)
    fill_neighbours(blocks, own, begin, out)
    for place in range(len(out)):
        out[place, F_PAGE:] = facts.page
    return out
