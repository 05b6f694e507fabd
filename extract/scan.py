"""Where tags, comments and raw text end, as HTML's tokenizer says (HTML Standard, 13.2.5): kernels over a page's bytes.

Each takes a position and returns one that is not before it, so whoever calls them in turn reads every byte a bounded
number of times.
"""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel
from gristmill.extract.tags import mix, tag_hash

_SCRIPT = tag_hash("script")
_LESS, _GREATER, _SLASH, _BANG, _DASH, _EQUALS = 0x3C, 0x3E, 0x2F, 0x21, 0x2D, 0x3D
_DOUBLE, _SINGLE = 0x22, 0x27


@kernel
def is_blank(byte: int) -> bool:
    """Whether HTML takes the byte for white space."""
    return byte == 0x20 or (0x09 <= byte <= 0x0D and byte != 0x0B)


@kernel
def is_letter(byte: int) -> bool:
    """Whether a tag name may begin with the byte."""
    return 0x61 <= (byte | 0x20) <= 0x7A


@kernel
def ends_name(byte: int) -> bool:
    """Whether a name in a tag ends before the byte."""
    return is_blank(byte) or byte in (_SLASH, _GREATER)


@kernel
def name_at(data: NDArray[np.uint8], start: int) -> tuple[int, int]:
    """Hash of the tag name at `start`, and where it ends."""
    name = 0
    at = start
    while at < len(data) and not ends_name(data[at]):
        byte = int(data[at])
        if 0x41 <= byte <= 0x5A:
            byte |= 0x20
        name = mix(name, byte)
        at += 1
    return name, at


@kernel
def skip_blanks(data: NDArray[np.uint8], at: int) -> int:
    """Position of the first byte from `at` on that is no white space."""
    while at < len(data) and is_blank(data[at]):
        at += 1
    return at


@kernel
def tag_end(data: NDArray[np.uint8], at: int) -> tuple[int, int, bool]:
    """Position behind a tag whose name ended at `at`, its attributes, whether it closes itself; -1 if it never ends."""
    attributes = 0
    length = len(data)
    while True:
        at = skip_blanks(data, at)
        if at >= length:
            return -1, attributes, False
        if data[at] == _GREATER:
            return at + 1, attributes, data[at - 1] == _SLASH
        if data[at] == _SLASH:
            at += 1
            continue
        attributes += 1
        at += 1  # a name's first byte may be "="
        while at < length and data[at] != _EQUALS and not ends_name(data[at]):
            at += 1
        at = skip_blanks(data, at)
        if at < length and data[at] == _EQUALS:
            at = skip_blanks(data, at + 1)
            if at < length and (data[at] == _DOUBLE or data[at] == _SINGLE):
                quote = data[at]
                at += 1
                while at < length and data[at] != quote:
                    at += 1
                at += 1
            else:
                start = at
                while at < length and data[at] != _GREATER and not is_blank(data[at]):
                    at += 1
                if at < length and data[at] == _GREATER and at > start:  # a slash before it belongs to the value
                    return at + 1, attributes, False


@kernel
def comment_end(data: NDArray[np.uint8], at: int) -> int:
    """Position behind the comment whose text begins at `at`, behind its "<!--"."""
    length = len(data)
    if at < length and data[at] == _GREATER:
        return at + 1
    if at + 1 < length and data[at] == _DASH and data[at + 1] == _GREATER:
        return at + 2
    while at + 2 < length:
        if data[at] == _DASH and data[at + 1] == _DASH:
            if data[at + 2] == _GREATER:
                return at + 3
            if data[at + 2] == _BANG and at + 3 < length and data[at + 3] == _GREATER:
                return at + 4
        at += 1
    return length


@kernel
def raw_text_end(data: NDArray[np.uint8], at: int, name: int) -> int:
    """Position of the end tag that ends raw text, or the page's length; knows the escapes of script text."""
    length = len(data)
    escaped = twice = False
    while at < length:
        if data[at] == _LESS and at + 1 < length:
            if data[at + 1] == _SLASH:
                found, end = name_at(data, at + 2)
                if found == name and end < length:
                    if not twice:
                        return at
                    twice = False
            elif name == _SCRIPT and not escaped and at + 3 < length and data[at + 1] == _BANG:
                if data[at + 2] == _DASH and data[at + 3] == _DASH:
                    escaped = True
                    at += 2  # "<!-->" ends at once
                    continue
            elif escaped and not twice and is_letter(data[at + 1]):
                found, end = name_at(data, at + 1)
                twice = found == name and end < length
        elif escaped and data[at] == _DASH and at + 2 < length and data[at + 1] == _DASH and data[at + 2] == _GREATER:
            escaped = twice = False
        at += 1
    return length
