"""Texts to token ids, each document ended by the vocabulary's separator.

Column by column, one row per document in the order of the input; a rejected document has no tokens:

    id      binary(16)                    the document
    tokens  large_list<uint16 | uint32>   ids, separator included; the type is the smallest that holds the vocabulary
    bytes   int64                         UTF-8 bytes of the text
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gristmill.core.batch import Batch
from gristmill.core.documents import ID_BYTES
from gristmill.core.params import Params as BaseParams
from gristmill.core.verdict import Example, Verdict
from gristmill.tokenize.vocabulary import Ids, Vocabulary, load_vocabulary, vocabulary_files

NAME = "encode"
VERSION = 1
RULES = ("encode.empty",)
UPSTREAM: tuple[str, ...] = ()

EXAMPLES = (
    Example("The mill grinds slowly, yet it grinds exceedingly small."),
    Example("A page cannot end a document: <|endoftext|>"),
    Example("", failed=("encode.empty",)),
)


class Params(BaseParams):
    """What text becomes tokens with."""

    vocabulary: str = "gristmill-8k"
    """A shipped vocabulary's name, or path of a tokenizer.json, of a tiktoken ranks file or of its JSON description."""

    end_of_document: str = ""
    """Text of the special token that ends each document; empty: the one with a usual name, such as <|endoftext|>."""

    separate: bool = True
    """Whether the end-of-document token is added after each document. The loader and trainer rely on it."""


@dataclass(frozen=True)
class Encoded:
    """The tokens of a batch and what is to be said about them, row by row as in the batch."""

    rows: pa.RecordBatch
    verdict: Verdict


def schema(vocabulary: Vocabulary) -> pa.Schema:
    """The columns of encoded documents."""
    return pa.schema(
        [
            pa.field("id", pa.binary(ID_BYTES), nullable=False),
            pa.field("tokens", pa.large_list(pa.from_numpy_dtype(vocabulary.dtype)), nullable=False),
            pa.field("bytes", pa.int64(), nullable=False),
        ]
    )


def files(params: Params) -> tuple[Path, ...]:
    """The vocabulary's files."""
    return vocabulary_files(params.vocabulary)


def judge(batch: Batch, params: Params) -> Verdict:
    """Judge each document by its `text` column alone."""
    return encode_batch(batch, params, load_vocabulary(params.vocabulary, params.end_of_document)).verdict


def encode_batch(batch: Batch, params: Params, vocabulary: Vocabulary) -> Encoded:
    """Encode the text of each document."""
    ids, offsets = vocabulary.encode(batch.column("text"))
    plain_lengths = np.diff(offsets)
    text_bytes = np.diff(batch.text.offsets)
    if params.separate:
        ids, offsets = _end_documents(ids, offsets, vocabulary.end_of_document)
    tokens = pa.LargeListArray.from_arrays(pa.array(offsets), pa.array(ids))
    rows = pa.RecordBatch.from_arrays(
        [batch.column("id"), tokens, pa.array(text_bytes, pa.int64())], schema=schema(vocabulary)
    )
    verdict = Verdict(
        signals={
            "encode.tokens": np.diff(offsets),
            "encode.bytes_per_token": text_bytes / np.maximum(plain_lengths, 1),
            "encode.special_text": vocabulary.count_special_text(batch.column("text")),
        },
        failed={"encode.empty": plain_lengths == 0},
    )
    return Encoded(rows, verdict)


def _end_documents(ids: Ids, offsets: NDArray[np.int64], end: int) -> tuple[Ids, NDArray[np.int64]]:
    """Put an id after each text that has any: ids[tokens + texts with tokens], int64[texts + 1]."""
    full = np.diff(offsets) > 0
    moved = offsets + np.concatenate([np.zeros(1, np.int64), np.cumsum(full)])
    ended = np.empty(len(ids) + int(full.sum()), ids.dtype)
    is_end = np.zeros(len(ended), np.bool_)
    is_end[moved[1:][full] - 1] = True
    ended[is_end] = end
    ended[~is_end] = ids
    return ended, moved
