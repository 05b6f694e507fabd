"""Commands about recipes: recipes, judge."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gristmill.pipelines.options import JsonOption

if TYPE_CHECKING:
    from gristmill.pipelines.recipe import Recipe


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (recipes, judge):
        app.command()(command)


def recipes(
    name: Annotated[
        str | None, typer.Argument(help="Explain this one: a shipped recipe, or the path of a file.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List the shipped recipes, or explain one: its sources, its stages with every number, and what it leaves out.

    Example: gristmill recipes fineweb
    """
    import orjson

    from gristmill.pipelines.recipe import load_recipe, recipe_names

    def summary(recipe: "Recipe") -> dict[str, Any]:
        stages = [stage.name for stage in recipe.stages]
        return {"name": recipe.name, "description": recipe.description, "stages": stages}

    if name is None:
        rows = [summary(load_recipe(known)) for known in recipe_names()]
        if as_json:
            typer.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
            return
        for row in rows:
            typer.echo(f"{row['name']:<14}{row['description']}\n{'':<14}{' → '.join(row['stages'])}")
        return
    recipe = load_recipe(name)
    if as_json:
        parameters = {stage.name: stage.params.model_dump(mode="json") for stage in recipe.stages}
        told = {"source": recipe.source, "differences": recipe.differences, "parameters": parameters}
        told["licences"] = _licences(recipe)
        typer.echo(orjson.dumps(summary(recipe) | told, option=orjson.OPT_INDENT_2).decode())
        return
    typer.echo(recipe.text.rstrip("\n"))
    for path, note in _licences(recipe).items():
        typer.echo(f"# list {path}: {note}")


def _licences(recipe: "Recipe") -> dict[str, str]:
    """What the lists that a recipe reads say of their licences."""
    found: dict[str, str] = {}
    for stage in recipe.stages:
        found |= getattr(stage.type.load(), "licences", lambda _: {})(stage.params)
    return found


def judge(
    recipe: Annotated[str, typer.Argument(help="Name of a shipped recipe, or path of a TOML file.")],
    texts: Annotated[
        Path,
        typer.Option("--input", help="Parquet or .jsonl[.gz] with the columns id, text, and perhaps url, language."),
    ],
    out: Annotated[Path, typer.Option(help="Parquet file to write: a row for each document and stage.")],
    chain: Annotated[
        bool,
        typer.Option(
            "--chain",
            help="Show each stage only what the stages before it kept, as they edited it; else all, as given.",
        ),
    ] = False,
    overrides: Annotated[
        list[str] | None, typer.Option("--set", help="FAMILY.PARAMETER=VALUE; may be repeated.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Try the document stages of a recipe on texts of your own: outcome, failed rules and signals of each.

    Example: gristmill judge fineweb --input texts.parquet --out verdicts.parquet
    """
    import orjson

    from gristmill.pipelines.judging import Judge, judge_file, report
    from gristmill.pipelines.recipe import load_recipe
    from gristmill.pipelines.texts import read_texts

    chosen = Judge(load_recipe(recipe, overrides or []), chain)
    typer.echo(f"left out, as they do not judge single texts: {', '.join(chosen.skipped)}", err=True)
    judge_file(chosen, read_texts(texts), out)
    if as_json:
        typer.echo(orjson.dumps(list(report(chosen, reasons=0))).decode())
        return
    for row in report(chosen):
        reasons = ", ".join(f"{rule} {count:,}" for rule, count in row["reasons"].items())
        counts = (
            f"{row['in']:>10,} in {row['kept']:>10,} kept {row['rejected']:>10,} rejected {row['failed']:>7,} failed"
        )
        typer.echo(f"{row['stage']:<12}{counts}  {reasons}".rstrip())
