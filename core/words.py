"""Words of a batch, segmented once and shared by every filter that counts them.

Three segmentations, as published rules use them:

spaces  pieces between whitespace, marks attached: what "word" means in most papers, in Dolma and DCLM
tokens  words and marks as spaCy's blank English tokenizer cuts them: datatrove's, and so FineWeb's (core/word_tokens.py)
icu     tokens, and in scripts written without spaces also at the words of ICU's dictionaries (core/word_breaks.py)
"""

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from gristmill.core.batch import Batch, TextBuffers
from gristmill.core.characters import classes
from gristmill.core.word_breaks import dictionary_breaks
from gristmill.core.word_spaces import cut_at_spaces
from gristmill.core.word_tokens import cut_tokens

Segmentation: TypeAlias = Literal["spaces", "tokens", "icu"]


@dataclass(frozen=True)
class Words:
    """The words of a batch; those of document i are [offsets[i]:offsets[i + 1]] of the other arrays.

    Attributes:
        offsets: int64[documents + 1].
        starts: where each word starts in the batch's text bytes, int64[words].
        sizes: its length in bytes, int32[words].
        chars: its length in code points, int32[words].
        hashes: polynomial hash of its bytes (core/polynomial.py), uint64[words].
        kinds: HAS_LETTER, NOT_SYMBOL, and of words between spaces LETTERS and TAILED (core/characters.py), uint8[words].
    """

    offsets: NDArray[np.int64]
    starts: NDArray[np.int64]
    sizes: NDArray[np.int32]
    chars: NDArray[np.int32]
    hashes: NDArray[np.uint64]
    kinds: NDArray[np.uint8]


def words(batch: Batch, segmentation: Segmentation = "tokens") -> Words:
    """The words of a batch's texts; segmented on the first call."""
    if segmentation == "tokens":  # from the words between spaces, which others may share
        return batch.shared("words tokens", lambda: _tokens(batch.text, words(batch, "spaces")))
    return batch.shared(f"words {segmentation}", lambda: segment(batch.text, segmentation))


def segment(text: TextBuffers, segmentation: Segmentation = "tokens") -> Words:
    """Cut texts into words and measure them."""
    if segmentation == "icu":
        return _cut_by_dictionary(text)
    chunks = _words(cut_at_spaces(text.data, text.offsets, classes()))
    return chunks if segmentation == "spaces" else _tokens(text, chunks)


def _words(arrays: tuple[NDArray[Any], ...]) -> Words:
    for array in arrays:
        array.flags.writeable = False
    return Words(*arrays)


def _tokens(text: TextBuffers, chunks: Words) -> Words:
    arrays = (chunks.offsets, chunks.starts, chunks.sizes, chunks.chars, chunks.hashes, chunks.kinds)
    return _words(cut_tokens(text.data, *arrays, classes()))


def _cut_by_dictionary(text: TextBuffers) -> Words:
    """Tokens of the pieces between a dictionary's breaks, as if each were a text; then by document again."""
    pieces = np.sort(np.concatenate((text.offsets, dictionary_breaks(text))), kind="stable")
    pieces.flags.writeable = False
    offsets, *others = vars(segment(TextBuffers(text.data, pieces))).values()
    documents = np.searchsorted(pieces, text.offsets, side="right") - 1
    documents[0] = 0
    return _words((offsets[documents], *others))
