"""Text of blocks: characters decoded, white space collapsed, line breaks put in; where it came from kept."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import inlined, kernel
from gristmill.extract.elements import BOX, LINK, MARKS, PRE, SKIP, STRONG
from gristmill.extract.nesting import CURRENT, FRESH, Nesting
from gristmill.extract.references import LONGEST_VALUE, read_reference
from gristmill.extract.scan import is_blank

ELEMENT, LEAF, BEGIN, STOP, SOURCE, SOURCE_END, LINK_BYTES, LINKS, BOLD_BYTES, BREAKS = range(10)
"""Columns of blocks: block-level and innermost element at its first character, its text from and to, its bytes of the
page from and to, bytes of it in links, links, bytes of it in bold, line breaks."""

OUT, BLOCK_AT, WAITING, SRC, SRC_END, IN_LINKS, LINK_COUNT, LAST_LINK, BOLD, BR, LEAF_AT, BLOCKS = range(12)
"""Columns of the state of text: bytes written, where the block began, white space that waits, figures of this block, blocks."""

FORMULA_ROOM = 2048  # bytes by which a page's text may be longer than its source
_OPEN = 64  # elements of a formula
_BLANK, _NEWLINE = 1, 2  # what may wait
COPY, SPACE, DROP = 0, 1, 2  # what a character is
_AMPERSAND, _LF, _SP, _CR = 0x26, 0x0A, 0x20, 0x0D


class Writing(NamedTuple):
    """A page's text under construction."""

    text: NDArray[np.uint8]
    rows: NDArray[np.int32]
    """int32[blocks, 10], of which state[BLOCKS] are there."""
    state: NDArray[np.int64]
    """int64[12]: see the columns OUT to BLOCKS."""
    scratch: NDArray[np.uint8]
    """A decoded character reference."""
    formula: NDArray[np.int64]
    """The open elements of a formula, int64[64, 7]: see extract/mathml.py."""


@kernel
def begin_writing(page: Nesting) -> Writing:
    """A page with no text yet. A character reference may be longer than its name, each block ends with a line end where a tag
    was, and a formula may be longer than its source."""
    text = np.empty(len(page.data) * LONGEST_VALUE // (LONGEST_VALUE - 1) + FORMULA_ROOM, np.uint8)
    rows = np.empty((len(page.tokens.rows) + 1, 10), np.int32)
    return Writing(text, rows, np.zeros(12, np.int64), np.empty(8, np.uint8), np.empty((_OPEN, 7), np.int64))


@inlined
def end_block(page: Nesting, out: Writing) -> None:
    """End the block that is being written, if it has any text."""
    state, text = out.state, out.text
    state[WAITING] = 0
    begin, stop = state[BLOCK_AT], state[OUT]
    if stop == begin:
        return
    while stop > begin and text[stop - 1] <= _SP:
        stop -= 1
    if stop > begin:
        row = out.rows[state[BLOCKS]]
        row[ELEMENT] = page.nodes[state[LEAF_AT], BOX]
        row[LEAF] = state[LEAF_AT]
        row[BEGIN] = begin
        row[STOP] = stop
        row[SOURCE] = state[SRC]
        row[SOURCE_END] = state[SRC_END]
        row[LINK_BYTES] = min(state[IN_LINKS], stop - begin)
        row[LINKS] = state[LINK_COUNT]
        row[BOLD_BYTES] = min(state[BOLD], stop - begin)
        row[BREAKS] = state[BR]
        state[BLOCKS] += 1
        text[stop] = _LF
        stop += 1
    state[OUT] = state[BLOCK_AT] = stop
    state[IN_LINKS] = state[LINK_COUNT] = state[LAST_LINK] = state[BOLD] = state[BR] = 0


@inlined
def _kind_of(data: NDArray[np.uint8], at: int, end: int) -> tuple[int, int]:
    """What the character at `at` is (copied, a space, or dropped: invisible or control), and its bytes."""
    byte = data[at]
    if byte < 0x80:
        if byte > _SP:
            return (DROP, 1) if byte == 0x7F else (COPY, 1)
        return (SPACE, 1) if is_blank(byte) else (DROP, 1)
    if byte == 0xC2 and at + 1 < end:
        if data[at + 1] == 0xA0:
            return SPACE, 2
        return (DROP, 2) if data[at + 1] == 0xAD else (COPY, 2)
    if byte == 0xE2 and at + 2 < end and data[at + 1] == 0x80:
        last = data[at + 2]
        if last in (0x8B, 0x8E, 0x8F):
            return DROP, 3
        if 0x80 <= last <= 0x8A or last in (0xA8, 0xA9, 0xAF):
            return SPACE, 3
        return COPY, 3
    if byte == 0xE3 and at + 2 < end and data[at + 1] == 0x80 and data[at + 2] == 0x80:
        return SPACE, 3
    if byte == 0xEF and at + 2 < end and data[at + 1] == 0xBB and data[at + 2] == 0xBF:
        return DROP, 3
    return COPY, 1


@inlined
def begin_character(source: int, page: Nesting, out: Writing) -> None:
    """Write the white space that is waiting, or note where the block begins; note a new link."""
    state = out.state
    node = page.state[CURRENT]
    if state[OUT] == state[BLOCK_AT]:
        state[SRC] = source
        state[LEAF_AT] = node
    elif state[WAITING]:
        out.text[state[OUT]] = _LF if state[WAITING] == _NEWLINE else _SP
        state[OUT] += 1
    state[WAITING] = 0
    link = page.nodes[node, LINK]
    if link and state[LAST_LINK] != link:
        state[LAST_LINK] = link
        state[LINK_COUNT] += 1


@inlined
def _copy_plain(data: NDArray[np.uint8], at: int, end: int, out: Writing) -> int:
    """Copy bytes of printable ASCII but "&", with single spaces between them, as long as there are any; where they end.

    Nine tenths of all text go this way.
    """
    text, place = out.text, out.state[OUT]
    while at < end:
        byte = data[at]
        if byte == _SP:
            if at + 1 == end or not _SP < data[at + 1] < 0x7F or data[at + 1] == _AMPERSAND:
                break
        elif not _SP < byte < 0x7F or byte == _AMPERSAND:
            break
        text[place] = byte
        place += 1
        at += 1
    out.state[OUT] = place
    out.state[SRC_END] = at
    return at


@inlined
def add_text(begin: int, end: int, has_references: bool, page: Nesting, out: Writing) -> None:
    """Add the text of the page's bytes from `begin` to `end` to the block."""
    node = page.state[CURRENT]
    marks = page.nodes[node, MARKS]
    if marks & SKIP:
        return
    before = out.state[OUT]
    if marks & PRE:
        _add_preformatted(begin, end, has_references, page, out)
    else:
        _add_collapsed(begin, end, has_references, page, out)
    page.state[FRESH] = 0
    added = out.state[OUT] - before
    if page.nodes[node, LINK]:
        out.state[IN_LINKS] += added
    if marks & STRONG:
        out.state[BOLD] += added


@inlined
def _add_collapsed(at: int, end: int, has_references: bool, page: Nesting, out: Writing) -> None:
    """Add text in which any white space is one space."""
    data, state = page.data, out.state
    while at < end:
        byte = data[at]
        if is_blank(byte):
            at += 1
            while at < end and is_blank(data[at]):
                at += 1
            if state[WAITING] == 0:
                state[WAITING] = _BLANK
            continue
        source = at
        at, kind, length, is_reference = next_character(at, end, has_references, page, out)
        if kind == SPACE:
            if state[WAITING] == 0:
                state[WAITING] = _BLANK
        elif kind == COPY:
            begin_character(source, page, out)
            put_character(source, at, length, is_reference, page, out)
            at = _copy_plain(data, at, end, out)


@inlined
def _add_preformatted(at: int, end: int, has_references: bool, page: Nesting, out: Writing) -> None:
    """Add text whose white space counts; a line end right behind <pre> does not."""
    data, state = page.data, out.state
    if page.state[FRESH] and at < end and data[at] == _LF:
        at += 1
    while at < end:
        source = at
        at, kind, length, is_reference = next_character(at, end, has_references, page, out)
        if kind == DROP or (kind == SPACE and data[source] == _CR):
            continue
        if kind == SPACE and data[source] == _LF and state[OUT] == state[BLOCK_AT]:
            continue  # no empty lines at the top
        begin_character(source, page, out)
        if kind == SPACE and (length > 1 or is_reference):
            out.text[state[OUT]] = _SP
            state[OUT] += 1
        else:
            put_character(source, at, length, is_reference, page, out)


@inlined
def next_character(at: int, end: int, has_references: bool, page: Nesting, out: Writing) -> tuple[int, int, int, bool]:
    """The character at `at`: where it ends, what it is, its bytes, whether it is a reference (then in `scratch`)."""
    data = page.data
    if data[at] == _AMPERSAND and has_references:
        behind, length = read_reference(data, at, end, False, out.scratch)
        if length < 0:
            return at + 1, COPY, 1, False
        kind, size = _kind_of(out.scratch, 0, length)
        return behind, kind if size == length else COPY, length, True
    kind, length = _kind_of(data, at, end)
    return at + length, kind, length, False


@inlined
def put_character(source: int, end: int, length: int, is_reference: bool, page: Nesting, out: Writing) -> None:
    """Write a character."""
    place = out.state[OUT]
    for index in range(length):
        out.text[place + index] = out.scratch[index] if is_reference else page.data[source + index]
    out.state[OUT] = place + length
    out.state[SRC_END] = end


@inlined
def add_line_break(page: Nesting, out: Writing) -> None:
    """Add a <br>: a line end, and the second of two ends the block."""
    state = out.state
    marks = page.nodes[page.state[CURRENT], MARKS]
    if marks & SKIP:
        return
    if state[WAITING] == _NEWLINE:
        end_block(page, out)
    elif state[OUT] > state[BLOCK_AT]:
        if marks & PRE:
            out.text[state[OUT]] = _LF
            state[OUT] += 1
        else:
            state[WAITING] = _NEWLINE
            state[BR] += 1
