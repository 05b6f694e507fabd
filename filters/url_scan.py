"""Kernels over URLs as they were captured: where the host is, and which lists name it or the URL."""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel
from gristmill.filters.hash_table import FNV_START, HashTable, backward_hash, fnv_finish, fnv_step, look_up
from gristmill.filters.suffixes import EXCEPTION, RULE, WILDCARD

_DOT, _SLASH, _COLON, _AT = 0x2E, 0x2F, 0x3A, 0x40
_QUESTION, _HASH, _BACKSLASH, _OPEN_BRACKET, _CLOSE_BRACKET = 0x3F, 0x23, 0x5C, 0x5B, 0x5D
_AMPERSAND, _W = 0x26, 0x77
_MAX_LABELS = 128  # of a host, which has at most 253 characters


@kernel
def host_ranges(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Start and end of each URL's host in the data, without user, port, brackets and last dot: int64[urls, 2]."""
    hosts = np.zeros((len(offsets) - 1, 2), np.int64)
    for row in range(len(hosts)):
        host = host_range(data, offsets[row], offsets[row + 1])
        hosts[row, 0], hosts[row, 1] = host[0], host[1]
    return hosts


@kernel
def host_range(data: NDArray[np.uint8], start: int, stop: int) -> tuple[int, int, int]:
    """Start and end of the host of the URL data[start:stop], and where its path begins."""
    for position in range(start, stop - 2):
        if data[position] == _COLON and data[position + 1] == _SLASH and data[position + 2] == _SLASH:
            start = position + 3
            break
        if data[position] == _SLASH or data[position] == _QUESTION or data[position] == _HASH:
            break  # no scheme: "host/path?u=http://…"
    while start < stop and data[start] == _SLASH:
        start += 1
    end = start
    while end < stop and not (
        data[end] == _SLASH or data[end] == _QUESTION or data[end] == _HASH or data[end] == _BACKSLASH
    ):
        if data[end] == _AT:
            start = end + 1
        end += 1
    last = start
    if start < end and data[start] == _OPEN_BRACKET:
        start += 1
        last = start
        while last < end and data[last] != _CLOSE_BRACKET:
            last += 1
    else:
        while last < end and data[last] != _COLON:
            last += 1
    while last > start and data[last - 1] == _DOT:
        last -= 1
    return start, last, end


@kernel
def _host_state(data: NDArray[np.uint8], start: int, end: int) -> np.uint64:
    """The hash's state behind a host, from left to right and without "www."."""
    www = end - start > 4 and data[start + 3] == _DOT
    for position in range(start, start + 3 if www else start):
        www = www and data[position] | 0x20 == _W
    start += 4 if www else 0
    state = FNV_START
    for position in range(start, end):
        state = fnv_step(state, data[position])
    return state


@kernel
def url_hash(data: NDArray[np.uint8], start: int, stop: int) -> np.uint64:
    """Hash of an entry of a URL list: host and path, without scheme, port, "www.", fragment and last slash."""
    host, end, path = host_range(data, start, stop)
    state = _host_state(data, host, end)
    while stop > path and data[stop - 1] == _SLASH:
        stop -= 1
    for position in range(path, stop):
        if data[position] == _HASH:
            break
        state = fnv_step(state, data[position])
    return fnv_finish(state)


@kernel
def match_urls(data: NDArray[np.uint8], offsets: NDArray[np.int64], urls: HashTable) -> NDArray[np.int64]:
    """What a list says of the longest of its entries that a URL lies below, or -1: int64[urls].

    An entry holds for itself and for what follows it behind "/", "?" or "&". One without a path is a site's front page.
    """
    found = np.full(len(offsets) - 1, -1, np.int64)
    for row in range(len(found)):
        stop = offsets[row + 1]
        host, end, path = host_range(data, offsets[row], stop)
        if host == end:
            continue
        state = _host_state(data, host, end)
        bare = path
        while bare < stop and data[bare] == _SLASH:
            bare += 1
        if bare == stop or data[bare] == _HASH:
            found[row] = look_up(urls, fnv_finish(state))
        for position in range(path, stop):
            byte = data[position]
            if byte == _HASH:
                stop = position
                break
            if position > path and byte in (_SLASH, _QUESTION, _AMPERSAND):
                value = look_up(urls, fnv_finish(state))
                found[row] = value if value >= 0 else found[row]
            state = fnv_step(state, byte)
        if path < stop:
            value = look_up(urls, fnv_finish(state))
            found[row] = value if value >= 0 else found[row]
    return found


@kernel
def _is_address(data: NDArray[np.uint8], start: int, end: int) -> bool:
    """Whether a host is an IP address: it holds ":", or its last label begins with a digit, as no name's does."""
    first = start
    for position in range(start, end):
        if data[position] == _COLON:
            return True
        if data[position] == _DOT:
            first = position + 1
    return first < end and 0x30 <= data[first] <= 0x39


@kernel
def match_hosts(
    data: NDArray[np.uint8],
    hosts: NDArray[np.int64],
    suffixes: HashTable,
    lists: tuple[HashTable, HashTable, HashTable],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Look each host and its parents up in the lists.

    Args:
        data: bytes of the URLs.
        hosts: start and end of each host, int64[urls, 2].
        suffixes: the public suffix list.
        lists: blocked hosts; ends of hosts; allowed ends of hosts. Of a host's parents those down to its registrable
            domain are looked up in the first, so that a listed public suffix ("blogspot.com") blocks no customer of
            it; all are in the others.

    Returns:
        Start and end of the registrable domains (of the host itself if it is an address or a public suffix),
        int64[urls, 2], and what each list says of the longest match, or -1: int64[3, urls].
    """
    blocked, ends, allowed = lists
    domains = hosts.copy()
    found = np.full((3, len(hosts)), -1, np.int64)
    hashes = np.zeros(_MAX_LABELS + 1, np.uint64)
    starts = np.zeros(_MAX_LABELS + 1, np.int64)
    for row in range(len(hosts)):
        start, end = hosts[row]
        if start == end:
            continue
        if _is_address(data, start, end):
            key = backward_hash(data, start, end)
            found[0, row], found[2, row] = look_up(blocked, key), look_up(allowed, key)
            continue
        labels = 0  # hashes[k] is that of the last k labels
        state = FNV_START
        for position in range(end - 1, start - 1, -1):
            if data[position] == _DOT and labels < _MAX_LABELS - 1:
                labels += 1
                hashes[labels], starts[labels] = fnv_finish(state), position + 1
            state = fnv_step(state, data[position])
        labels += 1
        hashes[labels], starts[labels] = fnv_finish(state), start
        own = min(_suffix_labels(suffixes, hashes, labels) + 1, labels)
        domains[row, 0] = starts[own]
        for count in range(1, labels + 1):
            value = look_up(ends, hashes[count])
            found[1, row] = value if value >= 0 else found[1, row]
            value = look_up(allowed, hashes[count])
            found[2, row] = value if value >= 0 else found[2, row]
            if count >= own:
                value = look_up(blocked, hashes[count])
                found[0, row] = value if value >= 0 else found[0, row]
    return domains, found


@kernel
def _suffix_labels(suffixes: HashTable, hashes: NDArray[np.uint64], labels: int) -> int:
    """How many of a host's last labels are its public suffix (the algorithm of publicsuffix.org)."""
    longest = 1  # the rule "*" that holds where no other does
    for count in range(1, labels + 1):
        flags = look_up(suffixes, hashes[count])
        if flags < 0:
            continue
        if flags & EXCEPTION:
            return count - 1
        if flags & RULE:
            longest = max(longest, count)
        if flags & WILDCARD and count < labels:
            longest = max(longest, count + 1)
    return longest


@kernel
def cut(data: NDArray[np.uint8], ranges: NDArray[np.int64]) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Copy pieces of a buffer in lower case: their bytes, uint8[bytes], and offsets, int32[pieces + 1]."""
    offsets = np.zeros(len(ranges) + 1, np.int32)
    for row in range(len(ranges)):
        offsets[row + 1] = offsets[row] + ranges[row, 1] - ranges[row, 0]
    copied = np.empty(offsets[-1], np.uint8)
    for row in range(len(ranges)):
        for i in range(ranges[row, 1] - ranges[row, 0]):
            byte = data[ranges[row, 0] + i]
            copied[offsets[row] + i] = byte | 0x20 if 0x41 <= byte <= 0x5A else byte
    return copied, offsets
