"""Text of chosen blocks as people read it.

Paragraphs and headings stand apart by a blank line. List items are lines with "- " or "1. ", two blanks for each level.
Rows of a data table are lines of cells between " | "; a table that only lays out the page is ordinary text. Lines of code
keep their white space.
"""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel
from gristmill.extract.blocks import Blocks
from gristmill.extract.elements import FIRST, LAST, MARKS, PARENT, PRE, TAG
from gristmill.extract.tags import tag_number, whole
from gristmill.extract.tokens import ATTRIBUTES, NAME, VALUE, VALUE_END
from gristmill.extract.writing import BEGIN, ELEMENT, LEAF, STOP

_LI, _UL, _OL, _TABLE, _TR, _TD, _TH, _DT, _DD, _CAPTION, _THEAD = map(
    tag_number, ("li", "ul", "ol", "table", "tr", "td", "th", "dt", "dd", "caption", "thead")
)
_START = ATTRIBUTES.index("start")
_ITEM, _LEVEL, _CELL, _ROW, _IN_TABLE, _CODE, _NUMBER, _DEFINITION = range(8)
"""Columns of the layout: nearest item, levels of lists, nearest cell, row, table, outermost <pre>, number among its
siblings (of an item or a cell), nearest dl part's parent."""

_MOST_CELL_WORDS = 40  # mean of a data table; above that it is layout
_MOST_BLOCKS = 1.5  # a cell, likewise
_LF, _SP, _DASH, _DOT, _BAR = 0x0A, 0x20, 0x2D, 0x2E, 0x7C
_SEPARATOR_BYTES = 128


@kernel
def _number_of(data: NDArray[np.uint8], attributes: NDArray[np.int32], node: NDArray[np.int32]) -> int:
    """The number before a list's first: its start less one."""
    for row in range(node[FIRST], node[LAST]):
        if attributes[row, NAME] == _START:
            value = 0
            begin, end = attributes[row, VALUE], attributes[row, VALUE_END]
            for at in range(begin, min(end, begin + 6)):
                if not 0x30 <= data[at] <= 0x39:
                    return 0
                value = value * 10 + whole(data[at]) - 0x30
            return value - 1
    return 0


@kernel
def lay_out(data: NDArray[np.uint8], attributes: NDArray[np.int32], nodes: NDArray[np.int64]) -> NDArray[np.int32]:
    """What surrounds each element, int32[elements, 8], for `render`.

    Args:
        data: the page in UTF-8.
        attributes: its tags' attributes.
        nodes: its elements.
    """
    layout = np.zeros((len(nodes), 8), np.int32)
    counts = np.zeros(len(nodes), np.int32)
    for node in range(1, len(nodes)):
        parent, tag = nodes[node, PARENT], nodes[node, TAG]
        for column in range(8):
            layout[node, column] = layout[parent, column]
        layout[node, _NUMBER] = 0
        if nodes[node, MARKS] & PRE and not nodes[parent, MARKS] & PRE:
            layout[node, _CODE] = node
        if tag == _LI:
            layout[node, _ITEM] = node
            counts[parent] += 1
            layout[node, _NUMBER] = counts[parent]
        elif tag in (_UL, _OL):
            layout[node, _LEVEL] += 1
            if tag == _OL:
                counts[node] = _number_of(data, attributes, nodes[node])
        elif tag == _TABLE:
            layout[node, _IN_TABLE] = node
            layout[node, _ROW] = layout[node, _CELL] = 0
        elif tag == _TR:
            layout[node, _ROW] = node
            layout[node, _CELL] = 0
        elif tag in (_TD, _TH):
            layout[node, _CELL] = node
            counts[parent] += 1
            layout[node, _NUMBER] = counts[parent]
        elif tag in (_DT, _DD):
            layout[node, _DEFINITION] = parent
    return layout


@kernel
def _data_tables(blocks: Blocks, sizes: NDArray[np.int64], layout: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Which elements are tables of data, bool[elements]."""
    nodes = blocks.elements
    rows = np.zeros(len(nodes), np.int32)
    cells = np.zeros(len(nodes), np.int32)
    nested = np.zeros(len(nodes), np.bool_)
    size = np.zeros(len(nodes), np.float32)
    parts = np.zeros(len(nodes), np.float32)
    for node in range(1, len(nodes)):
        table, tag = layout[node, _IN_TABLE], nodes[node, TAG]
        if tag == _TABLE:
            nested[layout[nodes[node, PARENT], _IN_TABLE]] = True
        rows[table] += tag == _TR
        cells[table] += tag in (_TD, _TH)
    for block in range(len(blocks.rows)):
        table = layout[blocks.rows[block, ELEMENT], _IN_TABLE]
        size[table] += sizes[block]
        parts[table] += 1
    is_data = np.zeros(len(nodes), np.bool_)
    for node in range(1, len(nodes)):
        is_data[node] = (
            nodes[node, TAG] == _TABLE
            and not nested[node]
            and rows[node] >= 2
            and cells[node] > rows[node]
            and size[node] <= _MOST_CELL_WORDS * cells[node]
            and parts[node] <= _MOST_BLOCKS * cells[node]
        )
    return is_data


@kernel
def _write_number(out: NDArray[np.uint8], at: int, number: int) -> int:
    digits = 1
    while 10**digits <= number:
        digits += 1
    for place in range(digits):
        out[at + digits - 1 - place] = 0x30 + number % 10
        number //= 10
    return at + digits


@kernel
def _write_bars(out: NDArray[np.uint8], at: int, bars: int) -> int:
    """Write one "| " for each cell that ended, also for cells without text."""
    for _ in range(min(bars, 16)):
        out[at] = _BAR
        out[at + 1] = _SP
        at += 2
    return at


@kernel
def _separate(
    out: NDArray[np.uint8],
    at: int,
    box: int,
    before: int,
    layout: NDArray[np.int32],
    is_data: NDArray[np.bool_],
) -> int:
    """Write what stands between the block before and this one."""
    now, last = layout[box], layout[before]
    if is_data[now[_IN_TABLE]] and now[_ROW] and now[_ROW] == last[_ROW]:
        out[at] = _SP
        return _write_bars(out, at + 1, layout[now[_CELL], _NUMBER] - layout[last[_CELL], _NUMBER])
    out[at] = _LF
    if now[_CODE] and now[_CODE] == last[_CODE]:
        return at + 1
    if is_data[now[_IN_TABLE]] and now[_IN_TABLE] == last[_IN_TABLE]:
        return at + 1
    if now[_ITEM] and last[_ITEM] and now[_LEVEL] and last[_LEVEL] and now[_CELL] == last[_CELL]:
        return at + 1
    if now[_DEFINITION] and now[_DEFINITION] == last[_DEFINITION]:
        return at + 1
    out[at + 1] = _LF
    return at + 2


@kernel
def _mark_item(out: NDArray[np.uint8], at: int, item: int, nodes: NDArray[np.int64], layout: NDArray[np.int32]) -> int:
    """Write the mark of a list item."""
    for _ in range(min(16, 2 * (layout[item, _LEVEL] - 1))):
        out[at] = _SP
        at += 1
    if nodes[nodes[item, PARENT], TAG] == _OL:
        at = _write_number(out, at, layout[item, _NUMBER])
        out[at] = _DOT
    else:
        out[at] = _DASH
    out[at + 1] = _SP
    return at + 2


@kernel
def render(
    blocks: Blocks, sizes: NDArray[np.int64], layout: NDArray[np.int32], kept: NDArray[np.bool_]
) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Text of the kept blocks, uint8[bytes], and where each block begins and ends in it, int32[blocks, 2] (0, 0 if not).

    Args:
        blocks: the page's blocks.
        sizes: words of each, int64[blocks].
        layout: what surrounds its elements: see `lay_out`.
        kept: bool[blocks].
    """
    nodes = blocks.elements
    is_data = _data_tables(blocks, sizes, layout)
    places = np.zeros((len(blocks.rows), 2), np.int32)
    size = 0
    for block in range(len(blocks.rows)):
        if kept[block]:
            size += blocks.rows[block, STOP] - blocks.rows[block, BEGIN] + _SEPARATOR_BYTES
    out = np.empty(size, np.uint8)
    at = 0
    before = item = 0
    for block in range(len(blocks.rows)):
        if not kept[block]:
            continue
        box = whole(blocks.rows[block, LEAF])
        if before:
            at = _separate(out, at, box, before, layout, is_data)
        new_item = layout[box, _ITEM]
        in_row = is_data[layout[box, _IN_TABLE]]
        if in_row and layout[box, _ROW] and (not before or layout[before, _ROW] != layout[box, _ROW]):
            at = _write_bars(out, at, layout[layout[box, _CELL], _NUMBER] - 1)
        if new_item and new_item != item and layout[box, _LEVEL] and not in_row and _is_first(blocks, block, new_item):
            at = _mark_item(out, at, new_item, nodes, layout)
        item = new_item
        places[block, 0] = at
        for place in range(blocks.rows[block, BEGIN], blocks.rows[block, STOP]):
            byte = blocks.text[place]
            out[at] = _SP if byte == _LF and in_row else byte
            at += 1
        places[block, 1] = at
        before = box
    return out[:at], places


@kernel
def _is_first(blocks: Blocks, block: int, item: int) -> bool:
    """Whether no block before it stands in the item: elements are in document order, so the item begins after them."""
    return block == 0 or blocks.rows[block - 1, LEAF] < item
