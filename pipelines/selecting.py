"""The input files of a run: what --input names, or else what the recipe's [input] table selects.

What asks servers is imported when a server is to be asked: DuckDB and httpx take half a second.
"""

import dataclasses
from collections.abc import Iterable, Iterator, MutableMapping, Sequence

import orjson

from gristmill.core.documents import file_prefix
from gristmill.core.errors import InputError
from gristmill.crawl.input_file import InputFile
from gristmill.crawl.inputs import expand_inputs, refuse_twins
from gristmill.crawl.selection import Selection
from gristmill.pipelines.store import Store, open_store

_KNOWN_DIGESTS = "runs/inputs.cache"
_NOTES = "runs/notes"


def find_files(selection: Selection, inputs: Sequence[str], store: Store) -> tuple[InputFile, ...]:
    """All input files of a run, by address.

    Args:
        selection: the recipe's.
        inputs: as the user wrote them; if there are any, they stand in the place of what the recipe selects.
        store: keeps digests of local files and lists of crawls, so that neither is asked for again.

    Raises:
        InputError: what is wrong, in one sentence.
    """
    named = list(inputs) or list(selection.paths)
    files: list[InputFile] = []
    if named:
        files += _expand(named, selection, store)
    if selection.remote and not inputs:
        files += selected_files(selection, StoreNotes(store))
    if not files:
        raise InputError(
            "no input given. Name WARC files, folders, globs or URLs with --input, or select a crawl in the recipe's "
            "[input]; 'gristmill sample' makes some."
        )
    if selection.new:
        files = _only_new(files, store)
    files.sort(key=lambda file: (file.address, file.location))
    refuse_twins(files)
    _check_prefixes(files)
    return tuple(files)


class NothingNewError(InputError):
    """All files that were named are in the store already."""


def named_inputs(inputs: Sequence[str], lines: Iterable[str]) -> list[str]:
    """Inputs with the list that "-" stands for: one path or URL a line; blank lines and those with # in front are left out."""
    listed = (line.strip() for line in lines) if "-" in inputs else ()
    names = [name for name in listed if name and not name.startswith("#")]
    if "-" in inputs and not names:
        raise InputError("--input - reads a list of inputs from standard input, and nothing came.")
    return [*(name for name in inputs if name != "-"), *names]


def _only_new(files: Sequence[InputFile], store: Store) -> list[InputFile]:
    from gristmill.pipelines.status import known_addresses

    known = known_addresses(store, finished=True)
    new = [file for file in files if file.address not in known]
    if not new:
        raise NothingNewError(f"nothing is new: finished runs in {store.url} are about all {len(files):,} files.")
    return new


def selected_files(selection: Selection, notes: MutableMapping[str, bytes]) -> tuple[InputFile, ...]:
    """What a selection takes of Common Crawl, asked for within the budget of one process."""
    from gristmill.crawl.access import access_of
    from gristmill.crawl.asking import Asker
    from gristmill.crawl.budget import Pace
    from gristmill.crawl.manners import PLANNING
    from gristmill.crawl.selected import select_files

    access = access_of()
    permits = Pace(access.requests_per_second, access.bytes_per_second)
    with Asker(permits, dataclasses.replace(PLANNING, contact=access.contact)) as asker:
        return select_files(selection, access, asker, notes)


def _expand(named: Sequence[str], selection: Selection, store: Store) -> tuple[InputFile, ...]:
    """Find the named files; digests of local files that have not changed since are taken from a note in the store."""
    known = {(row[0], row[1], row[2]): row[3] for row in store.read_json(_KNOWN_DIGESTS) or []}
    before = dict(known)
    files = expand_inputs(named, known, {str(role): name for role, name in selection.columns.items()})
    if known != before:
        store.put(_KNOWN_DIGESTS, orjson.dumps([[*key, digest] for key, digest in sorted(known.items())]))
    return files


def new_crawls(store: str, most: int) -> list[str]:
    """The newest crawls that no run of a store is about, oldest of them first."""
    from gristmill.crawl.access import access_of
    from gristmill.crawl.asking import Asker
    from gristmill.crawl.crawls import list_crawls
    from gristmill.crawl.manners import PLANNING
    from gristmill.pipelines.status import known_crawls

    access = access_of()
    with Asker(manners=dataclasses.replace(PLANNING, contact=access.contact)) as asker:
        listed = [crawl.id for crawl in list_crawls(access, asker)]
    known = known_crawls(open_store(store))
    # Only what is newer than anything here: who began with this year's crawls has not asked for those of 2013.
    newer = listed[: next((place for place, crawl in enumerate(listed) if crawl in known), 1)]
    return list(reversed(newer))[:most]


class StoreNotes(MutableMapping[str, bytes]):
    """Lists of crawls and answers of indexes in a store; what was published does not change."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getitem__(self, name: str) -> bytes:
        data = self._store.read(f"{_NOTES}/{name}")
        if data is None:
            raise KeyError(name)
        return data

    def __setitem__(self, name: str, data: bytes) -> None:
        self._store.put(f"{_NOTES}/{name}", data)

    def __delitem__(self, name: str) -> None:
        self._store.delete(f"{_NOTES}/{name}")

    def __iter__(self) -> Iterator[str]:
        return (path.removeprefix(f"{_NOTES}/") for path in self._store.list(_NOTES))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _check_prefixes(files: Sequence[InputFile]) -> None:
    """Document ids start with 64 bits of the file's address: two files must not share them."""
    seen: dict[bytes, str] = {}
    for file in files:
        other = seen.setdefault(file_prefix(file.address), file.address)
        if other != file.address:
            raise InputError(f"the addresses {other} and {file.address} hash alike. Rename one of the files.")
