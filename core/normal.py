"""Texts normalised as RedPajama-V2 does before it counts words, and the words of them.

ASCII punctuation is deleted, letters are made lower-case, whitespace becomes single spaces, and accents are taken apart
(NFD). Unicode's tables are those of the running Python.
"""

import string
import unicodedata

import pyarrow as pa

from gristmill.core.batch import Batch, TextBuffers, text_buffers
from gristmill.core.words import Words, segment

_NO_PUNCTUATION = {ord(mark): None for mark in string.punctuation}


def normal(text: str) -> str:
    """A text as RedPajama-V2 normalises it; its words are what stands between the spaces."""
    return unicodedata.normalize("NFD", " ".join(text.translate(_NO_PUNCTUATION).lower().split()))


def normal_text(batch: Batch) -> TextBuffers:
    """The normalised texts of a batch; made on the first call."""
    return batch.shared("normal text", lambda: _normal_text(batch))


def normal_words(batch: Batch) -> Words:
    """Their words; segmented on the first call."""
    return batch.shared("normal words", lambda: segment(normal_text(batch), "spaces"))


def _normal_text(batch: Batch) -> TextBuffers:
    return text_buffers(pa.array(map(normal, batch.column("text").to_pylist()), pa.large_string()))
