"""URLs in text: from `http://`, `https://` or `www.` at the start of a word to the next whitespace."""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel

_OPENINGS = (b"http://", b"https://", b"www.")
_LETTERS = np.frombuffer(b"".join(_OPENINGS), np.uint8)
_OFFSETS = np.cumsum([0, *map(len, _OPENINGS)])


@kernel
def url_words(data: NDArray[np.uint8], starts: NDArray[np.int64], sizes: NDArray[np.int32]) -> NDArray[np.int64]:
    """Where a URL begins in each word, as of `Words` between spaces, behind brackets and quotes; -1 without one: int64[words]."""
    found = np.full(len(starts), -1, np.int64)
    for word in range(len(starts)):
        end = starts[word] + sizes[word]
        at = starts[word]
        while at < end and data[at] in (0x22, 0x27, 0x28, 0x3C, 0x5B):  # " ' ( < [
            at += 1
        if at == end or data[at] | 0x20 not in (0x68, 0x77):  # h w
            continue
        for opening in range(len(_OFFSETS) - 1):
            if found[word] < 0 and _stands(data, at, end, opening):
                found[word] = at
    return found


@kernel
def _stands(data: NDArray[np.uint8], at: int, end: int, opening: int) -> bool:
    """Whether an opening stands at `at`, in either case, and something follows it."""
    size = _OFFSETS[opening + 1] - _OFFSETS[opening]
    if at + size >= end:
        return False
    same = True
    for i in range(size):
        byte = data[at + i]
        letter = byte | 0x20 if 0x41 <= byte <= 0x5A else byte
        same = same and letter == _LETTERS[_OFFSETS[opening] + i]
    return same
