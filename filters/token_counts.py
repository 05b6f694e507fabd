"""Characters for each token of a tokenizer that the user names: a tokenizer.json as of Hugging Face."""

from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from tokenizers import Tokenizer

from gristmill.core.errors import InputError

_CHARACTERS = 100_000  # of a text's head that are cut into tokens: the ratio hardly changes behind them


def chars_per_token(texts: pa.Array, tokenizer: Path | None) -> NDArray[np.float64]:
    """Code points for each token of the head of each text, float64[texts]; 0 without a tokenizer, or without tokens."""
    found = np.zeros(len(texts))
    if tokenizer is None:
        return found
    heads = pc.utf8_slice_codeunits(texts, 0, _CHARACTERS)
    encoded = load_tokenizer(tokenizer).encode_batch_fast(heads.to_pylist(), add_special_tokens=False)
    tokens = np.fromiter((len(one) for one in encoded), np.int64, len(encoded))
    chars = pc.utf8_length(heads).to_numpy(zero_copy_only=False)
    np.divide(chars, tokens, out=found, where=tokens > 0)
    return found


@lru_cache(maxsize=2)
def load_tokenizer(path: Path) -> Tokenizer:
    """A tokenizer without truncation or padding, once per process; InputError if the file is none."""
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library's errors are plain Exceptions
        raise InputError(f"{path} holds no tokenizer: {error}. Name a tokenizer.json as of Hugging Face.") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
