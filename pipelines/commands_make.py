"""Commands that make something: sample, run, records, export."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from gristmill.pipelines.options import JsonOption, RunOption, StoreOption


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (run, sample, records, export):
        app.command()(command)


def run(
    recipe: Annotated[str, typer.Argument(help="Name of a shipped recipe, or path of a TOML file.")] = "default",
    inputs: Annotated[
        list[str] | None,
        typer.Option("--input", help="File, folder, glob or URL (WARC, WET, JSONL, Parquet); - reads a list."),
    ] = None,
    store: StoreOption = "data",
    workers: Annotated[int | None, typer.Option(min=1, help="Worker processes; default: one for each core.")] = None,
    runner: Annotated[str, typer.Option(help="Where the work is done: local or dask.")] = "local",
    address: Annotated[str | None, typer.Option(help="Address of a running Dask scheduler.")] = None,
    overrides: Annotated[
        list[str] | None, typer.Option("--set", help="FAMILY.PARAMETER=VALUE; may be repeated.")
    ] = None,
    timeout: Annotated[float, typer.Option(help="Seconds after which one task is stopped and tried again.")] = 3600.0,
    as_json: JsonOption = False,
) -> None:
    """Run a recipe over WARC files, or go on where it stopped.

    Example: gristmill run default --input 'crawl-data/**/*.warc.gz' --store data --workers 8
    """
    from gristmill.pipelines.running import run_recipe
    from gristmill.pipelines.selecting import named_inputs

    names = named_inputs(inputs or [], sys.stdin)
    run_recipe(recipe, names, store, workers or os.cpu_count() or 1, runner, address, overrides or [], timeout, as_json)


def sample(
    out: Annotated[Path, typer.Option(help="Folder to write to.")],
    pages: Annotated[int, typer.Option(min=1, help="Captured pages to write.")] = 1000,
    seed: Annotated[int, typer.Option(help="The same pages and seed give the same bytes.")] = 0,
    files: Annotated[int | None, typer.Option(min=1, help="WARC files; default: one for about 125 pages.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Write a made-up crawl with a truth table: WARC files as Common Crawl writes them.

    Example: gristmill sample --out sample --pages 1000 --seed 0
    """
    import dataclasses

    import orjson

    from gristmill.samples.sample import write_sample

    summary = write_sample(out, pages, seed, files=files)
    if as_json:
        typer.echo(orjson.dumps(dataclasses.asdict(summary), default=str).decode())
    else:
        planted = ", ".join(f"{kind} {count:,}" for kind, count in sorted(summary.plants.items()))
        typer.echo(
            f"{summary.pages:,} pages in {len(summary.warcs)} WARC files, {summary.warc_bytes / 1e6:.1f} MB, in {out}"
        )
        typer.echo(f"the truth about each of them: {summary.truth}\nplanted: {planted}")


def records(
    files: Annotated[list[Path], typer.Argument(help="WARC or ARC files.")],
    as_json: JsonOption = False,
) -> None:
    """List every record and damaged range that the reader finds, one line each.

    Example: gristmill records CC-MAIN-20260112000000-00000.warc.gz --json
    """
    import orjson

    from gristmill.core.errors import GristmillError, InputError
    from gristmill.crawl.listing import list_records

    for path in files:
        if not path.is_file():
            raise InputError(f"{path} is not a file. Name WARC files.")
        found = 0
        for row in list_records(path):
            found += "outcome" in row
            if as_json:
                sys.stdout.write(orjson.dumps(row).decode() + "\n")
            elif "gap" in row:
                typer.echo(f"{row['gap'][0]:>12}  {row['gap'][1] - row['gap'][0]:>9}  gap       {row['why']}")
            else:
                said = f"{row['outcome']}{' ' + row['why'] if row['why'] else ''}"
                typer.echo(
                    f"{row['offset']:>12}  {row['length']:>9}  {row['type']:<9} {row['status'] or '':<4} {said:<20} {row['uri']}"
                )
        if not found and path.stat().st_size:
            raise GristmillError(f"{path} holds no WARC or ARC record. Is it a WARC file?")


def export(
    out: Annotated[Path, typer.Option(help="File to write: .parquet or .jsonl; a folder with --shards.")],
    store: StoreOption = "data",
    run_id: RunOption = None,
    shards: Annotated[bool, typer.Option("--shards", help="Copy the token shards instead, under plain names.")] = False,
) -> None:
    """Write the kept documents, with where they came from, as one Parquet or JSONL file; or copy the token shards.

    Example: gristmill export --store data --out kept.parquet
    """
    from gristmill.pipelines.export import export_documents, export_shards
    from gristmill.pipelines.runs import read_run
    from gristmill.pipelines.store import existing_store

    opened = existing_store(store)
    chosen = read_run(opened, run_id)
    if shards:
        typer.echo(f"{export_shards(opened, chosen, out):,} files in {out}")
    else:
        typer.echo(f"{export_documents(opened, chosen, out):,} documents in {out}")
