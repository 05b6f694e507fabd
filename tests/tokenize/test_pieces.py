from itertools import groupby, pairwise

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from gristmill.core.batch import text_buffers
from gristmill.tokenize.pieces import _is_blank, piece_bounds

BLANKS = "\t\n\x0b\x0c\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


def cut(text: str, longest_run: int, longest_piece: int) -> list[str]:
    """The obvious way: a new piece where the run at the end of this one, or the piece, is full."""
    pieces: list[str] = []
    piece = ""
    for character in text:
        runs = [list(run) for _, run in groupby(piece, key=lambda letter: letter in BLANKS)]
        run = len(runs[-1]) if runs and (runs[-1][0] in BLANKS) == (character in BLANKS) else 0
        if run == longest_run or len(piece) == longest_piece:
            pieces.append(piece)
            piece = ""
        piece += character
    return [*pieces, piece] if piece else pieces


@settings(deadline=None)
@given(
    st.lists(st.text("ab .\n\xa0\u3000日😀é", max_size=40)), st.integers(0, 3), st.integers(1, 9), st.integers(1, 20)
)
def test_pieces_are_those_of_the_reference(texts: list[str], start: int, run: int, piece: int) -> None:
    buffers = text_buffers(pa.array(texts, pa.large_string())[start:])
    bounds, first = piece_bounds(buffers.data, buffers.offsets, run, piece)
    pieces = [bytes(buffers.data[begin:end]).decode() for begin, end in pairwise(bounds.tolist())]
    assert [pieces[begin:end] for begin, end in pairwise(first.tolist())] == [
        cut(text, run, piece) for text in texts[start:]
    ]


def test_blank_is_what_unicode_calls_white_space() -> None:
    for code in [*range(0xD800), *range(0xE000, 0x10100)]:
        data = np.frombuffer(chr(code).encode(), np.uint8)
        assert _is_blank(data, 0, len(data)) == (chr(code) in BLANKS), hex(code)
