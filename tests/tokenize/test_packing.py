import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gristmill.tokenize.packing import IGNORED, MISSING, pack

END = 3


@st.composite
def sequences(draw: st.DrawFn) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    rows, length = draw(st.integers(1, 3)), draw(st.integers(1, 9))
    tokens = draw(arrays(np.int64, (rows, length + 1), elements=st.integers(0, END)))
    for row in tokens:
        filled = draw(st.integers(1, length + 1))
        row[filled:] = MISSING
    return tokens


@settings(deadline=None)
@given(sequences())
def test_documents_do_not_see_each_other(tokens: np.ndarray[tuple[int, int], np.dtype[np.int64]]) -> None:
    batch = pack(tokens, END)
    bounds = []
    for row, sequence in enumerate(tokens.tolist()):
        document = position = 0
        length = len(sequence) - 1
        documents = []
        for place in range(length):
            token, after = sequence[place], sequence[place + 1]
            if place and (sequence[place - 1] == END or (token == MISSING and sequence[place - 1] != MISSING)):
                document, position = document + 1, 0
            if position == 0:
                bounds.append(row * length + place)
            assert batch.inputs[row, place] == (END if token == MISSING else token)
            assert batch.labels[row, place] == (IGNORED if token == END or after == MISSING else after)
            assert (batch.documents[row, place], batch.positions[row, place]) == (document, position)
            documents.append(document)
            position += 1
            seen = [other <= place and documents[other] == document for other in range(place + 1)]
            assert batch.mask[row, place, : place + 1].tolist() == seen
            assert not batch.mask[row, place, place + 1 :].any()
    assert batch.cu_seqlens.tolist() == [*bounds, batch.inputs.size]
    assert batch.cu_seqlens.dtype == np.int32


def test_the_example_of_the_format() -> None:
    batch = pack(np.array([[1, 1, END, 2, END, 1, 1, END, 1]]), END)
    assert batch.cu_seqlens.tolist() == [0, 3, 5, 8]
    assert batch.positions.tolist() == [[0, 1, 2, 0, 1, 0, 1, 2]]
    assert batch.labels.tolist() == [[1, END, IGNORED, END, IGNORED, 1, END, IGNORED]]
