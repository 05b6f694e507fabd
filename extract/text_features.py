"""Features of a block's own text."""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel
from gristmill.extract import block_figures as b
from gristmill.extract import block_words as w
from gristmill.extract.block_words import Words
from gristmill.extract.blocks import Blocks
from gristmill.extract.feature_names import F_SCORES
from gristmill.extract.writing import BEGIN, BOLD_BYTES, BREAKS, LINKS, STOP


@kernel
def count_repeats(words: Words) -> NDArray[np.int32]:
    """How many blocks have a text, by the lowest bits of its key."""
    size = 64
    while size < 2 * len(words.counts):
        size *= 2
    repeats = np.zeros(size, np.int32)
    for block in range(len(words.counts)):
        repeats[words.counts[block, w.TEXT_KEY] & (size - 1)] += 1
    return repeats


@kernel
def fill_text(
    blocks: Blocks,
    words: Words,
    repeats: NDArray[np.int32],
    own: NDArray[np.float32],
    begin: int,
    out: NDArray[np.float32],
) -> None:
    """Fill what the texts of the blocks from `begin` give."""
    for place in range(len(out)):
        block = begin + place
        row, counts, g, f = blocks.rows[block], words.counts[block], own[block], out[place]
        count = np.float32(max(1, counts[w.WORDS]))
        characters = np.float32(max(1, counts[w.CHARACTERS]))
        length = np.float32(row[STOP] - row[BEGIN])
        f[0] = g[b.WORDS]
        f[1] = counts[w.CHARACTERS]
        f[2] = g[b.LINKED]
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
        f[18] = repeats[counts[w.TEXT_KEY] & (len(repeats) - 1)]
        f[19] = row[BREAKS]
        f[20] = np.float32(counts[w.IN_TITLE]) / np.float32(max(1, min(w.MOST_COMPARED, counts[w.WORDS])))
        f[21] = g[b.HEADING]
        f[F_SCORES] = g[b.OWN]
        f[F_SCORES + 1] = g[b.ABOVE]
        f[F_SCORES + 2] = g[b.PATH]
        f[F_SCORES + 3] = g[b.SCORE]
        f[F_SCORES + 4] = g[b.LOW]
        f[F_SCORES + 5] = g[b.HIGH]
