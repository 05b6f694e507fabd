"""Phrases against the `in` operator."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gristmill.core.batch import Batch
from gristmill.core.phrases import count_found, find_phrases, phrase_at, phrases
from tests.filters.heuristic_texts import batch_of

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


PIECES = st.lists(st.sampled_from([*NAMES, "Lorem ", "USE COOKIES", "z", " ", "é", "\n"])).map("".join)


@given(st.lists(PIECES, max_size=4), st.integers(0, 2))
def test_phrases_are_counted_in_each_line(texts: list[str], start: int) -> None:
    batch = batch_of(texts)
    text = Batch(batch.documents.slice(start)).text
    found = find_phrases(text, TABLE)
    pieces = [piece for each in texts[start:] for piece in each.split("\n")]
    sizes = np.array([len(piece.encode()) for piece in pieces], np.int64)
    starts = np.cumsum(np.concatenate((text.offsets[:1], sizes[:-1] + 1))) if pieces else sizes
    row = 0
    for each in texts[start:]:  # no newline stands between texts
        row += each.count("\n") + 1
        starts[row:] -= 1
    for number, name in enumerate(NAMES):
        plain = [sum(piece[i:].lower().startswith(name) for i in range(len(piece))) for piece in pieces]
        assert count_found(found, range(number, number + 1), starts, sizes).tolist() == plain
