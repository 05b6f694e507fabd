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
    out: Annotated[
        Path | None, typer.Option(help="Recipe to write, which extends the one named; default: standard output.")
    ] = None,
    affinity: Annotated[
        Path | None, typer.Option("--affinity-words", help="Write the words of high affinity to each language here.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Derive thresholds and stop words of each language, as FineWeb 2 did, and write a recipe that has them.

    Example: gristmill tune fineweb2 --input wikipedia.parquet --store data --out bounds.toml
    """
    import dataclasses

    import orjson

    from gristmill.core.errors import UsageError
    from gristmill.filters.word_lists import write_word_lists
    from gristmill.pipelines import tuning, word_tuning
    from gristmill.pipelines.ledger import open_ledger
    from gristmill.pipelines.recipe import load_recipe
    from gristmill.pipelines.store import existing_store

    if texts is None and store is None:
        raise UsageError(
            "tune needs reference texts (--input) for rules, a run (--store) for languages' scores, or both."
        )
    if affinity is not None and texts is None:
        raise UsageError("--affinity-words needs reference texts of many languages (--input).")
    bounds: list[Any] = []
    lists: dict[str, tuple[str, ...]] = {}
    words = ""
    notes = [f"The recipe {recipe} with bounds and stop words by language, made by 'gristmill tune'."]
    if store is not None:
        with open_ledger(existing_store(store), run_id) as ledger:
            bounds += tuning.bounds_from_scores(ledger)
        notes.append(
            "Least scores: clip(median - standard deviation, 0.3, 0.9) of a run's pages, 0.5 for fewer than 1,000."
        )
    if texts is not None:
        loaded = load_recipe(recipe)
        bounds += tuning.bounds_from_texts(loaded, texts, method.value)
        counts = word_tuning.count_words(loaded, texts)
        lists = word_tuning.stop_words(counts)
        words = tuning.words_fragment(lists, word_tuning.asked(loaded))
        notes.append(f"Rules: method {method.value} on {texts.name}. Stop words: those above 0.8 % of its words.")
        if affinity is not None:
            found = word_tuning.affinity_words(counts)
            _write(affinity, write_word_lists(found, (f"Words of high affinity in {texts.name}.",)))
            notes.append(
                f"To ask for words of high affinity: --set fineweb2.affinity_words={affinity}, family fineweb2."
            )
    if as_json:
        told = {"bounds": [dataclasses.asdict(bound) for bound in bounds], "stop_words": lists}
        typer.echo(orjson.dumps(told).decode())
    text = tuning.fragment(bounds, notes, recipe) + words
    if out is not None:
        _write(out, text)
    elif not as_json:
        typer.echo(text, nl=False)


def _write(path: Path, text: str) -> None:
    from gristmill.pipelines.outfiles import appearing

    with appearing(path) as partial:
        partial.write_text(text, "utf-8")
