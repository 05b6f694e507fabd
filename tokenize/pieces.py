"""Where a text is cut before a tokenizer sees it, so that no page can stop or bloat one.

tiktoken's regular expression gives up ("Max stack size exceeded") on 1,000,000 spaces before a letter, and the
tokenizers library keeps some 100 bytes for each token of a text. Llama's reference tokenizer cuts runs for the same
reason. A cut can change the ids beside it, never the text they decode to.
"""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel

LONGEST_RUN = 25_000
"""Characters of one kind, blank or not, after which a run is cut. Llama 3's reference tokenizer: 25,000."""


@kernel
def _is_blank(data: NDArray[np.uint8], position: int, size: int) -> bool:
    r"""Tell whether the character at a position is one that `\s` of Unicode matches (property White_Space)."""
    lead = data[position]
    if size == 1:
        return bool(lead == 0x20 or 0x09 <= lead <= 0x0D)
    if size == 2:  # U+0085, U+00A0
        return bool(lead == 0xC2 and data[position + 1] in (0x85, 0xA0))
    if size == 4:
        return False
    middle, last = data[position + 1], data[position + 2]
    if lead == 0xE2 and middle == 0x80:  # U+2000 to U+200A, U+2028, U+2029, U+202F
        return bool(last <= 0x8A or last in (0xA8, 0xA9, 0xAF))
    if lead == 0xE2:  # U+205F
        return bool(middle == 0x81 and last == 0x9F)
    if lead == 0xE1:  # U+1680
        return bool(middle == 0x9A and last == 0x80)
    return bool(lead == 0xE3 and middle == 0x80 and last == 0x80)  # U+3000


@kernel
def piece_bounds(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], longest_run: int, longest_piece: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cut texts where a run or a piece grows too long; most texts stay one piece, an empty one has none.

    Args:
        data: UTF-8 bytes, uint8[bytes].
        offsets: where each text starts and the last one ends, int64[texts + 1].
        longest_run: most characters of one kind (blank or not blank) in a row.
        longest_piece: most characters in a piece.

    Returns:
        The byte offset of each piece and the end of the last, int64[pieces + 1]; and the first piece of each text and
        the number of all pieces, int64[texts + 1].
    """
    rows = len(offsets) - 1
    total = offsets[rows] - offsets[0]
    bounds = np.empty(rows + total // longest_run + total // longest_piece + 2, np.int64)
    first = np.zeros(rows + 1, np.int64)
    count = 0
    for row in range(rows):
        first[row] = count
        position, end = offsets[row], offsets[row + 1]
        if position == end:
            continue
        bounds[count] = position
        count += 1
        if end - position <= min(longest_run, longest_piece):
            continue
        run = piece = 0
        blank = False
        while position < end:
            lead = data[position]
            size = 1 if lead < 0x80 else 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
            if _is_blank(data, position, size) != blank:
                blank = not blank
                run = 0
            if run == longest_run or piece == longest_piece:
                bounds[count] = position
                count += 1
                run = piece = 0
            run += 1
            piece += 1
            position += size
    first[rows] = count
    bounds[count] = offsets[rows]
    return bounds[: count + 1], first
