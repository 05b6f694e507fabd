"""Lists of hosts, URLs and words as people keep them: text files with one entry a line, in folders of categories.

`#` starts a comment in lists of hosts and words, `[name]` a category in lists of hosts. Lines before the first `[name]` are
of the category that the file is named after, or its folder if the file is called `domains` or `urls`: the layout of the
UT1 collection (Université Toulouse Capitole). A line that cannot be an entry is an error that names file and line: a list
that is half understood lets pages through unseen.

What is made of a large list is kept beside the compiled kernels, named by a digest of the list's content, and mapped into
memory, so that all workers of a machine hold one copy.
"""

import contextlib
import json
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import xxhash
from numpy.typing import NDArray

from gristmill.core.errors import InputError
from gristmill.core.jit import cache_folder
from gristmill.filters.hash_table import HashTable, backward_hash, hash_table
from gristmill.filters.list_entries import (
    CATEGORY,
    FOREIGN,
    MAX_HOST_BYTES,
    NEWLINE,
    PLAIN,
    entry_starts,
    list_entries,
)

LISTS = Path(__file__).parent / "lists"
RECOMMENDED = ("adult", "mixed_adult", "phishing", "malware", "ddos", "gambling", "agressif", "dating")

_CACHED_BYTES = 1 << 20  # smaller lists are read again in less time than a file is opened
_FORMAT = 1  # of the cached arrays; raised with the hash or the rules of reading


class HostList(NamedTuple):
    """Hosts or URLs of several files: a table whose values count through the names of the categories."""

    table: HashTable
    categories: tuple[str, ...]


def collection_lists(folder: Path, categories: tuple[str, ...], kind: str) -> tuple[Path, ...]:
    """The files of a kind, "domains" or "urls", of some categories of a collection in UT1's layout.

    Args:
        categories: names of folders in it; none for those of RECOMMENDED that it has.

    Raises:
        InputError: the collection or a category is not there.
    """
    if not folder.is_dir():
        raise InputError(f"the collection of lists {folder} is no folder; correct urls.collection.")
    there = sorted(
        path.name for path in folder.iterdir() if any((path / name).is_file() for name in ("domains", "urls"))
    )
    wanted = categories or tuple(name for name in RECOMMENDED if name in there)
    missing = sorted(set(wanted) - set(there))
    if missing or not wanted:
        lacks = f"has no category {missing[0]!r}" if missing else "has none of the recommended categories"
        raise InputError(
            f"the collection of lists {folder} {lacks} (a folder with a file `domains` or `urls`); "
            f"set urls.categories to some of those it has: {', '.join(there) or 'none'}."
        )
    return tuple(path for name in wanted if (path := folder / name / kind).is_file())


def licence_note(path: Path) -> str:
    """What a list says of its licence: the comment line that has the word, else a file of that name beside or above it."""
    for line in _read(path)[:4096].decode("utf-8", "replace").splitlines():
        if line.startswith("#") and "licen" in line.lower():
            return line.strip("# ")
    for folder in (path.parent, path.parent.parent):
        for name in sorted(each.name for each in folder.iterdir()):
            if name.lower().startswith(("licen", "copying", "cc-by")):
                return f"see {folder / name}"
    return "no note of a licence"


@lru_cache(maxsize=16)
def load_words(paths: tuple[Path, ...]) -> tuple[str, ...]:
    """The words of list files, one a line: in lower case, sorted, each once, letters and digits only.

    Raises:
        InputError: a file cannot be read, or a line holds several words or none.
    """
    words = set()
    for path in paths:
        for number, line in enumerate(_read(path).decode("utf-8", "replace").splitlines(), 1):
            entry = line.partition("#")[0].strip()
            word = "".join(filter(str.isalnum, entry.lower()))
            odd = min(entry, default=" ") < " " or "\ufffd" in entry
            if entry and (odd or not word or len(entry.split()) > 1 or len(entry) > MAX_HOST_BYTES):
                raise _bad_line(path, number, entry, "one word, in UTF-8")
            words.add(word)
    return tuple(sorted(words - {""}))


@lru_cache(maxsize=16)
def load_hosts(paths: tuple[Path, ...]) -> HostList:
    """Read host lists; a host in two of them has the category of the first.

    Raises:
        InputError: a file cannot be read, or a line is no host.
    """
    return _load(paths, urls=False)


@lru_cache(maxsize=16)
def load_urls(paths: tuple[Path, ...]) -> HostList:
    """Read URL lists; a URL in two of them has the category of the first.

    Raises:
        InputError: a file cannot be read, or a line is no URL.
    """
    return _load(paths, urls=True)


def _load(paths: tuple[Path, ...], urls: bool) -> HostList:
    """The table of some files, from the cache if they are large."""
    if sum(len(_mapped(path)) for path in paths) < _CACHED_BYTES:
        return _parse(paths, urls)
    digest = xxhash.xxh3_128(f"{_FORMAT} {urls}".encode())
    for path in paths:
        data: Any = _mapped(path)
        digest.update(f"\n{_category(path)} {len(data)} ".encode())
        digest.update(data)
    folder = cache_folder().parent / "lists" / digest.hexdigest()
    if not folder.exists() and not _keep(folder, made := _parse(paths, urls)):
        return made
    table = HashTable(*(np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r")) for name in HashTable._fields))
    return HostList(table, tuple(json.loads((folder / "categories.json").read_text())))


def _keep(folder: Path, made: HostList) -> bool:
    """Put a table where the next process finds it, whole or not at all; False if nothing can be written there."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
            unfinished = Path(temporary) / "lists"
            unfinished.mkdir()
            for name, array in made.table._asdict().items():
                np.save(unfinished / f"{name}.npy", array)
            (unfinished / "categories.json").write_text(json.dumps(made.categories))
            with contextlib.suppress(FileExistsError):  # another process was first
                unfinished.rename(folder)
    except OSError:
        return folder.exists()
    return True


def _parse(paths: tuple[Path, ...], urls: bool) -> HostList:
    categories: dict[str, int] = {}
    all_hashes, all_values = [np.zeros(0, np.uint64)], [np.zeros(0, np.int16)]
    for path in paths:
        hashes, values = _parse_file(path, urls, categories)
        all_hashes.append(hashes)
        all_values.append(values)
    return HostList(hash_table(np.concatenate(all_hashes), np.concatenate(all_values)), tuple(categories))


def _parse_file(path: Path, urls: bool, categories: dict[str, int]) -> tuple[NDArray[np.uint64], NDArray[np.int16]]:
    """Hashes of a file's entries and the numbers of their categories, which are added to the known ones."""
    data = _mapped(path)
    hashes, kinds = list_entries(data, urls)
    values = np.full(len(hashes), categories.setdefault(_category(path), len(categories)), np.int16)
    special = np.flatnonzero(kinds != PLAIN)
    for entry, start in zip(special.tolist(), entry_starts(data, urls, special).tolist(), strict=True):
        number, text = _line(data, start)
        if kinds[entry] == CATEGORY and not urls:
            values[entry:] = categories.setdefault(text.strip("[] \t"), len(categories))
        elif kinds[entry] == FOREIGN and not urls:
            hashes[entry] = _host_hash(path, number, text)
        elif kinds[entry] != FOREIGN:
            raise _bad_line(
                path, number, text, "a URL without spaces" if urls else "a host name; one a line is expected"
            )
    kept = kinds != CATEGORY
    return hashes[kept], values[kept]


def _line(data: NDArray[np.uint8], start: int) -> tuple[int, str]:
    """Number and text of the line in which an entry starts, without its comment."""
    number = int(np.count_nonzero(data[:start] == NEWLINE)) + 1
    line = data[start : start + 4 * MAX_HOST_BYTES].tobytes().partition(b"\n")[0]
    try:
        return number, line.decode().partition("#")[0].strip()
    except UnicodeDecodeError:
        return number, line.decode("utf-8", "replace").strip()


def _host_hash(path: Path, number: int, host: str) -> np.uint64:
    """The hash of a host in another script: crawlers write it in its ASCII form."""
    try:
        ascii_form = host.strip("*. ").lower().encode("idna")
    except UnicodeError:
        raise _bad_line(path, number, host, "a host name; one a line is expected") from None
    return backward_hash(np.frombuffer(ascii_form, np.uint8), 0, len(ascii_form))


def _category(path: Path) -> str:
    return path.parent.name if path.name in ("domains", "urls") else path.stem


def _mapped(path: Path) -> NDArray[np.uint8]:
    """A file's bytes, uint8[bytes], read-only."""
    try:
        return np.asarray(np.memmap(path, np.uint8, "r")) if path.stat().st_size else np.frombuffer(b"", np.uint8)
    except OSError as error:
        raise _unreadable(path, error) from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> InputError:
    return InputError(f"the list {path} cannot be read ({error.strerror}); correct the stage's parameters.")


def _bad_line(path: Path, number: int, entry: str, wanted: str) -> InputError:
    shown = entry if len(entry) <= 60 else entry[:60] + "…"
    return InputError(
        f"{path}, line {number}: {shown!r} is not {wanted}. Mend or delete the line, or name another list."
    )
