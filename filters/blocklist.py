"""Lists of hosts, words and sub-words in the form that kernels search: sorted 64-bit hashes, and an automaton.

A host list is a text file with one host or domain a line, as those of the UT1 collection; `#` starts a comment,
`[name]` a category. Lines before the first `[name]` are of the category that the file is named after, or its folder if
the file is called `domains`, UT1's layout. Ten bytes an entry are held: 46 MB for UT1's 4.6 million adult domains.
Two of so many hosts share a hash with probability 10⁻⁶; a wrong match needs a page of exactly such a host.
"""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gristmill.core.errors import InputError
from gristmill.core.jit import kernel

LISTS = Path(__file__).parent / "lists"

FNV_START = np.uint64(0xCBF29CE484222325)
_FNV_PRIME = np.uint64(0x100000001B3)
_MIX = np.uint64(0x9E3779B97F4A7C15)
_HALF = np.uint64(32)
_BUCKET_BITS = 16  # an index over the first bits of the hash saves 16 of 22 search steps


class HashTable(NamedTuple):
    """A map from 64-bit hashes to small integers.

    Attributes:
        hashes: sorted, each once: uint64[entries].
        values: int16[entries].
        first: where the hashes whose first 16 bits are b begin, and end, at b + 1: int64[65537].
    """

    hashes: NDArray[np.uint64]
    values: NDArray[np.int16]
    first: NDArray[np.int64]


class Automaton(NamedTuple):
    """Aho and Corasick's machine over ASCII letters and digits.

    Attributes:
        steps: the next state by state and class of the byte: int32[states, classes].
        ends: how many words end in a state: int32[states].
        classes: class of each byte; 0 begins anew, SKIPPED is passed over: uint8[256].
    """

    steps: NDArray[np.int32]
    ends: NDArray[np.int32]
    classes: NDArray[np.uint8]


class HostList(NamedTuple):
    """Hosts of several files: a table whose values count through the names of the categories."""

    table: HashTable
    categories: tuple[str, ...]


SKIPPED = 255


@kernel
def fnv_step(state: np.uint64, byte: np.uint8) -> np.uint64:
    """Take one more byte, in lower case, into a hash (FNV-1a)."""
    if 0x41 <= byte <= 0x5A:
        byte = np.uint8(byte | 0x20)
    return np.uint64((state ^ np.uint64(byte)) * _FNV_PRIME)


@kernel
def fnv_finish(state: np.uint64) -> np.uint64:
    """The hash of a state: FNV's first bits are poor, and the index looks at them."""
    return np.uint64((state ^ (state >> _HALF)) * _MIX)


@kernel
def backward_hash(data: NDArray[np.uint8], start: int, end: int) -> np.uint64:
    """Hash of bytes from the last to the first, so that a host's parents are hashed on the way."""
    state = FNV_START
    for position in range(end - 1, start - 1, -1):
        state = fnv_step(state, data[position])
    return fnv_finish(state)


@kernel
def look_up(table: HashTable, key: np.uint64) -> int:
    """The value of a hash, -1 if it has none."""
    bucket = np.int64(key >> np.uint64(64 - _BUCKET_BITS))
    low, high = table.first[bucket], table.first[bucket + 1]
    while low < high:
        middle = (low + high) // 2
        if table.hashes[middle] < key:
            low = middle + 1
        else:
            high = middle
    if low < table.first[bucket + 1] and table.hashes[low] == key:
        return int(table.values[low])
    return -1


def hash_table(hashes: NDArray[np.uint64], values: NDArray[np.int16]) -> HashTable:
    """Sort hashes for look_up; of equal ones the first counts."""
    keys, first_seen = np.unique(hashes, return_index=True)
    edges = np.arange((1 << _BUCKET_BITS) + 1, dtype=np.uint64)
    first = np.searchsorted(keys >> np.uint64(64 - _BUCKET_BITS), edges).astype(np.int64)
    table = HashTable(keys, values[first_seen].astype(np.int16), first)
    for array in table:
        array.flags.writeable = False
    return table


@lru_cache(maxsize=16)
def word_table(words: tuple[str, ...]) -> HashTable:
    """A table whose values are the words' places in the tuple."""
    if len(words) > np.iinfo(np.int16).max:
        raise InputError(f"a word list of {len(words):,} words is too long: at most {np.iinfo(np.int16).max:,}.")
    data = np.frombuffer("".join(words).encode(), np.uint8)
    ends = np.cumsum([len(word.encode()) for word in words], dtype=np.int64)
    hashes = [backward_hash(data, end - len(word.encode()), end) for word, end in zip(words, ends, strict=True)]
    return hash_table(np.array(hashes, np.uint64), np.arange(len(words), dtype=np.int16))


@lru_cache(maxsize=16)
def load_words(paths: tuple[Path, ...]) -> tuple[str, ...]:
    """The words of list files, one a line: in lower case, sorted, each once, letters and digits only."""
    words = set()
    for path in paths:
        for line in _read(path).decode("utf-8", "replace").splitlines():
            word = "".join(filter(str.isalnum, line.partition("#")[0].lower()))
            words.add(word)
    return tuple(sorted(words - {""}))


@lru_cache(maxsize=16)
def load_hosts(paths: tuple[Path, ...]) -> HostList:
    """Read host lists; a host in two of them has the category of the first."""
    categories: dict[str, int] = {}
    all_hashes, all_values = [np.zeros(0, np.uint64)], [np.zeros(0, np.int16)]
    for path in paths:
        data = np.frombuffer(_read(path), np.uint8)
        hashes, starts, ends, kinds = _list_lines(data)
        name = path.parent.name if path.stem == "domains" and path.suffix == "" else path.stem
        values = np.full(len(hashes), categories.setdefault(name, len(categories)), np.int16)
        for line in np.flatnonzero(kinds == _CATEGORY):
            name = data[starts[line] : ends[line]].tobytes().decode("utf-8", "replace").strip("[] \t")
            values[line:] = categories.setdefault(name, len(categories))
        for line in np.flatnonzero(kinds == _FOREIGN):  # crawlers write such hosts in their ASCII form
            host = data[starts[line] : ends[line]].tobytes().decode("utf-8", "replace")
            ascii_form = np.frombuffer(_ascii_host(host, path), np.uint8)
            hashes[line] = backward_hash(ascii_form, 0, len(ascii_form))
        hosts = kinds != _CATEGORY
        all_hashes.append(hashes[hosts])
        all_values.append(values[hosts])
    return HostList(hash_table(np.concatenate(all_hashes), np.concatenate(all_values)), tuple(categories))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            f"the list {path} cannot be read ({error.strerror}); correct the stage's parameters."
        ) from error


def _ascii_host(host: str, path: Path) -> bytes:
    try:
        return host.encode("idna")
    except UnicodeError as error:
        raise InputError(f"the list {path} has a line that is no host: {host!r} ({error}).") from error


_HOST, _CATEGORY, _FOREIGN = 0, 1, 2


@kernel
def _list_lines(
    data: NDArray[np.uint8],
) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int8]]:
    """The lines of a host list that are not blank: hash, start, end, and whether host, category or not ASCII."""
    capacity = 1
    for byte in data:
        capacity += byte == 0x0A
    hashes, kinds = np.zeros(capacity, np.uint64), np.zeros(capacity, np.int8)
    starts, ends = np.zeros(capacity, np.int64), np.zeros(capacity, np.int64)
    count = position = 0
    while position < len(data):
        start = position
        while position < len(data) and data[position] != 0x0A:
            position += 1
        end = start
        while end < position and data[end] != 0x23:  # "#"
            end += 1
        while end > start and (data[end - 1] <= 0x20 or data[end - 1] == 0x2E):
            end -= 1
        while start < end and (data[start] <= 0x20 or data[start] == 0x2A or data[start] == 0x2E):  # "*" and "."
            start += 1
        position += 1
        if start == end:
            continue
        for place in range(start, end):
            if data[place] >= 0x80:
                kinds[count] = _FOREIGN
        if data[start] == 0x5B:  # "["
            kinds[count] = _CATEGORY
        hashes[count], starts[count], ends[count] = backward_hash(data, start, end), start, end
        count += 1
    return hashes[:count], starts[:count], ends[:count], kinds[:count]


@lru_cache(maxsize=16)
def automaton(words: tuple[str, ...]) -> Automaton:
    """The machine that finds any of the words, with `-` and `.` passed over wherever they stand."""
    letters = sorted({letter for word in words for letter in word.encode()})
    classes = np.zeros(256, np.uint8)
    for number, letter in enumerate(letters, 1):
        classes[letter] = number
        classes[ord(chr(letter).upper()) if letter < 0x80 else letter] = number
    classes[[ord("-"), ord(".")]] = SKIPPED
    trie: list[dict[int, int]] = [{}]
    ends = [0]
    for word in words:
        state = 0
        for letter in word.encode():
            if int(classes[letter]) not in trie[state]:
                trie[state][int(classes[letter])] = len(trie)
                trie.append({})
                ends.append(0)
            state = trie[state][int(classes[letter])]
        ends[state] += 1
    return _with_failures(trie, ends, classes, len(letters) + 1)


def _with_failures(trie: list[dict[int, int]], ends: list[int], classes: NDArray[np.uint8], width: int) -> Automaton:
    """Close a trie under failure: where no edge leads on, go where the longest proper suffix would."""
    steps = np.zeros((len(trie), width), np.int32)
    total = np.array(ends, np.int32)
    queue = [(0, 0)]  # states in order of depth, each with the state of its longest proper suffix
    for state, fallback in queue:
        if state:
            total[state] += total[fallback]
            steps[state] = steps[fallback]
        for letter, target in trie[state].items():
            queue.append((target, int(steps[state, letter])))
            steps[state, letter] = target
    steps[:, 0] = 0
    machine = Automaton(steps, total, classes)
    for array in machine:
        array.flags.writeable = False
    return machine
