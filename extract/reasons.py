"""What spoke for and against a block, in words: the facts behind the features that weigh most, for people who look at a page.

They are facts, not shares of the score: trees weigh features together, and no list of single ones adds up to the probability.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from gristmill.extract.feature_names import NAMES

_COLUMN = {name: column for column, name in enumerate(NAMES)}
_KINDS_TEXT = "nav footer aside header form button dialog figure table details blockquote article main pre"
_KINDS = _KINDS_TEXT.split()
_STRONG_SCORE = 1.0  # log odds


def block_reasons(row: NDArray[np.float32]) -> tuple[str, ...]:
    """Facts about a block, from its features."""
    value = {name: float(row[column]) for name, column in _COLUMN.items()}
    facts = [f"in <{kind}>" for kind in _KINDS if value[f"in_{kind}"]]
    facts += [fact for fact, holds in _facts(value).items() if holds]
    return tuple(facts)


def _facts(value: Mapping[str, float]) -> dict[str, bool]:
    names = value["own_names"] + value["upper_names"]
    return {
        "hidden": value["in_hidden"] > 0,
        "in <noscript>": value["in_noscript"] > 0,
        f"{value['link_share']:.0%} of it are links": value["link_share"] > 0.3,
        "few words": value["words"] <= 3,
        "a paragraph of prose": value["words"] >= 30 and value["link_share"] < 0.2 and value["ends"] > 0,
        f"stands {value['repeats']:.0f} times on the page": value["repeats"] > 1,
        f"one of {value['cards']:.0f} equal elements": value["cards"] >= 3,
        "names around it are those of main text": names > _STRONG_SCORE,
        "names around it are not those of main text": names < -_STRONG_SCORE,
        "its words are those of main text": value["word_score"] > _STRONG_SCORE,
        "its words are not those of main text": value["word_score"] < -_STRONG_SCORE,
        "in the densest run of text": value["in_cluster"] > 0,
        "before the densest run of text": value["before_cluster"] > 0,
        "after the densest run of text": value["after_cluster"] > 0,
        f"{value['best_up']:.0f} levels outside the container that holds most prose": value["best_up"] > 0,
        "says what the title says": value["title_share"] > 0.7,
        "before the first heading": value["h1_seen"] == 1,
    }
