"""Counting words of a list that no page may hold, as C4 did (filters/c4.py); reading such lists.

A bad word counts where a character that is no letter, digit or underscore, or an end of the text, stands on both sides,
in the lower-cased text; in Chinese, Japanese and Thai anywhere, but for the few entries that TFDS leaves out there as parts
of harmless words, and for ASCII words of a list that is not the language's own, which may not be parts of others ("class"). A
kernel picks the few documents that hold a run of ASCII letters of some list entry; the regular
expression sees only those.
"""

import codecs
import re
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gristmill.core.batch import Batch
from gristmill.core.errors import InputError
from gristmill.core.jit import kernel
from gristmill.core.limits import in_languages
from gristmill.core.polynomial import HASH_BASE, text_hash

_BITS = 1 << 16
_ONE = np.uint64(1)
_SHIFT = np.uint64(48)  # the upper 16 bits address the bitmap
_HARMLESS = {"ja": ("sm", "グロ", "女の子"), "zh": ("性",), "th": ()}  # TFDS `c4_utils`; by language without spaces

_List = tuple[re.Pattern[str], NDArray[np.bool_], bool]


def count_bad_words(batch: Batch, path: Path | None, by_language: dict[str, Path]) -> NDArray[np.int64]:
    """Bad words in each document by its language's list, else by the one at `path`; without one 0. int64[documents]."""
    counts = np.zeros(len(batch), np.int64)
    left = np.ones(len(batch), np.bool_)
    for language in sorted({*_HARMLESS, *by_language}):
        rows = in_languages(batch, (language,))
        unspaced = language if language in _HARMLESS else ""
        own = by_language.get(language)
        _count(batch, _prepare(own or path, unspaced, own is not None), rows, counts)
        left &= ~rows
    _count(batch, _prepare(path, "", True), left, counts)
    return counts


def _count(batch: Batch, prepared: _List | None, rows: NDArray[np.bool_], counts: NDArray[np.int64]) -> None:
    """Put the counts of some documents into `counts`."""
    if prepared is None or not rows.any():
        return
    pattern, wanted, any_script = prepared
    texts = batch.column("text")
    for row in np.flatnonzero(rows & may_hold(batch.text.data, batch.text.offsets, wanted, any_script)):
        counts[row] = sum(1 for _ in pattern.finditer(texts[int(row)].as_py().lower()))


@lru_cache(maxsize=64)
def _prepare(path: Path | None, language: str, own: bool) -> _List | None:
    """The list as an expression, as a bitmap of hashes, and whether it must be tried on any text with other letters.

    In a language without spaces entries may stand anywhere, those of its own list also within a run of ASCII letters.
    """
    if path is None:
        return None
    entries = [entry for entry in read_entries(path) if entry not in _HARMLESS.get(language, ())]
    wanted = np.full(_BITS, bool(language))
    any_script = bool(language)
    for entry in entries:
        runs = re.findall(r"[a-z0-9_]+", entry)
        any_script |= not runs
        if runs:
            wanted[_address(max(runs, key=len))] = True
    wanted.flags.writeable = False
    either = "|".join(map(re.escape if own else _whole, entries)) or "(?!)"
    return re.compile(either if language else rf"(?:\W|^)(?:{either})(?:\W|$)"), wanted, any_script


def _whole(entry: str) -> str:
    """An expression for an entry that is no part of a longer run of ASCII letters."""
    before = r"(?<![a-z0-9_])" if re.match("[a-z0-9_]", entry) else ""
    return before + re.escape(entry) + (r"(?![a-z0-9_])" if re.search(r"[a-z0-9_]\Z", entry) else "")


def read_entries(path: Path) -> list[str]:
    """The words and phrases of a list, one a line, lower-case, sorted; InputError if there are none to read."""
    try:
        lines = path.read_bytes().removeprefix(codecs.BOM_UTF8).split(b"\n")
    except OSError as error:
        raise InputError(f"cannot read the list of words {path}: {error.strerror}; name a UTF-8 file.") from error
    entries = sorted({_entry(line, path, number) for number, line in enumerate(lines, 1)} - {""})
    if not entries:
        raise InputError(f"the list of words {path} is empty; leave it out of the recipe to have none.")
    return entries


def _entry(line: bytes, path: Path, number: int) -> str:
    try:
        entry = line.decode().strip()
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}, line {number}: {line[:60]!r} is not UTF-8 ({error.reason}). Write the list in UTF-8, or name another."
        ) from error
    if min(entry, default=" ") < " ":
        raise InputError(f"{path}, line {number}: {entry[:60]!r} has control characters. Mend or delete the line.")
    return entry.lower()


def _address(run: str) -> int:
    return text_hash(run) >> int(_SHIFT)


@kernel
def may_hold(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], wanted: NDArray[np.bool_], any_script: bool
) -> NDArray[np.bool_]:
    """Which texts have a run of ASCII letters, digits and underscores in the bitmap, bool[texts].

    Also those with other letters if `any_script`.
    """
    found = np.zeros(len(offsets) - 1, np.bool_)
    for row in range(len(found)):
        value = np.uint64(0)
        for at in range(offsets[row], offsets[row + 1]):
            byte = data[at]
            if 0x41 <= byte <= 0x5A:
                byte |= 0x20
            if 0x61 <= byte <= 0x7A or 0x30 <= byte <= 0x39 or byte == 0x5F:
                value = value * HASH_BASE + np.uint64(byte) + _ONE
                continue
            found[row] |= (any_script and byte >= 0x80) or (value != 0 and wanted[value >> _SHIFT])
            if found[row]:
                break
            value = np.uint64(0)
        found[row] |= value != 0 and wanted[value >> _SHIFT]
    return found
