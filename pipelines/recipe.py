"""Recipes: a TOML file with the ordered stages and their parameters, read and checked before anything starts.

description = "what it reproduces, and from which source"

[stages.fetch]
[stages.extract]
engine = "resiliparse"
[stages.heuristics.gopher_quality]
min_words = 50

With `extends = "fineweb2"` (a name or a path) it is that recipe, with its stages, and these values put in.
"""

import difflib
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from gristmill.core.digest import bytes_digest, json_digest
from gristmill.core.errors import RecipeError
from gristmill.core.limits import check_languages, families
from gristmill.crawl.selection import Selection
from gristmill.pipelines.explaining import explain, explain_table
from gristmill.pipelines.overrides import apply_override, parse_value
from gristmill.pipelines.registry import StageType, stage_type

RECIPE_FOLDER = Path(__file__).resolve().parent.parent / "recipes"
_KEY_LENGTH = 12
_NOTES = ("source", "differences")


@dataclass(frozen=True)
class Stage:
    """A stage of a recipe with checked parameters.

    Attributes:
        type: what it is and where its code lives.
        params: an instance of its module's Params.
        key: digest of its name, version, parameters, the files it reads, and the key of the stage before.
    """

    type: StageType
    params: BaseModel
    key: str

    @property
    def name(self) -> str:
        """Its name in recipes, store and funnel."""
        return self.type.name

    @property
    def folder(self) -> str:
        """Its folder in the store."""
        return f"{self.name}-{self.key}"


@dataclass(frozen=True)
class Recipe:
    """A checked recipe.

    Attributes:
        name: its file's name without .toml.
        description: what it makes, in a sentence.
        source: where each of its numbers was published.
        differences: what of the source it does not do, and why.
        text: the file.
        stages: in their order.
        input: what it is run over unless --input says otherwise.
    """

    name: str
    description: str
    source: tuple[str, ...]
    differences: tuple[str, ...]
    text: str
    stages: tuple[Stage, ...]
    input: Selection = field(default_factory=Selection)

    def stage(self, name: str) -> Stage:
        """The stage of that name; RecipeError if the recipe has none."""
        for stage in self.stages:
            if stage.name == name:
                return stage
        raise RecipeError(f"recipe {self.name} has no stage {name!r}; it has {', '.join(s.name for s in self.stages)}.")


def recipe_names() -> list[str]:
    """Names of the shipped recipes."""
    return sorted(path.stem for path in RECIPE_FOLDER.glob("*.toml"))


def load_recipe(name_or_path: str, overrides: Sequence[str] = ()) -> Recipe:
    """Read a shipped recipe by name, or a TOML file by path.

    Args:
        name_or_path: "default", or a path that ends in .toml.
        overrides: "family.parameter=value" each, the value as TOML ("40", "0.5", '["en", "de"]') or plain text.

    Raises:
        RecipeError: the file is missing or no TOML, or a stage, key or value in it is wrong.
    """
    path, text, content = _read_recipe(name_or_path)
    raw = {name: dict(table) for name, table in content["stages"].items()}
    selecting = [override for override in overrides if override.startswith("input.")]
    selection = _check_input(content.get("input", {}), selecting, path)
    for override in overrides:
        if override not in selecting:
            apply_override(raw, override)
    stages = list(_check_stages(raw, f"recipe {path}"))
    _check_order(stages, path)
    source, differences = (_notes(content, key, path) for key in _NOTES)
    return Recipe(path.stem, str(content.get("description", "")), source, differences, text, tuple(stages), selection)


def _read_recipe(name_or_path: str, within: tuple[Path, ...] = ()) -> tuple[Path, str, dict[str, Any]]:
    """A recipe's path, text and tables, with those of the recipe that it extends."""
    path = _find(name_or_path)
    if path in within:
        raise RecipeError(f"recipe {path} extends itself, by way of {', '.join(map(str, within))}; take `extends` out.")
    try:
        text = path.read_text("utf-8")
        content = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RecipeError(f"cannot read the recipe {path}: {error}. Mend the file or name another recipe.") from error
    if isinstance(extended := content.pop("extends", None), str):
        content = _merged(_read_recipe(extended, (*within, path))[2], content)
    elif extended is not None:
        raise RecipeError(f"recipe {path}: extends = {extended!r} is neither a recipe's name nor a path.")
    unknown = content.keys() - {"description", *_NOTES, "input", "stages"}
    if unknown or not isinstance(content.get("stages"), dict):
        said = f"unknown key {min(unknown)!r}" if unknown else "no [stages.…] table"
        known = ", ".join(("description", "extends", *_NOTES))
        raise RecipeError(f"recipe {path}: {said}; a recipe has {known} and the tables [input] and [stages.NAME].")
    for name, table in content["stages"].items():
        if not isinstance(table, dict):
            raise RecipeError(f"recipe {path}: stages.{name} = {table!r} is no table; write [stages.{name}] on a line.")
    return path, text, content


def _merged(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Tables with another's values put in; what both have is the other's, but for tables, which are merged."""
    both = {
        key: _merged(base[key], value) if isinstance(value, dict) and isinstance(base.get(key), dict) else value
        for key, value in own.items()
    }
    return base | both


def _check_input(table: Any, overrides: Sequence[str], path: Path) -> Selection:
    """The [input] table, and what --set input.… puts in it ("input.index.tlds" goes into its index table)."""
    if not isinstance(table, dict):
        raise RecipeError(f"recipe {path}: input = {table!r} is no table; write [input] on a line.")
    raw = {"input": dict(table)}
    for override in overrides:
        place, equals, value = override.partition("=")
        *_, owner, parameter = place.strip().split(".")
        if not equals or owner not in ("input", "index"):
            raise RecipeError(f"--set {override}: write input.PARAMETER=VALUE or input.index.PARAMETER=VALUE.")
        target = raw["input"] if owner == "input" else raw["input"].setdefault("index", {})
        target[parameter] = parse_value(value)
    try:
        return Selection(**raw["input"])
    except ValidationError as error:
        raise RecipeError(f"recipe {path}: {explain_table('input', Selection, error)}") from None


def _notes(content: dict[str, Any], key: str, path: Path) -> tuple[str, ...]:
    """A text or a list of texts."""
    value = content.get(key, [])
    notes = [value] if isinstance(value, str) else value
    if not isinstance(notes, list) or not all(isinstance(note, str) for note in notes):
        raise RecipeError(f"recipe {path}: {key} = {value!r} is neither a text nor a list of texts.")
    return tuple(notes)


def _find(name_or_path: str) -> Path:
    if name_or_path.endswith(".toml") or "/" in name_or_path:
        return Path(name_or_path)
    path = RECIPE_FOLDER / f"{name_or_path}.toml"
    if not path.exists():
        near = difflib.get_close_matches(name_or_path, recipe_names(), 1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(recipe_names())}."
        raise RecipeError(f"there is no recipe {name_or_path!r}; {hint} A path to a TOML file works too.")
    return path


def _check_stages(raw: dict[str, dict[str, Any]], where: str) -> Iterable[Stage]:
    upstream = ""
    for name, table in raw.items():
        try:
            kind = stage_type(name)
            module = kind.load()
            params = module.Params(**table)
            for own, limits in families(getattr(module, "LIMITS", ()), params).values():
                check_languages(limits, getattr(own, "by_language", {}))
        except RecipeError as error:
            raise RecipeError(f"{where}: {error}") from None
        except ValidationError as error:
            raise RecipeError(f"{where}: {explain(name, module.Params, error)}") from None
        files = getattr(module, "files", lambda _: ())(params)
        upstream = json_digest(
            {
                "name": name,
                "version": module.VERSION,
                "params": params.model_dump(mode="json"),
                "files": [bytes_digest(_read(path, where)) for path in files],
                "upstream": upstream,
            }
        )[:_KEY_LENGTH]
        yield Stage(kind, params, upstream)


def _read(path: Path, where: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise RecipeError(
            f"{where}: cannot read {path}: {error.strerror}. Mend the path (a model's name without a slash is one of "
            "filters/models), or run 'make install'."
        ) from error


def _check_order(stages: list[Stage], path: Path) -> None:
    names = [stage.name for stage in stages]
    ending = names[:-1] if names[-1:] == ["pretrain"] else names
    if names[:2] != ["fetch", "extract"] or ending[-2:] != ["encode", "shards"]:
        raise RecipeError(
            f"recipe {path}: a recipe starts with fetch, extract and ends with encode, shards (and pretrain, if it is to train); "
            f"this one is {', '.join(names)}."
        )
