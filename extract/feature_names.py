"""Columns of the features of blocks, by kind, and where each kind begins."""

import numpy as np

from gristmill.extract.elements import MARK_OF
from gristmill.extract.hints import HINTS

_MARK_FEATURES_TEXT = """
    article main section aside nav header footer form table ul ol figure details blockquote button dialog
    address dl figcaption a summary label li p td th dt dd pre code
"""
_MARK_FEATURES = _MARK_FEATURES_TEXT.split()
MARK_BITS = np.array([MARK_OF[name] for name in _MARK_FEATURES] + [2, 3, 4], np.int64)
LEVELS = 3
"""Containers above a block that are described."""
AROUND = 3
"""Neighbours on each side that are described."""

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
    *(f"level{level}_{name}" for level in range(1, LEVELS + 1) for name in _CONTAINER_LEVEL),
    *(f"in_{name}" for name in [*_MARK_FEATURES, "hidden", "noscript", "strong"]),
    *(f"{name}{offset:+d}" for offset in (*range(-AROUND, 0), *range(1, AROUND + 1)) for name in _NEIGHBOUR),
    *_PAGE,
    *(f"hint_{name}" for name in HINTS),
)
"""The columns of the features, in order."""

(
    F_TEXT,
    F_SCORES,
    F_PLACE,
    F_CONTAINER,
    F_LEVEL,
    F_MARK,
    F_NEIGHBOUR,
    F_PAGE,
) = np.cumsum(
    [
        0,
        len(_TEXT),
        len(_SCORES),
        len(_PLACE),
        len(_CONTAINER),
        LEVELS * len(_CONTAINER_LEVEL),
        len(_MARK_FEATURES) + 3,
        2 * AROUND * len(_NEIGHBOUR),
    ]
).tolist()
"""First column of each kind."""

NEIGHBOURS, LEVEL_SIZE = len(_NEIGHBOUR), len(_CONTAINER_LEVEL)
COLUMNS = len(NAMES)

MARK_BITS.flags.writeable = False
