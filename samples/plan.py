"""Which page of the sample is what: the shares of everything that is planted.

The first 50 pages hold every plant once, so that the smallest sample shows them all. After them, each block of 200
pages holds the counts below in an order of its own; about 68 % of the pages are normal. Page i is what it is whatever
the number of pages, except the last one: its file ends in the middle of it (`broken-tail`), unless it is the showcase
of another plant.
"""

from functools import lru_cache

from gristmill.samples.grammar import UNSPACED, Dice
from gristmill.samples.pages import page_language

NORMAL = "normal"
TAIL = "broken-tail"

NEAR_LEVELS = {"near-95": 0.95, "near-90": 0.90, "near-85": 0.85, "near-70": 0.70, "near-50": 0.50}
"""Jaccard similarity of word 5-grams that each kind of near duplicate aims at."""

SHARES = {
    "exact-mirror": 6,  # the same text on another host, in another theme
    "exact-recapture": 2,  # the same address captured again later, other furniture
    "near-95": 2,
    "near-90": 2,
    "near-85": 2,
    "near-70": 2,
    "near-50": 2,
    "stuffing": 2,  # keywords repeated without end
    "salad": 2,  # words in no order
    "links": 2,  # nothing but links
    "lorem": 1,
    "short": 2,
    "repeated": 2,  # one line over and over
    "pii-contact": 4,  # e-mail addresses and telephone numbers
    "pii-network": 2,  # IPv4 and IPv6 addresses
    "pii-finance": 2,  # card numbers and IBANs
    "pii-lookalike": 2,  # what looks like personal data and is none
    "blocked": 2,  # a host of the domain block list
    "benchmark": 2,
    "optout-meta": 1,
    "optout-header": 1,
    "optout-tdm": 1,
    "charset-header": 2,
    "charset-meta": 2,
    "charset-none": 1,
    "charset-utf16": 1,
    "pdf": 1,
    "json": 1,
    "image": 1,
    "status-404": 1,
    "status-301": 1,
    "truncated": 1,
    "empty": 1,
    "broken-flip": 1,
    "broken-cut": 1,
    "broken-length": 1,
    "broken-garbage": 1,
}
"""How many of each 200 pages are what; the rest is normal."""

SHOWCASE = 50
"""Pages at the start that hold every plant once."""

_BLOCK = 200
_FIRST_NORMAL = 6  # so that the first duplicates have something to repeat


@lru_cache(maxsize=64)
def _block(seed: int, number: int) -> tuple[str, ...]:
    """What the pages of one block are; block -1 is the showcase."""
    dice = Dice(seed, "plan", number)
    if number < 0:
        rest = [*SHARES, *[NORMAL] * (SHOWCASE - _FIRST_NORMAL - len(SHARES))]
        return (*[NORMAL] * _FIRST_NORMAL, *dice.shuffled(rest))
    plants = [plant for plant, count in SHARES.items() for _ in range(count)]
    return tuple(dice.shuffled([*plants, *[NORMAL] * (_BLOCK - len(plants))]))


def plant_of(seed: int, index: int) -> str:
    """What page `index` is: "normal" or a key of SHARES."""
    if index < SHOWCASE:
        return _block(seed, -1)[index]
    return _block(seed, (index - SHOWCASE) // _BLOCK)[(index - SHOWCASE) % _BLOCK]


def plan_page(seed: int, index: int, pages: int) -> str:
    """What page `index` of a sample of that many pages is; only the last page depends on `pages`."""
    plant = plant_of(seed, index)
    return TAIL if index == pages - 1 and (index >= SHOWCASE or plant == NORMAL) else plant


def original_of(seed: int, index: int, plant: str) -> int:
    """The earlier, normal page that a duplicate repeats; a near duplicate's original has spaces between its words."""
    dice = Dice(seed, "original", index)
    while True:  # ends: page 0 is normal and English
        earlier = dice.number(0, index - 1)
        spaced = plant not in NEAR_LEVELS or page_language(seed, earlier) not in UNSPACED
        if plant_of(seed, earlier) == NORMAL and spaced:
            return earlier
