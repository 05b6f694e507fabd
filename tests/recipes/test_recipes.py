"""The shipped recipes: each parses, has every number written out, tells its sources, and decides as pinned."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from gristmill.filters import lid176
from gristmill.pipelines.recipe import RECIPE_FOLDER, load_recipe, recipe_names
from gristmill.pipelines.registry import STAGE_TYPES
from gristmill.samples.sample import write_sample
from tests.recipes import funnels
from tests.recipes.golden import GOLDEN, decisions

PUBLISHED = [name for name in recipe_names() if name != "default"]
SYSTEMS = "c4 gopher refinedweb fineweb fineweb2 redpajama-v2 dolma olmoe-mix llama3 pythia-pile dclm ccnet code maths"
every_recipe = pytest.mark.parametrize("name", PUBLISHED)
CHOSEN = ("families", "family")  # fields that say which of the inner tables a stage reads
TECHNICAL = ("fetch", "extract", "encode", "shards")  # their numbers are limits of this program, not of a recipe


def test_the_published_systems_are_all_here() -> None:
    assert set(PUBLISHED) >= set(SYSTEMS.split())


@every_recipe
def test_a_recipe_tells_its_sources_and_what_it_leaves_out(name: str) -> None:
    recipe = load_recipe(name)
    assert recipe.description
    assert recipe.source
    assert recipe.differences
    assert any("arXiv:" in source for source in recipe.source)


@every_recipe
def test_every_number_is_written_out(name: str) -> None:
    stages = tomllib.loads((RECIPE_FOLDER / f"{name}.toml").read_text("utf-8"))["stages"]
    for stage, table in stages.items():
        if stage not in TECHNICAL:
            assert not missing_numbers(f"stages.{stage}", STAGE_TYPES[stage].load().Params, table)


def missing_numbers(place: str, model: type[BaseModel], table: dict[str, Any]) -> list[str]:
    """Numeric fields of a table, and of the tables in it that it reads, that the recipe leaves to their defaults."""
    chosen = {one for field in CHOSEN for one in _as_tuple(table.get(field, ()))}
    found = []
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            if not chosen or name in chosen:
                found += missing_numbers(f"{place}.{name}", field.annotation, table.get(name, {}))
        elif is_number(field) and name not in table:
            found.append(f"{place}.{name}")
    return found


def _as_tuple(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def is_number(field: FieldInfo) -> bool:
    """Whether a field holds a finite number by default."""
    return type(field.default) in (int, float) and abs(field.default) != float("inf")


@every_recipe
def test_decisions_on_fixed_texts_are_those_pinned(name: str, tmp_path: Path) -> None:
    if not lid176.MODEL.is_file():
        pytest.skip("not installed here: lid.176.ftz")
    pinned = json.loads(GOLDEN.read_text("utf-8"))
    assert decisions(name, tmp_path) == pinned[name], (
        "if it should be so: python -m tests.recipes.golden, and read the diff"
    )


@every_recipe
def test_it_runs_and_balances(name: str, tmp_path: Path) -> None:
    if not lid176.MODEL.is_file():
        pytest.skip("not installed here: lid.176.ftz")
    write_sample(tmp_path / "sample", 40, 1)
    names = [stage["name"] for stage in funnels.stages(name, tmp_path / "sample", tmp_path / "store")]
    assert names == [stage.name for stage in load_recipe(name).stages]
    shown = json.loads(funnels.FUNNELS.read_text("utf-8"))[name]
    assert [stage["name"] for stage in shown] == names, "run: python -m tests.recipes.funnels"


@pytest.mark.soak
@every_recipe
def test_the_funnel_shown_is_that_of_today(name: str, tmp_path: Path) -> None:
    write_sample(tmp_path / "sample", funnels.PAGES, funnels.SEED)
    shown = json.loads(funnels.FUNNELS.read_text("utf-8"))[name]
    assert funnels.stages(name, tmp_path / "sample", tmp_path / "store") == shown, (
        "run: python -m tests.recipes.funnels"
    )


def test_nothing_pinned_is_out_of_use() -> None:
    assert list(json.loads(GOLDEN.read_text("utf-8"))) == recipe_names()
