"""`--set FAMILY.PARAMETER=VALUE`: in which tables of a recipe's stages a parameter is set."""

import difflib
import tomllib
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from gristmill.core.errors import RecipeError
from gristmill.pipelines.registry import stage_type


def apply_override(raw: dict[str, dict[str, Any]], override: str) -> None:
    """Set one "family.parameter=value" in the stage that has that family: its name, a table in it, or of its rules.

    Where several stages have a table of that name, it is set in each that has the parameter.
    """
    place, equals, value = override.partition("=")
    family, dot, parameter = place.strip().rpartition(".")
    if not equals or not dot:
        raise RecipeError(f"--set {override}: write FAMILY.PARAMETER=VALUE, for example gopher_quality.min_words=40.")
    parsed = parse_value(value)
    owners = []  # tables of a family's name, of which several stages may have one
    for name, table in raw.items():
        model = stage_type(name).load().Params
        if family in (name, f"stages.{name}") or family in _ruled(name) - model.model_fields.keys():
            table[parameter] = parsed
            return
        owner, _, family_name = family.rpartition(".")
        if owner in ("", name) and family_name in model.model_fields:
            owners.append((table, family_name, _has(model.model_fields[family_name].annotation, parameter)))
    for table, family_name, known in owners:
        if known or not any(known for *_, known in owners):  # if no table has it the check will tell
            inner = table.get(family_name, {})
            table[family_name] = {**inner, parameter: parsed} if isinstance(inner, dict) else inner
    if not owners:
        raise RecipeError(
            f"--set {override}: no stage of the recipe has parameters of {family!r}; {_meant(raw, family)}"
        )


def parse_value(value: str) -> Any:
    """A value of --set: as TOML, or else as plain text."""
    try:
        return tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return value


def _meant(raw: dict[str, dict[str, Any]], family: str) -> str:
    known = [one for name in raw for one in (name, *_families(name))]
    near = difflib.get_close_matches(family, known, 1)
    return f"did you mean {near[0]!r}?" if near else f"it has {', '.join(dict.fromkeys(known))}."


def _families(stage: str) -> Iterator[str]:
    """The families of rules that a stage has tables of, and those of its own table."""
    fields = stage_type(stage).load().Params.model_fields
    yield from (name for name, field in fields.items() if _is_table(field.annotation))
    yield from sorted(_ruled(stage) - fields.keys())


def _ruled(stage: str) -> set[str]:
    return {rule.partition(".")[0] for rule in getattr(stage_type(stage).load(), "RULES", ())}


def _is_table(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _has(annotation: Any, parameter: str) -> bool:
    return _is_table(annotation) and parameter in annotation.model_fields
