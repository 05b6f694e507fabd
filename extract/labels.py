"""Labels for training: how much of each block is in a page's reference text, by aligning words."""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel

_ROUNDS = 2  # what the first alignment leaves is aligned again: text that was moved


def label_blocks(words: NDArray[np.uint32], first: NDArray[np.int64], gold: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Words of each block that are in the reference text, int64[blocks].

    Args:
        words: hashes of the blocks' words.
        first: where each block's begin and the last one's end, int64[blocks + 1].
        gold: hashes of the reference text's words.
    """
    matched = np.zeros(len(words), np.bool_)
    used = np.zeros(len(gold), np.bool_)
    for _ in range(_ROUNDS):
        left = np.flatnonzero(~matched & np.isin(words, gold[~used]))
        right = np.flatnonzero(~used & np.isin(gold, words[~matched]))
        if not len(left) or not len(right):
            break
        pairs = common_subsequence(words[left], gold[right])
        matched[left[pairs[:, 0]]] = True
        used[right[pairs[:, 1]]] = True
    sums = np.concatenate([[0], np.cumsum(matched)])
    labels: NDArray[np.int64] = (sums[first[1:]] - sums[first[:-1]]).astype(np.int64)
    return labels


@kernel
def common_subsequence(left: NDArray[np.uint32], right: NDArray[np.uint32]) -> NDArray[np.int64]:
    """A longest common subsequence of two sequences, as pairs of places, int64[length, 2].

    Bit-parallel (Hyyrö 2004): a row of bits for each word of `left`; memory is len(left) * len(right) / 8 bytes.
    """
    n, m = len(left), len(right)
    width = (m + 63) // 64
    order = np.argsort(right)
    ordered = right[order]
    rows = np.empty((n + 1, width), np.uint64)
    full = ~np.uint64(0)
    rows[0] = full
    match = np.zeros(width, np.uint64)
    one = np.uint64(1)
    for i in range(n):
        begin = np.searchsorted(ordered, left[i], "left")
        end = np.searchsorted(ordered, left[i], "right")
        for k in range(begin, end):
            match[order[k] >> 6] |= one << np.uint64(order[k] & 63)
        carry = np.uint64(0)
        for w in range(width):
            v = rows[i, w]
            u = v & match[w]
            total = v + u
            overflow = np.uint64(total < v)
            total2 = total + carry
            overflow |= np.uint64(total2 < total)
            rows[i + 1, w] = total2 | (v & ~match[w])
            carry = overflow
        for k in range(begin, end):
            match[order[k] >> 6] = np.uint64(0)
    pairs = np.empty((min(n, m), 2), np.int64)
    count = 0
    i, j = n, m
    while i > 0 and j > 0:
        bit = np.uint64((j - 1) & 63)
        now = rows[i, (j - 1) >> 6] >> bit & one
        if now:  # no gain at this column
            j -= 1
            continue
        before = rows[i - 1, (j - 1) >> 6] >> bit & one
        if before == 0:  # the gain was there already
            i -= 1
            continue
        pairs[count, 0], pairs[count, 1] = i - 1, j - 1
        count += 1
        i -= 1
        j -= 1
    return pairs[:count][::-1].copy()
