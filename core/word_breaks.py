"""Where words begin in scripts written without spaces, by the dictionaries of ICU (through icu4py).

Runs of Han, kana, Thai, Lao, Khmer, Myanmar and Tibetan characters are cut, whatever the language of the text; what
stands around them is not touched. ICU's dictionaries come with the pinned icu4py: another version may cut otherwise.
Slow, 1 to 2 MB/s of such text, so no default asks for it.
"""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.batch import TextBuffers
from gristmill.core.characters import decode
from gristmill.core.jit import kernel

# First and last code point of each script's blocks, ascending.
_BLOCKS = np.array(
    [
        (0x0E00, 0x0FFF),  # Thai, Lao, Tibetan
        (0x1000, 0x109F),  # Myanmar
        (0x1780, 0x17FF),  # Khmer
        (0x3005, 0x3007),  # marks that repeat a Han character
        (0x3041, 0x30FA),  # kana; the middle dot behind them is a mark
        (0x30FC, 0x30FF),
        (0x31F0, 0x31FF),
        (0x3400, 0x4DBF),  # Han
        (0x4E00, 0x9FFF),
        (0xF900, 0xFAFF),
        (0xFF66, 0xFF9D),  # narrow kana
        (0x20000, 0x3FFFF),  # rare Han
    ]
)
_LOWEST_LEAD = 0xE0  # of the bytes that may start one of them


def dictionary_breaks(text: TextBuffers) -> NDArray[np.int64]:
    """Bytes of the buffer where a word begins or a run of such scripts ends, ascending; int64[breaks]."""
    runs = unspaced_runs(text.data, text.offsets)
    if not len(runs):
        return np.zeros(0, np.int64)
    from icu4py.breakers import WordBreaker

    view = memoryview(text.data.data)
    found = []
    for start, end in runs.tolist():
        run = bytes(view[start:end])
        begins = np.fromiter((begin for begin, _ in WordBreaker(run.decode(), "en").segments()), np.int64)
        found.append(start + _utf16_places(run)[begins])
        found.append(np.array([end]))
    return np.concatenate(found)


def _utf16_places(run: bytes) -> NDArray[np.int64]:
    """The byte of each UTF-16 unit of a run, in which ICU counts: int64[units]."""
    leads = np.frombuffer(run, np.uint8)
    places = np.flatnonzero((leads & 0xC0) != 0x80)
    return np.repeat(places, np.where(leads[places] >= 0xF0, 2, 1))


@kernel
def unspaced_runs(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Runs of characters of scripts written without spaces, as first and last byte (exclusive): int64[runs, 2]."""
    runs = np.empty((_most_runs(data, offsets), 2), np.int64)
    count = 0
    for row in range(len(offsets) - 1):
        start = -1
        at = offsets[row]
        while at < offsets[row + 1]:
            code, size = decode(data, at)
            inside = data[at] >= _LOWEST_LEAD and _is_unspaced(code)
            if inside and start < 0:
                start = at
            elif start >= 0 and not inside:
                runs[count, 0] = start
                runs[count, 1] = at
                count += 1
                start = -1
            at += size
        if start >= 0:
            runs[count, 0] = start
            runs[count, 1] = at
            count += 1
    return runs[:count]


@kernel
def _is_unspaced(code: int) -> bool:
    for block in range(len(_BLOCKS)):
        if code <= _BLOCKS[block, 1]:
            return bool(code >= _BLOCKS[block, 0])
    return False


@kernel
def _most_runs(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> int:
    """An upper bound of the number of runs: each has a leading byte, and the next one something between them."""
    leads = 0
    for at in range(offsets[0], offsets[-1]):
        leads += data[at] >= _LOWEST_LEAD
    return leads
