"""Features of blocks, for the classifier (docs/extraction.md lists them). Every one costs a bounded time per block.

Three passes: over elements from the last to the first (what is inside), from the first to the last (what is around), and
over blocks (text, neighbours, the page). `NAMES` has the columns.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel
from gristmill.extract import block_words as w
from gristmill.extract.block_words import Words
from gristmill.extract.blocks import Blocks
from gristmill.extract.classes import bucket, name_tokens
from gristmill.extract.elements import BOX, MARK_OF, MARKS, PARENT, TAG
from gristmill.extract.hints import HINTS, page_hints
from gristmill.extract.tags import TAGS, mix, tag_number, whole
from gristmill.extract.tokens import Tokens
from gristmill.extract.writing import BEGIN, BOLD_BYTES, BREAKS, ELEMENT, LEAF, LINK_BYTES, LINKS, STOP

BITS = 16
"""Buckets of each linear model are 2**BITS."""

_MARK_FEATURES_TEXT = """
    article main section aside nav header footer form table ul ol figure details blockquote button dialog
    address dl figcaption a summary label li p td th dt dd pre code
"""
_MARK_FEATURES = _MARK_FEATURES_TEXT.split()
_MARK_BITS = np.array([MARK_OF[name] for name in _MARK_FEATURES] + [2, 3, 4], np.int64)
_LEVELS = 3  # containers above a block that are described
_AROUND = 3  # neighbours on each side that are described

_TEXT_TEXT = """
    words characters link_share links_per_word bold_share word_length digit_share upper_share commas ends marks
    last_kind first_kind titled short density longest cjk repeats breaks title_share heading path_words
    path_links path_blocks
"""
_TEXT = _TEXT_TEXT.split()
_SCORES = ("own_names", "upper_names", "path", "word_score", "word_low", "word_high")
_PLACE_TEXT = """
    depth position text_position words_before since_heading words_since_heading heading_level since_h1 h1_seen
    in_cluster before_cluster after_cluster cluster_share run_plain run_links run_plain_back run_links_back
    run_names run_names_back
"""
_PLACE = _PLACE_TEXT.split()
_CONTAINER_TEXT = """
    readability best_up best_down half_up half_down most_up most_down cards card_words card_links siblings
    children
"""
_CONTAINER = _CONTAINER_TEXT.split()
_CONTAINER_LEVEL = ("words", "links", "share", "paragraphs", "names")
_NEIGHBOUR = ("words", "links", "names", "word_score", "same_box", "score")
_PAGE = (
    "page_words",
    "page_links",
    "page_blocks",
    "page_paragraphs",
    "page_plain",
    "page_cluster",
    "page_cards",
    "page_best",
    "page_names",
)

NAMES = (
    *_TEXT,
    *_SCORES,
    *_PLACE,
    *_CONTAINER,
    *(f"level{level}_{name}" for level in range(1, _LEVELS + 1) for name in _CONTAINER_LEVEL),
    *(f"in_{name}" for name in [*_MARK_FEATURES, "hidden", "noscript", "strong"]),
    *(f"{name}{offset:+d}" for offset in (*range(-_AROUND, 0), *range(1, _AROUND + 1)) for name in _NEIGHBOUR),
    *_PAGE,
    *(f"hint_{name}" for name in HINTS),
)
"""The columns of the features, in order."""

(
    _F_TEXT,
    _F_SCORES,
    _F_PLACE,
    _F_CONTAINER,
    _F_LEVEL,
    _F_MARK,
    _F_NEIGHBOUR,
    _F_PAGE,
) = np.cumsum(
    [
        0,
        len(_TEXT),
        len(_SCORES),
        len(_PLACE),
        len(_CONTAINER),
        _LEVELS * len(_CONTAINER_LEVEL),
        len(_MARK_FEATURES) + 3,
        2 * _AROUND * len(_NEIGHBOUR),
    ]
).tolist()
_TEXTS, _NEIGHBOURS, _LEVEL_SIZE = len(_TEXT), len(_NEIGHBOUR), len(_CONTAINER_LEVEL)
_COLUMNS = len(NAMES)

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
_MARK_BITS.flags.writeable = False

N_WORDS, N_PLAIN, N_LINKED, N_PARAS, N_BLOCKS, N_SCORE, N_OWN, N_UPPER, N_CARDS, N_CARD, N_DEPTH, N_CHILDREN, N_PATH = (
    range(13)
)
"""Columns of elements' figures: words inside, words not in links, words in links, words in paragraphs, blocks,
Readability's score, linear score of its names, that of names around it, equal siblings, nearest repeated element,
depth, child elements, hash of the tag path (as a whole number)."""


class Linear(NamedTuple):
    """Linear models over hashed names and words."""

    names: NDArray[np.float32]
    """Weights of names of elements and of tag paths, by place, float32[2**BITS]."""
    words: NDArray[np.float32]
    """Weights of words, float32[2**BITS]."""


@kernel
def is_heading(tag: int) -> bool:
    """Whether the tag is one of h1 to h6."""
    return tag in (_H1, _H2, _H3, _H4, _H5, _H6)


@kernel
def name_scores(
    data: NDArray[np.uint8], page: Tokens, blocks: Blocks, weights: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Sum of the weights of each element's names, float32[elements, 3]: as the block's own, its parent's, a further one's."""
    scores = np.zeros((len(blocks.elements), 3), np.float32)
    keys = np.empty(32, np.int64)
    for node in range(len(blocks.elements)):
        for token in range(name_tokens(data, blocks.elements[node], page.attributes, keys)):
            for place in range(3):
                scores[node, place] += weights[bucket(keys[token], place, BITS)]
    return scores


@kernel
def block_names(data: NDArray[np.uint8], page: Tokens, blocks: Blocks, block: int, out: NDArray[np.int64]) -> int:
    """Buckets of a block's names and tag path, for training; how many. `out` is int64[>= 512]."""
    keys = np.empty(32, np.int64)
    nodes = blocks.elements
    node = blocks.rows[block, LEAF]
    box = blocks.rows[block, ELEMENT]
    count = 0
    for _ in range(4):
        for token in range(name_tokens(data, nodes[node], page.attributes, keys)):
            out[count] = bucket(keys[token], 0, BITS)
            count += 1
        if node == box:
            break
        node = nodes[node, PARENT]
    node = nodes[box, PARENT]
    for level in range(5):
        if node <= 0:
            break
        for token in range(name_tokens(data, nodes[node], page.attributes, keys)):
            out[count] = bucket(keys[token], 1 if level == 0 else 2, BITS)
            count += 1
        node = nodes[node, PARENT]
    for path in path_keys(nodes, box):
        out[count] = bucket(path, 3, BITS)
        count += 1
    return count


@kernel
def path_keys(nodes: NDArray[np.int32], box: int) -> tuple[int, int, int, int]:
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
def _name_score(
    scores: NDArray[np.float32], weights: NDArray[np.float32], nodes: NDArray[np.int32], leaf: int, box: int
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


@kernel
def _figures(blocks: Blocks, words: Words, scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Figures of elements, float32[elements, 13]: what is in them, then what is around them."""
    nodes = blocks.elements
    figures = np.zeros((len(nodes), 13), np.float32)
    for block in range(len(blocks.rows)):
        node = blocks.rows[block, ELEMENT]
        count = np.float32(words.counts[block, w.WORDS])
        size = max(1, blocks.rows[block, STOP] - blocks.rows[block, BEGIN])
        linked = count * np.float32(blocks.rows[block, LINK_BYTES]) / np.float32(size)
        tag = nodes[node, TAG]
        figures[node, N_WORDS] += count
        figures[node, N_LINKED] += linked
        figures[node, N_PLAIN] += count - linked
        figures[node, N_BLOCKS] += 1
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
        for column in range(N_WORDS, N_BLOCKS + 1):
            figures[parent, column] += figures[node, column]
        figures[parent, N_CHILDREN] += 1
    _repeat(nodes, scores, figures)
    for node in range(1, len(nodes)):
        parent = nodes[node, PARENT]
        tag = nodes[node, TAG]
        figures[node, N_DEPTH] = figures[parent, N_DEPTH] + (nodes[node, BOX] == node)
        figures[node, N_OWN] = scores[node, 2]
        figures[node, N_UPPER] = np.float32(0.8) * figures[parent, N_UPPER] + scores[node, 2]
        if figures[node, N_SCORE] > 0:
            figures[node, N_SCORE] += np.float32(_START[tag]) if tag < TAGS else np.float32(0)
            figures[node, N_SCORE] *= 1 - figures[node, N_LINKED] / max(np.float32(1), figures[node, N_WORDS])
        if figures[node, N_CARDS] < 3:
            figures[node, N_CARD] = figures[parent, N_CARD]
        else:
            figures[node, N_CARD] = node
    return figures


@kernel
def _repeat(nodes: NDArray[np.int32], scores: NDArray[np.float32], figures: NDArray[np.float32]) -> None:
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
def _smallest_with(nodes: NDArray[np.int32], figures: NDArray[np.float32], share: float) -> int:
    """The deepest element that holds that share of the page's words outside links."""
    wanted = figures[0, N_PLAIN] * np.float32(share)
    best = 1
    for node in range(1, len(nodes)):  # children come after parents, and only one child can hold more than half
        if figures[node, N_PLAIN] >= wanted and nodes[node, PARENT] == best:
            best = node
    return best


@kernel
def _distances(nodes: NDArray[np.int32], figures: NDArray[np.float32], goal: int) -> NDArray[np.float32]:
    """Levels from each element up to the first that holds the goal, and from the goal up to that, float32[elements, 2]."""
    distances = np.zeros((len(nodes), 2), np.float32)
    holds = np.zeros(len(nodes), np.bool_)
    node = goal
    while node > 0:
        holds[node] = True
        node = nodes[node, PARENT]
    holds[0] = True
    for node in range(1, len(nodes)):
        parent = nodes[node, PARENT]
        if holds[node]:
            distances[node, 1] = figures[goal, N_DEPTH] - figures[node, N_DEPTH]
        else:
            distances[node, 0] = distances[parent, 0] + (nodes[node, BOX] == node)
            distances[node, 1] = distances[parent, 1]
    return distances


@kernel
def _text_features(
    blocks: Blocks, words: Words, linear: Linear, title: NDArray[np.int64], out: NDArray[np.float32]
) -> None:
    """Fill what a block's own text gives."""
    size = 64
    while size < 2 * len(blocks.rows):
        size *= 2
    repeats = np.zeros(size, np.int32)
    for block in range(len(blocks.rows)):
        repeats[bucket(words.counts[block, w.TEXT_KEY], 6, 30) & (size - 1)] += 1
    for block in range(len(blocks.rows)):
        row, counts, f = blocks.rows[block], words.counts[block], out[block]
        count = np.float32(max(1, counts[w.WORDS]))
        characters = np.float32(max(1, counts[w.CHARACTERS]))
        length = np.float32(row[STOP] - row[BEGIN])
        tag = blocks.elements[row[ELEMENT], TAG]
        f[0] = counts[w.WORDS]
        f[1] = counts[w.CHARACTERS]
        f[2] = np.float32(row[LINK_BYTES]) / length
        f[3] = np.float32(row[LINKS]) / count
        f[4] = np.float32(row[BOLD_BYTES]) / length
        f[5] = characters / count
        f[6] = np.float32(counts[w.DIGITS]) / characters
        f[7] = np.float32(counts[w.UPPER]) / characters
        f[8] = np.float32(counts[w.COMMAS]) / count
        f[9] = np.float32(counts[w.ENDS]) / count
        f[10] = np.float32(counts[w.MARKS]) / count
        f[11] = counts[w.LAST_KIND]
        f[12] = counts[w.FIRST_KIND]
        f[13] = np.float32(counts[w.TITLED]) / count
        f[14] = np.float32(counts[w.SHORT]) / count
        f[15] = count / np.ceil(characters / np.float32(80))
        f[16] = counts[w.LONGEST]
        f[17] = np.float32(counts[w.CJK]) / count
        f[18] = repeats[bucket(counts[w.TEXT_KEY], 6, 30) & (size - 1)]
        f[19] = row[BREAKS]
        f[20] = _share_in(words, block, title)
        f[21] = _heading_level(tag)
        total = low = high = np.float32(0)
        for word in range(words.first[block], words.first[block + 1]):
            weight = linear.words[bucket(words.keys[word], 0, BITS)]
            total += weight
            low = min(low, weight)
            high = max(high, weight)
        f[_F_SCORES + 3] = total / np.sqrt(count)
        f[_F_SCORES + 4] = low
        f[_F_SCORES + 5] = high


@kernel
def _heading_level(tag: int) -> int:
    if tag == _H1:
        return 1
    if tag == _H2:
        return 2
    if tag == _H3:
        return 3
    return 4 if is_heading(tag) else 0


@kernel
def _share_in(words: Words, block: int, some: NDArray[np.int64]) -> np.float32:
    """Share of a block's words that are among some."""
    if len(some) == 0:
        return np.float32(0)
    found = 0
    first, end = words.first[block], words.first[block + 1]
    for word in range(first, min(end, first + 64)):
        for key in some:
            if key == words.keys[word]:
                found += 1
                break
    return np.float32(found) / np.float32(max(1, min(64, end - first)))


@kernel
def _cluster(out: NDArray[np.float32]) -> tuple[int, int]:
    """First and last block of the run with the most words outside links, where each block costs six."""
    best = total = np.float32(0)
    begin = first = last = 0
    for block in range(len(out)):
        total += out[block, 0] * (1 - 2 * out[block, 2]) - np.float32(6)
        if total < 0:
            total = np.float32(0)
            begin = block + 1
        elif total > best:
            best = total
            first, last = begin, block
    return first, last


@kernel
def _place_features(blocks: Blocks, figures: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """Fill where a block stands on the page and what runs before and after it."""
    count = len(blocks.rows)
    total = max(np.float32(1), figures[0, N_WORDS])
    first, last = _cluster(out)
    share = np.float32(0)
    h1 = -1
    for block in range(count):
        if first <= block <= last:
            share += out[block, 0]
        if h1 < 0 and out[block, 21] == 1:
            h1 = block
    before = np.float32(0)
    heading = -1
    heading_words = np.float32(0)
    plain = links = names = np.float32(0)
    p = _F_PLACE
    for block in range(count):
        f = out[block]
        f[p] = figures[blocks.rows[block, ELEMENT], N_DEPTH]
        f[p + 1] = np.float32(block) / np.float32(count)
        f[p + 2] = before / total
        f[p + 3] = before
        f[p + 4] = block - heading
        f[p + 5] = before - heading_words
        f[p + 6] = out[heading, 21] if heading >= 0 else 0
        f[p + 7] = block - h1 if h1 >= 0 else np.float32(-1000)
        f[p + 8] = 0 if h1 < 0 else (1 if block < h1 else 2)
        f[p + 9] = first <= block <= last
        f[p + 10] = max(0, first - block)
        f[p + 11] = max(0, block - last)
        f[p + 12] = share / total
        f[p + 13], f[p + 14], f[p + 17] = plain, links, names
        decay = np.float32(0.7)
        plain = decay * plain + (1 - decay) * f[0] * (1 - f[2])
        links = decay * links + (1 - decay) * f[2]
        names = decay * names + (1 - decay) * (f[_F_SCORES] + f[_F_SCORES + 1])
        before += f[0]
        if f[21] > 0:
            heading, heading_words = block, before
    plain = links = names = np.float32(0)
    for block in range(count - 1, -1, -1):
        f = out[block]
        f[p + 15], f[p + 16], f[p + 18] = plain, links, names
        decay = np.float32(0.7)
        plain = decay * plain + (1 - decay) * f[0] * (1 - f[2])
        links = decay * links + (1 - decay) * f[2]
        names = decay * names + (1 - decay) * (f[_F_SCORES] + f[_F_SCORES + 1])


@kernel
def _container_features(
    blocks: Blocks,
    linear: Linear,
    scores: NDArray[np.float32],
    figures: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:
    """Fill what the elements around a block give."""
    nodes = blocks.elements
    best = 1
    for node in range(1, len(nodes)):
        if figures[node, N_SCORE] > figures[best, N_SCORE]:
            best = node
    half, most = _smallest_with(nodes, figures, 0.5), _smallest_with(nodes, figures, 0.8)
    to_best = _distances(nodes, figures, best)
    to_half = _distances(nodes, figures, half)
    to_most = _distances(nodes, figures, most)
    top = max(np.float32(1), figures[best, N_SCORE])
    total = max(np.float32(1), figures[0, N_WORDS])
    size = 64
    while size < 4 * len(blocks.rows):
        size *= 2
    paths = np.zeros((size, 3), np.float32)
    slots = np.empty(len(blocks.rows), np.int64)
    for block in range(len(blocks.rows)):
        box = blocks.rows[block, ELEMENT]
        slot = bucket(mix(path_keys(nodes, box)[3], whole(figures[box, N_DEPTH])), 4, 30) & (size - 1)
        slots[block] = slot
        paths[slot, 0] += 1
        paths[slot, 1] += out[block, 0]
        paths[slot, 2] += out[block, 0] * out[block, 2]
    for block in range(len(blocks.rows)):
        f = out[block]
        box, leaf = blocks.rows[block, ELEMENT], blocks.rows[block, LEAF]
        own, above, path = _name_score(scores, linear.names, nodes, leaf, box)
        f[_F_SCORES] = own
        f[_F_SCORES + 1] = above
        f[_F_SCORES + 2] = path
        f[22] = paths[slots[block], 1] / total
        f[23] = paths[slots[block], 2] / max(np.float32(1), paths[slots[block], 1])
        f[24] = paths[slots[block], 0]
        c = _F_CONTAINER
        highest = np.float32(0)
        node = nodes[box, PARENT]
        for level in range(_LEVELS):
            if node > 0:
                base = _F_LEVEL + level * _LEVEL_SIZE
                inside = max(np.float32(1), figures[node, N_WORDS])
                f[base] = figures[node, N_WORDS]
                f[base + 1] = figures[node, N_LINKED] / inside
                f[base + 2] = figures[node, N_WORDS] / total
                f[base + 3] = figures[node, N_PARAS] / inside
                f[base + 4] = figures[node, N_OWN]
                highest = max(highest, figures[node, N_SCORE])
                node = nodes[nodes[node, PARENT], BOX]
        f[c] = highest / top
        f[c + 1], f[c + 2] = to_best[box, 0], to_best[box, 1]
        f[c + 3], f[c + 4] = to_half[box, 0], to_half[box, 1]
        f[c + 5], f[c + 6] = to_most[box, 0], to_most[box, 1]
        card = whole(figures[box, N_CARD])
        if card > 0:
            f[c + 7] = figures[card, N_CARDS]
            f[c + 8] = figures[card, N_WORDS]
            f[c + 9] = figures[card, N_LINKED] / max(np.float32(1), figures[card, N_WORDS])
        f[c + 10] = figures[box, N_CARDS]
        f[c + 11] = figures[nodes[box, PARENT], N_CHILDREN]
        marks = whole(nodes[leaf, MARKS])
        for place in range(len(_MARK_BITS)):
            f[_F_MARK + place] = marks >> _MARK_BITS[place] & 1


@kernel
def _neighbour_features(blocks: Blocks, out: NDArray[np.float32]) -> None:
    """Fill what the blocks before and after a block are like."""
    count = len(out)
    for block in range(count):
        column = _F_NEIGHBOUR
        for offset in range(-_AROUND, _AROUND + 1):
            other = block + offset
            if offset == 0:
                continue
            if 0 <= other < count:
                out[block, column] = out[other, 0]
                out[block, column + 1] = out[other, 2]
                out[block, column + 2] = out[other, _F_SCORES] + out[other, _F_SCORES + 1]
                out[block, column + 3] = out[other, _F_SCORES + 3]
                out[block, column + 4] = blocks.rows[other, ELEMENT] == blocks.rows[block, ELEMENT]
                out[block, column + 5] = out[other, _F_CONTAINER]
            else:
                out[block, column] = -1
                out[block, column + 1] = -1
            column += _NEIGHBOURS


@kernel
def block_features(
    data: NDArray[np.uint8], page: Tokens, blocks: Blocks, words: Words, title: NDArray[np.int64], linear: Linear
) -> NDArray[np.float32]:
    """Features of a page's blocks, float32[blocks, len(NAMES)].

    Args:
        data: the page in UTF-8.
        page: its tokens.
        blocks: its blocks.
        words: their words.
        title: hashes of the title's words.
        linear: the linear models.
    """
    count = len(blocks.rows)
    out = np.zeros((count, _COLUMNS), np.float32)
    if count == 0:
        return out
    scores = name_scores(data, page, blocks, linear.names)
    figures = _figures(blocks, words, scores)
    _text_features(blocks, words, linear, title, out)
    _container_features(blocks, linear, scores, figures, out)
    _place_features(blocks, figures, out)
    _neighbour_features(blocks, out)
    page_values = np.zeros(9, np.float32)
    total = max(np.float32(1), figures[0, N_WORDS])
    page_values[0] = figures[0, N_WORDS]
    page_values[1] = figures[0, N_LINKED] / total
    page_values[2] = count
    page_values[3] = figures[0, N_PARAS] / total
    page_values[4] = figures[0, N_PLAIN]
    page_values[5] = out[0, _F_PLACE + 12]
    most_cards = np.float32(0)
    best_score = np.float32(0)
    for block in range(count):
        most_cards = max(most_cards, out[block, _F_CONTAINER + 7])
    for node in range(1, len(figures)):
        best_score = max(best_score, figures[node, N_SCORE])
    page_values[6] = most_cards
    page_values[7] = best_score
    page_values[8] = scores[1, 2]
    hints = page_hints(data, page)
    for block in range(count):
        out[block, _F_PAGE : _F_PAGE + 9] = page_values
        out[block, _F_PAGE + 9 :] = hints
    return out
