"""The plan of a run: a checked recipe, the input files, and what both are called. Made before anything starts."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from gristmill.core.digest import json_digest
from gristmill.core.errors import InputError
from gristmill.crawl.access import Access
from gristmill.crawl.input_file import InputFile, part_name
from gristmill.pipelines.recipe import Recipe, load_recipe
from gristmill.pipelines.selecting import find_files
from gristmill.pipelines.store import open_store

_RUN_ID_LENGTH = 12


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
    store = open_store(store_url)
    try:
        files = find_files(checked.input, inputs, store)
    except InputError:
        store.withdraw()
        raise
    parts = tuple(Part(part_name(file), file) for file in files)
    return Plan(store.url, checked, tuple(inputs), parts, recipe, tuple(overrides))
