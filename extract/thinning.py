"""A bound on a page's tags, so that no page takes more than a few times its own size in memory.

A tag takes three bytes of the page and up to 330 in the arrays of the steps to come. Pages that people made have fewer than
10,000 tags (1,250 marked pages; of 2,174 crawled ones three have 20,000 to 25,000); a page that has more is read as if those
behind the first were blanks. Its text is all there, the end of it in one block. Positions stay what they are.
"""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel
from gristmill.extract.scan import is_letter, name_at, raw_text_end
from gristmill.extract.tags import FOREIGN, LAST, RAW_TEXT, TAG_FLAGS, TAGS, VOID, tag_of
from gristmill.extract.tokens import ATTRIBUTES, markup_end, read_attributes

FEWEST = 12_288
"""Tags that any page may have."""
BYTES_A_TAG = 96
"""Bytes of a page for which it may have one tag: with what else there is of a page this makes eight times its size."""

_NAMES = len(ATTRIBUTES)
_LESS, _SLASH, _BANG, _QUESTION, _BLANK = 0x3C, 0x2F, 0x21, 0x3F, 0x20


def thinned(data: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The page itself, or a copy with blanks for the tags and comments beyond the limit, uint8[bytes].

    End tags of elements that began before it stay.
    """
    most = max(FEWEST, len(data) // BYTES_A_TAG)
    if _count_markup(data) <= most:
        return data
    copy = data.copy()
    _blank_markup(data, most, copy)
    copy.flags.writeable = False
    return copy


@kernel
def _count_markup(data: NDArray[np.uint8]) -> int:
    """How many tags a page has at most."""
    count = 0
    for byte in data:
        count += byte == _LESS
    return count


@kernel
def _blank_markup(data: NDArray[np.uint8], most: int, out: NDArray[np.uint8]) -> None:
    """Overwrite tags (raw text with what is in them) and comments behind the first `most` with blanks in `out`."""
    length = len(data)
    attributes = np.empty((_NAMES, 3), np.int32)
    at = seen = opened = ended = foreign = 0
    while True:
        while at < length and data[at] != _LESS:
            at += 1
        if at + 1 >= length:
            return
        begin, after = at, data[at + 1]
        is_end = after == _SLASH and at + 2 < length and is_letter(data[at + 2])
        if is_letter(after) or is_end:
            name, at = name_at(data, at + 1 + is_end)
            at, _, closed = read_attributes(data, at, attributes, 0)
            if at < 0:
                return
            tag = tag_of(name)
            flags = TAG_FLAGS[tag] if tag < TAGS else 0
            if flags & FOREIGN and not closed:
                foreign = max(0, foreign + (-1 if is_end else 1))
            elif not is_end and flags & LAST and not foreign:
                return
            stop = at
            if not is_end and flags & RAW_TEXT and not foreign:
                at = raw_text_end(data, at, name)
            seen += 1
            if seen <= most:
                continue
            if not is_end:
                opened += not flags & VOID
                stop = at
            elif opened:
                opened -= 1
            elif ended < most:  # what it ends began before the limit
                ended += 1
                continue
            out[begin:stop] = _BLANK
        elif after in (_BANG, _QUESTION, _SLASH):
            at = markup_end(data, at, foreign > 0)
            seen += 1
            if seen > most:
                out[begin:at] = _BLANK
        else:
            at += 1
