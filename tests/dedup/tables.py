"""Documents for the tests of deduplication, the stages' steps in a row, and slow versions of what they compute."""

import hashlib
import re
from collections.abc import Sequence
from functools import cache

import pyarrow as pa

from gristmill.core.batch import Batch
from gristmill.dedup import exact, minhash
from gristmill.dedup.folding import DIGIT, MARK, SEPARATOR, UNSPACED, fold


def name(number: int) -> bytes:
    """An id that does not ascend with the number."""
    return hashlib.md5(str(number).encode()).digest()


def batch(texts: Sequence[str], dates: Sequence[str] | None = None, ids: Sequence[bytes] | None = None) -> Batch:
    columns = {
        "id": pa.array(ids or [name(row) for row in range(len(texts))], pa.binary(16)),
        "url": pa.array([""] * len(texts), pa.string()),
        "date": pa.array(dates or [""] * len(texts), pa.string()),
        "text": pa.array(texts, pa.large_string()),
    }
    return Batch(pa.record_batch(columns))


def exact_removals(batches: Sequence[Batch], params: exact.Params) -> pa.Table:
    return exact.removals(pa.Table.from_batches([exact.signatures(each, params) for each in batches]), params)


def minhash_removals(batches: Sequence[Batch], params: minhash.Params) -> pa.Table:
    keys = pa.Table.from_batches([minhash.band_keys(each, params) for each in batches])
    members = minhash.components(minhash.edges(keys))
    sets = pa.Table.from_batches([minhash.shingle_sets(each, members, params) for each in batches])
    return minhash.removals(sets, params)


_fold = cache(fold)


def words(text: str, fold_numbers: bool = False) -> list[tuple[str, bool]]:
    """Words as shingles.py describes them, and whether each is a character of an unspaced script."""
    found: list[tuple[str, bool]] = []
    word, unspaced = "", False

    def finish() -> None:
        nonlocal word
        if word:
            found.append((re.sub(r"\d+", "0", word) if fold_numbers else word, unspaced))
        word = ""

    for character in text:
        for kind, code in _fold(character):
            if kind in (SEPARATOR, UNSPACED) or (unspaced and kind != MARK):
                finish()
            if kind != SEPARATOR:
                unspaced = kind == UNSPACED if not word else unspaced
                assert kind != DIGIT or re.fullmatch(r"\d", chr(code))
                word += chr(code)
    finish()
    return found


def shingles(text: str, size: int = 5, unspaced_size: int = 8) -> set[tuple[str, ...]]:
    found = words(text)
    if 2 * sum(unspaced for _, unspaced in found) > len(found):
        size = unspaced_size
    return {tuple(word for word, _ in found[at : at + size]) for at in range(len(found) - size + 1)}


def jaccard(left: set[tuple[str, ...]], right: set[tuple[str, ...]]) -> float:
    return len(left & right) / len(left | right) if left or right else 0.0
