"""Figures of elements: what is in them, and what is around them."""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel
from gristmill.extract import block_words as w
from gristmill.extract.block_words import Words
from gristmill.extract.blocks import Blocks
from gristmill.extract.classes import bucket
from gristmill.extract.elements import BOX, PARENT, TAG
from gristmill.extract.tags import TAGS, mix, tag_number, whole
from gristmill.extract.writing import BEGIN, BREAKS, ELEMENT, LINK_BYTES, STOP

_H1, _H2, _H3, _H4, _H5, _H6, _P, _PRE, _TD, _DIV, _BLOCKQUOTE = map(
    tag_number, ("h1", "h2", "h3", "h4", "h5", "h6", "p", "pre", "td", "div", "blockquote")
)

# Readability's initial scores of containers by tag.
_START_SCORES = {
    5.0: "div",
    3.0: "pre td blockquote",
    -3.0: "address ol ul dl dd dt li form",
    -5.0: "h1 h2 h3 h4 h5 h6 th",
}


def _start_scores() -> NDArray[np.float64]:
    scores = np.zeros(TAGS)
    for score, names in _START_SCORES.items():
        for name in names.split():
            scores[tag_number(name)] = score
    scores.flags.writeable = False
    return scores


_START = _start_scores()
_FARTHEST = 32767  # levels that an int16 can hold; pages that people made are 50 deep

N_WORDS, N_PLAIN, N_LINKED, N_PARAS, N_SCORE, N_OWN, N_CARDS, N_CARD, N_DEPTH, N_CHILDREN = range(10)
"""Columns of elements' figures: words inside, words not in links, words in links, words in paragraphs, Readability's
score, linear score of its names, equal siblings, nearest repeated element, depth, child elements."""


@kernel
def is_heading(tag: int) -> bool:
    """Whether the tag is one of h1 to h6."""
    return tag in (_H1, _H2, _H3, _H4, _H5, _H6)


@kernel
def heading_level(tag: int) -> int:
    """1 to 3 for h1 to h3, 4 for the lower ones, 0 for other tags."""
    if tag == _H1:
        return 1
    if tag == _H2:
        return 2
    if tag == _H3:
        return 3
    return 4 if is_heading(tag) else 0


@kernel
def element_figures(blocks: Blocks, words: Words, scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Figures of elements, float32[elements, 10]: what is in them, then what is around them."""
    nodes = blocks.elements
    figures = np.zeros((len(nodes), 10), np.float32)
    for block in range(len(blocks.rows)):
        node = blocks.rows[block, ELEMENT]
        count = np.float32(words.counts[block, w.WORDS])
        size = max(1, blocks.rows[block, STOP] - blocks.rows[block, BEGIN])
        linked = count * np.float32(blocks.rows[block, LINK_BYTES]) / np.float32(size)
        tag = nodes[node, TAG]
        figures[node, N_WORDS] += count
        figures[node, N_LINKED] += linked
        figures[node, N_PLAIN] += count - linked
        if tag in (_P, _PRE, _BLOCKQUOTE) or blocks.rows[block, BREAKS] > 0:
            figures[node, N_PARAS] += count
        characters = words.counts[block, w.CHARACTERS]
        if characters >= 25 and linked <= count / 2 and not is_heading(tag):
            points = np.float32(1 + words.counts[block, w.COMMAS] + min(characters // 100, 3))
            up = nodes[node, PARENT] if tag not in (_TD, _DIV) else node
            for level in range(5):
                if up <= 0:
                    break
                figures[up, N_SCORE] += points / np.float32(1 if level == 0 else 2 if level == 1 else 3 * level)
                up = nodes[up, PARENT]
    for node in range(len(nodes) - 1, 0, -1):
        parent = nodes[node, PARENT]
        for column in range(N_WORDS, N_PARAS + 1):
            figures[parent, column] += figures[node, column]
        figures[parent, N_CHILDREN] += 1
    _repeat(nodes, scores, figures)
    for node in range(1, len(nodes)):
        parent = nodes[node, PARENT]
        tag = nodes[node, TAG]
        figures[node, N_DEPTH] = figures[parent, N_DEPTH] + (nodes[node, BOX] == node)
        figures[node, N_OWN] = scores[node, 2]
        if figures[node, N_SCORE] > 0:
            figures[node, N_SCORE] += np.float32(_START[tag]) if tag < TAGS else np.float32(0)
            figures[node, N_SCORE] *= 1 - figures[node, N_LINKED] / max(np.float32(1), figures[node, N_WORDS])
        if figures[node, N_CARDS] < 3:
            figures[node, N_CARD] = figures[parent, N_CARD]
        else:
            figures[node, N_CARD] = node
    return figures


@kernel
def _repeat(nodes: NDArray[np.int64], scores: NDArray[np.float32], figures: NDArray[np.float32]) -> None:
    """Count equal siblings with text: same parent, tag and names (by their score)."""
    size = 64
    while size < 2 * len(nodes):
        size *= 2
    counts = np.zeros(size, np.int32)
    for step in range(2):
        for node in range(2, len(nodes)):
            if nodes[node, BOX] != node or figures[node, N_WORDS] == 0:
                continue
            key = mix(whole(nodes[node, PARENT]), whole(nodes[node, TAG]))
            key = mix(key, whole(scores[node, 0] * np.float32(1000)))
            slot = bucket(key, 5, 30) & (size - 1)
            if step == 0:
                counts[slot] += 1
            else:
                figures[node, N_CARDS] = counts[slot]


@kernel
def smallest_with(nodes: NDArray[np.int64], figures: NDArray[np.float32], share: float) -> int:
    """The deepest element that holds that share of the page's words outside links."""
    wanted = figures[0, N_PLAIN] * np.float32(share)
    best = 1
    for node in range(1, len(nodes)):  # children come after parents, and only one child can hold more than half
        if figures[node, N_PLAIN] >= wanted and nodes[node, PARENT] == best:
            best = node
    return best


@kernel
def distances_to(
    nodes: NDArray[np.int64], figures: NDArray[np.float32], goal: int, distances: NDArray[np.int16]
) -> None:
    """Fill the levels from each element up to the first that holds the goal, and from the goal up to that.

    Args:
        nodes: the elements.
        figures: theirs.
        goal: an element.
        distances: int16[elements, 2] of zeros.
    """
    holds = np.zeros(len(nodes), np.bool_)
    node = goal
    while node > 0:
        holds[node] = True
        node = nodes[node, PARENT]
    holds[0] = True
    for node in range(1, len(nodes)):
        parent = nodes[node, PARENT]
        if holds[node]:
            distances[node, 1] = min(figures[goal, N_DEPTH] - figures[node, N_DEPTH], _FARTHEST)
        else:
            distances[node, 0] = min(distances[parent, 0] + (nodes[node, BOX] == node), _FARTHEST)
            distances[node, 1] = distances[parent, 1]
