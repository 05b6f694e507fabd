"""Phrases against the `in` operator."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gristmill.core.phrases import phrase_at, phrases

NAMES = ("lorem ipsum", "use cookies", "of use", "zz")
TABLE = phrases(*NAMES)


@given(st.lists(st.sampled_from([*NAMES, "Lorem ", "USE COOKIES", "z", " ", "é"])).map("".join))
def test_phrases_are_found_at_their_anchor(text: str) -> None:
    data = np.frombuffer(text.encode(), np.uint8)
    found = set()
    for at, byte in enumerate(data):
        phrase = TABLE.by_byte[byte]
        while phrase >= 0:
            if phrase_at(data, 0, len(data), at, phrase, TABLE.data, TABLE.offsets, TABLE.anchors):
                found.add(NAMES[phrase])
            phrase = TABLE.following[phrase]
    assert found == {name for name in NAMES if name in text.lower()}
