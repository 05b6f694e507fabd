"""Fixed phrases that families of rules look for in a page, of either case: all found in one pass, which they share."""

from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from gristmill.core.batch import Batch
from gristmill.core.phrases import Found, count_found, find_phrases, phrases

COUNTED = (
    *("likes", "shares", "comments", "retweets", "reposts", "quotes", "bookmarks", "upvotes", "downvotes", "downloads"),
    *("views", "followers"),
)
"""What the counters of social media count (RefinedWeb)."""

_GROUPS = {
    "lorem ipsum": ("lorem ipsum",),
    "curly bracket": ("{", "}"),
    "open curly bracket": ("{",),
    "counter": COUNTED,
    "snippet": ("items in cart", "read more", "sign-in"),
    "notice": (
        *("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies"),
        "privacy overview",
    ),
    "address": ("http://", "https://"),
}
_ENDS = accumulate(map(len, _GROUPS.values()), initial=0)
_NUMBERS = {group: range(*ends) for group, ends in zip(_GROUPS, pairwise(_ENDS), strict=True)}
_PHRASES = phrases(*(phrase for group in _GROUPS.values() for phrase in group))


def _found(batch: Batch) -> Found:
    return batch.shared("page phrases", lambda: find_phrases(batch.text, _PHRASES))


def starts_in_texts(batch: Batch, group: str) -> NDArray[np.int64]:
    """Where a group's phrases start in a batch's text bytes, int64[found]."""
    return _found(batch).only(_NUMBERS[group]).starts


def count_in_pieces(batch: Batch, group: str, starts: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """How often a group's phrases stand in pieces of a batch's texts, as lines or paragraphs; int64[pieces]."""
    return count_found(_found(batch), _NUMBERS[group], starts, sizes)


def count_in_texts(batch: Batch, group: str) -> NDArray[np.int64]:
    """How often a group's phrases stand in each text, int64[documents]."""
    offsets = batch.text.offsets
    return count_in_pieces(batch, group, offsets[:-1], np.diff(offsets))
