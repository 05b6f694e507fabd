"""What a page says about being used for training, read from its `robots` column; part of the `urls` stage.

The column holds statements as extraction found them, "meta robots: noai" or "header content-usage: train-ai=n". Three
conventions are understood (spec extraction K):

* `noai` in a robots meta tag or an X-Robots-Tag header, for whichever agent: it has no other meaning. `noimageai` is
  about images and does not count.
* TDMRep, the reservation of Art. 4(3) of the EU's DSM directive: `tdm-reservation: 1`. A page whose meta tag and header
  disagree has reserved: that the tag overrides the header is likely but unverified.
* AIPREF's `Content-Usage` (IETF draft, a structured-field dictionary) and Cloudflare's `Content-Signal`: `train-ai=n`.
  Of earlier drafts, `tdm` and `bots` include training where `train-ai` itself is absent.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

NOAI, TDM, AIPREF_TRAIN = 1, 2, 4

_ROBOTS_NAMES = ("robots", "x-robots-tag")
_AIPREF_NAMES = ("content-usage", "content-signal")
_TRAINING_KEYS = ("train-ai", "ai-train", "tdm", "bots")  # the first that is there decides
_NO = ("n", "no", "?0")


def opt_outs(robots: pa.Array) -> NDArray[np.int8]:
    """Flags NOAI, TDM, AIPREF_TRAIN of each document from its list of statements: int8[documents]."""
    flags = np.zeros(len(robots), np.int8)
    statements = pc.list_flatten(robots).dictionary_encode()  # a few hundred distinct ones in a crawl
    meanings = np.array([statement_flags(text or "") for text in statements.dictionary.to_pylist()], np.int8)
    if len(meanings):
        documents = pc.list_parent_indices(robots).to_numpy()
        codes = statements.indices.fill_null(0).to_numpy(zero_copy_only=False)
        np.bitwise_or.at(flags, documents, np.where(statements.indices.is_valid(), meanings[codes], 0).astype(np.int8))
    return flags


def statement_flags(statement: str) -> int:
    """What one statement asks for: a sum of NOAI, TDM, AIPREF_TRAIN."""
    name, _, value = statement.lower().partition(":")
    kind, _, name = name.strip().partition(" ")
    name = name.strip()
    if name == "tdm-reservation":
        return TDM if value.strip(" \t\"'") == "1" else 0
    if name in _AIPREF_NAMES:
        return AIPREF_TRAIN if _refuses_training(value) else 0
    if name in _ROBOTS_NAMES or kind == "meta":  # <meta name="googlebot"> and its like hold the same tokens
        tokens = {token.rpartition(":")[2].strip() for token in value.replace(";", ",").split(",")}
        return NOAI if "noai" in tokens else 0
    return 0


def _refuses_training(dictionary: str) -> bool:
    """Whether a structured-field dictionary sets training to no; of a repeated key the last value counts (RFC 8941)."""
    values: dict[str, str] = {}
    for member in dictionary.split(","):
        key, _, value = member.partition("=")
        values[key.strip()] = value.partition(";")[0].strip(" \t\"'")
    for key in _TRAINING_KEYS:
        if key in values:
            return values[key] in _NO
    return False
