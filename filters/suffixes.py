"""The public suffix list as kernels search it: which part of a host is a registrable domain (https://publicsuffix.org).

The list is the file inside the `publicsuffixlist` package, private section included, so that `a.github.io` and
`b.github.io` are two sites. Nothing is fetched; a new version of the package gives stages that read it a new key.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np
import publicsuffixlist

from gristmill.filters.hash_table import HashTable, backward_hash, hash_table

FILE = Path(publicsuffixlist.PSLFILE)

RULE, WILDCARD, EXCEPTION = 1, 2, 4
"""What a host is in the list: a suffix, the parent of suffixes ("*.ck"), a domain in spite of that ("!www.ck")."""


@lru_cache(maxsize=1)
def rules() -> dict[str, int]:
    """Every host of the list, in ASCII form, with its flags."""
    found: dict[str, int] = {}
    for line in FILE.read_text(encoding="utf-8").splitlines():
        rule = line.split(maxsplit=1)[0] if line.strip() else ""
        if not rule or rule.startswith("//"):
            continue
        flag = EXCEPTION if rule.startswith("!") else WILDCARD if rule.startswith("*.") else RULE
        host = rule.removeprefix("!").removeprefix("*.").lower()
        host = host if host.isascii() else host.encode("idna").decode()  # the codec takes 50 µs a host
        found[host] = found.get(host, 0) | flag
    return found


@lru_cache(maxsize=1)
def suffix_table() -> HashTable:
    """The rules by hash of their host, for look_up: values are flags."""
    hosts = [np.frombuffer(host.encode(), np.uint8) for host in rules()]
    hashes = [backward_hash(host, 0, len(host)) for host in hosts]
    return hash_table(np.array(hashes, np.uint64), np.array(list(rules().values()), np.int16))


@lru_cache(maxsize=1)
def top_level_domains() -> frozenset[str]:
    """The top-level domains in use: the last labels of all rules, in ASCII form."""
    return frozenset(host.rpartition(".")[2] for host in rules())
