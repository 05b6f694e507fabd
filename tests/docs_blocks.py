"""The parts of docs/ that are made from the code. `python -m tests.docs_blocks` writes them, test_docs.py compares them.

Such a part stands between two marks, the first of which names it:

    <!-- made from the code: parameters urls -->
    …
    <!-- end -->
"""

import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, get_args, get_origin

import click
import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from gristmill.core import errors
from gristmill.core.params import StageParams
from gristmill.crawl.selection import Selection
from gristmill.pipelines import ledger
from gristmill.pipelines.cli import app
from gristmill.pipelines.recipe import RECIPE_FOLDER, load_recipe, recipe_names
from gristmill.pipelines.registry import STAGE_TYPES
from tests.paths import ROOT
from tests.recipes.funnels import FUNNELS

DOCS = ROOT / "docs"
MARKED = re.compile(r"<!-- made from the code: (?P<name>.+?) -->\n(?P<text>.*?)<!-- end -->", re.DOTALL)
HELP_WIDTH = 88
_LONGEST_DEFAULT = 80  # characters of a default that a table shows


def make(name: str) -> str:
    """The text of a part, by the name in its mark."""
    kind, _, what = name.partition(" ")
    makers: dict[str, Callable[[str], str]] = {
        "parameters": _parameters,
        "rules": _rules,
        "recipe": _recipe,
        "published": lambda _: "\n".join(_published(name) for name in recipe_names() if name != "default"),
        "help": lambda _: "\n".join(_help(command, names) for names, command in commands()),
        "errors": lambda _: _code_block(_drawing(errors.__doc__)),
        "ledger": lambda _: _code_block(_drawing(ledger.__doc__)),
    }
    return makers[kind](what)


def renewed(text: str) -> str:
    """A document with all its marked parts made again."""
    return MARKED.sub(
        lambda found: f"<!-- made from the code: {found['name']} -->\n{make(found['name'])}<!-- end -->", text
    )


def commands() -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command that does something, by the words that call it: ("train", "quality")."""
    yield from _commands(typer.main.get_command(app), ())


def _commands(command: Any, names: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if not hasattr(command, "commands"):
        yield names, command
        return
    for name, child in command.commands.items():
        yield from _commands(child, (*names, name))


def _help(command: Any, names: tuple[str, ...]) -> str:
    for parameter in command.params:
        if parameter.name == "workers":
            parameter.show_default = False  # the number of this machine's cores
    context = command.context_class(command, info_name=" ".join(("gristmill", *names)), terminal_width=HELP_WIDTH)
    context.help_option_names = ["-h", "--help"]
    text = command.get_help(context)
    return f"### gristmill {' '.join(names)}\n\n{_code_block(text)}"


def _code_block(text: str) -> str:
    return "```text\n" + "\n".join(line.rstrip() for line in text.strip("\n").splitlines()) + "\n```\n"


def _drawing(docstring: str | None) -> str:
    """The indented part of a docstring."""
    lines = (docstring or "").splitlines()
    drawn = [line for line in lines if line.startswith("    ")]
    return "\n".join(line.removeprefix("    ") for line in drawn)


def _recipe(name: str) -> str:
    return f"```toml\n{(RECIPE_FOLDER / f'{name}.toml').read_text('utf-8')}```\n"


def _published(name: str) -> str:
    """What a recipe is, its funnel on the sample crawl, and what it does not reproduce."""
    recipe = load_recipe(name)
    lines = [f"### {name}", "", recipe.description, "", f"Source: {' '.join(recipe.source)}", ""]
    lines += ["| stage | in | kept | rejected | failed | most frequent reasons |", "|---|---|---|---|---|---|"]
    for stage in json.loads(FUNNELS.read_text("utf-8"))[name]:
        counts = " | ".join(f"{stage[count]:,}" for count in ("in", "kept", "rejected", "failed"))
        reasons = ", ".join(f"`{rule}` {number:,}" for rule, number in stage["reasons"].items())
        lines.append(f"| {stage['name']} | {counts} | {reasons} |")
    return "\n".join(
        [*lines, "", "Not reproduced, or otherwise:", "", *(f"* {each}" for each in recipe.differences), ""]
    )


def _rules(stage: str) -> str:
    module = STAGE_TYPES[stage].load()
    names = [*getattr(module, "RULES", ()), *getattr(module, "ERRORS", ())]
    families: dict[str, list[str]] = {}
    for name in names:
        families.setdefault(name.partition(".")[0], []).append(f"`{name}`")
    return "".join(f"* {', '.join(rules)}\n" for rules in families.values()) or "None.\n"


def _parameters(stage: str) -> str:
    if stage == "scope":
        field = StageParams.model_fields["scope"]
        return f"`scope`, {_type(field)}, default {_default(field)}. {' '.join((field.description or '').split())}\n"
    if stage == "input":
        return "\n".join(_tables("input", Selection))
    return "\n".join(_tables(f"stages.{stage}", STAGE_TYPES[stage].load().Params))


def _tables(place: str, model: type[BaseModel]) -> Iterator[str]:
    """The table of a model and then those of the models in it; `place` is the TOML table they are written in."""
    rows = [f"`[{place}]`\n", "| parameter | type | default | meaning |", "|---|---|---|---|"]
    nested = []
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            nested.append((f"{place}.{name}", field.annotation))
            continue
        if optional := _optional_model(field.annotation):
            nested.append((f"{place}.{name}", optional))
            continue
        if listed := _listed_model(field.annotation):
            nested.append((f"[{place}.{name}]", listed))  # TOML's mark of a table that may be repeated
            continue
        if _as_in_every_stage(name, field):
            continue
        meaning = " ".join((field.description or "").split())
        cells = (f"`{name}`", _type(field), _default(field), meaning)
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    yield "\n".join(rows) + "\n"
    for inner_place, inner in nested:
        yield from _tables(inner_place, inner)


def _optional_model(kind: Any) -> type[BaseModel] | None:
    """The model that a field may have or not."""
    models = [one for one in get_args(kind) if isinstance(one, type) and issubclass(one, BaseModel)]
    return models[0] if type(None) in get_args(kind) and models else None


def _listed_model(kind: Any) -> type[BaseModel] | None:
    """The model of which a field is a list."""
    inner = get_args(kind)
    listed = get_origin(kind) is tuple and isinstance(inner[0], type) and issubclass(inner[0], BaseModel)
    return inner[0] if listed else None


def _as_in_every_stage(name: str, field: FieldInfo) -> bool:
    """Whether a parameter is the one that all document stages have; the documents tell of it once."""
    common = StageParams.model_fields.get(name)
    return common is not None and (field.default, field.description) == (common.default, common.description)


def _type(field: FieldInfo) -> str:
    bounds = [
        f"{sign} {getattr(rule, name):,}"
        for rule in field.metadata
        for name, sign in (("ge", "≥"), ("gt", ">"), ("le", "≤"), ("lt", "<"))
        if getattr(rule, name, None) is not None
    ]
    return ", ".join([_type_name(field.annotation), *bounds])


def _type_name(kind: Any) -> str:
    plain = {date: "date", int: "integer", float: "number", str: "text", bool: "true or false", Path: "path"}
    if kind in plain:
        return plain[kind]
    inner = get_args(kind)
    if get_origin(kind) is dict:
        return f"table of {_type_name(inner[0])} to {_type_name(inner[1])}"
    if get_origin(kind) is tuple:
        return f"list of {_type_name(inner[0])}"
    if type(None) in inner:
        return _type_name(next(one for one in inner if one is not type(None)))
    if hasattr(kind, "__metadata__"):  # Annotated: the bounds are told of the field
        return _type_name(inner[0])
    return " or ".join(f"`{value}`" for value in inner)


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is None:
        return "none"
    if isinstance(value, tuple):
        shown = json.dumps(value)
        return f"`{shown}`" if len(shown) <= _LONGEST_DEFAULT else f"{len(value)} values, {value[0]} to {value[-1]}"
    if isinstance(value, bool | str):
        return f"`{json.dumps(value)}`"
    return f"{value:,}" if isinstance(value, int) else str(value)


def main() -> None:
    """Write all marked parts of all documents anew."""
    for path in (ROOT / "README.md", *sorted(DOCS.glob("*.md"))):
        before = path.read_text("utf-8")
        after = renewed(before)
        if after != before:
            path.write_text(after, "utf-8")


if __name__ == "__main__":
    main()
