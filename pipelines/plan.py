"""The plan of a run: a checked recipe, the input files, and what both are called. Made before anything starts."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import orjson

from gristmill.core.digest import json_digest
from gristmill.core.documents import file_prefix
from gristmill.core.errors import InputError
from gristmill.crawl.access import Access
from gristmill.crawl.inputs import InputFile, expand_inputs, part_name
from gristmill.pipelines.recipe import Recipe, load_recipe
from gristmill.pipelines.store import Store, open_store

_RUN_ID_LENGTH = 12
_KNOWN_DIGESTS = "runs/inputs.cache"


@dataclass(frozen=True)
class Part:
    """One input file and its name in the store."""

    name: str
    file: InputFile


@dataclass(frozen=True)
class Plan:
    """Everything a run is, in the order it is done."""

    store: str
    recipe: Recipe
    inputs: tuple[str, ...]
    parts: tuple[Part, ...]
    source: str = ""  # the recipe as it was named
    overrides: tuple[str, ...] = ()
    access: Access = field(default_factory=Access)

    @property
    def run_id(self) -> str:
        """Digest of the last stage's key and the parts: the same request is the same run."""
        return json_digest([self.recipe.stages[-1].key, [part.name for part in self.parts]])[:_RUN_ID_LENGTH]


def plan_run(recipe: str, inputs: Sequence[str], store_url: str, overrides: Sequence[str] = ()) -> Plan:
    """Check recipe, inputs and store, and name everything; nothing of the run is started or written.

    Raises:
        RecipeError, InputError, StoreError: what is wrong, in one sentence.
    """
    checked = load_recipe(recipe, overrides)
    if not inputs:
        raise InputError(
            "no input given. Name WARC files, folders, globs or URLs with --input; 'gristmill sample' makes some."
        )
    store = open_store(store_url)
    try:
        files = _expand(inputs, store)
        _check_prefixes(files)
    except InputError:
        store.withdraw()
        raise
    return Plan(store.url, checked, tuple(inputs), tuple(Part(part_name(file), file) for file in files))


def _expand(inputs: Sequence[str], store: Store) -> tuple[InputFile, ...]:
    """Find the input files; digests of local files that have not changed since are taken from a note in the store."""
    known = {(row[0], row[1], row[2]): row[3] for row in store.read_json(_KNOWN_DIGESTS) or []}
    before = dict(known)
    files = expand_inputs(inputs, known)
    if known != before:
        store.put(_KNOWN_DIGESTS, orjson.dumps([[*key, digest] for key, digest in sorted(known.items())]))
    return files


def _check_prefixes(files: Sequence[InputFile]) -> None:
    """Document ids start with 64 bits of the file's address: two files must not share them."""
    seen: dict[bytes, str] = {}
    for file in files:
        other = seen.setdefault(file_prefix(file.address), file.address)
        if other != file.address:
            raise InputError(f"the addresses {other} and {file.address} hash alike. Rename one of the files.")
