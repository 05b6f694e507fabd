"""The command that derives bounds of single languages."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from gristmill.pipelines.options import JsonOption, RunOption


class Method(StrEnum):
    """The methods of pipelines/tuning.py."""

    AUTO = "auto"
    TAIL = "10tail"
    QUANTILE = "quantile"
    MEANSTD = "meanstd"
    MEDIANRATIO = "medianratio"


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(tune)


def tune(
    recipe: Annotated[str, typer.Argument(help="Name of a shipped recipe, or path of a TOML file.")] = "default",
    texts: Annotated[
        Path | None,
        typer.Option("--input", help="Reference texts: Parquet or .jsonl[.gz] with id, text, and perhaps language."),
    ] = None,
    store: Annotated[
        str | None, typer.Option("--store", help="Store of a run whose pages' scores give the languages' least scores.")
    ] = None,
    run_id: RunOption = None,
    method: Annotated[
        Method, typer.Option(help="How bounds are carried over from English; auto: as FineWeb 2, by family.")
    ] = Method.AUTO,
    out: Annotated[Path | None, typer.Option(help="TOML file to write; default: standard output.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Derive thresholds of each language, as FineWeb 2 did, and write them as TOML for a recipe.

    Example: gristmill tune fineweb2 --input wikipedia.parquet --store data --out bounds.toml
    """
    import dataclasses

    import orjson

    from gristmill.core.errors import UsageError
    from gristmill.pipelines import tuning
    from gristmill.pipelines.ledger import open_ledger
    from gristmill.pipelines.recipe import load_recipe
    from gristmill.pipelines.store import existing_store

    if texts is None and store is None:
        raise UsageError(
            "tune needs reference texts (--input) for rules, a run (--store) for languages' scores, or both."
        )
    bounds: list[Any] = []
    notes = [f"Bounds by language for the recipe {recipe}, made by 'gristmill tune'; put them at the end of a recipe."]
    if store is not None:
        with open_ledger(existing_store(store), run_id) as ledger:
            bounds += tuning.bounds_from_scores(ledger)
        notes.append(
            "Least scores: clip(median - standard deviation, 0.3, 0.9) of a run's pages, 0.5 for fewer than 1,000."
        )
    if texts is not None:
        bounds += tuning.bounds_from_texts(load_recipe(recipe), texts, method.value)
        notes.append(f"Rules: method {method.value} on {texts.name}.")
    if as_json:
        typer.echo(orjson.dumps([dataclasses.asdict(bound) for bound in bounds]).decode())
    text = tuning.fragment(bounds, notes)
    if out is not None:
        out.write_text(text, "utf-8")
    elif not as_json:
        typer.echo(text, nl=False)
