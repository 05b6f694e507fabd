"""Commands for the way in: crawls, fetch, status."""

from pathlib import Path
from typing import Annotated, Any

import typer

from gristmill.pipelines.options import JsonOption, StoreOption

_SET = "input.PARAMETER=VALUE, as in a recipe's [input]; may be repeated."


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (crawls, fetch, status):
        app.command()(command)


def crawls(as_json: JsonOption = False) -> None:
    """List Common Crawl's crawls, newest first.

    Example: gristmill crawls --json
    """
    import dataclasses

    import orjson

    from gristmill.crawl.access import access_of
    from gristmill.crawl.asking import Asker
    from gristmill.crawl.crawls import list_crawls
    from gristmill.crawl.manners import PLANNING

    access = access_of()
    with Asker(manners=dataclasses.replace(PLANNING, contact=access.contact)) as asker:
        found = list_crawls(access, asker)
    if as_json:
        typer.echo(orjson.dumps([dataclasses.asdict(crawl) for crawl in found]).decode())
        return
    for crawl in found:
        typer.echo(f"{crawl.id:<18}{crawl.since[:10]:<12}{crawl.until[:10]:<12}{crawl.name}")


def fetch(
    out: Annotated[Path, typer.Option(help="Folder to fetch to; files keep their paths in the crawl.")],
    recipe: Annotated[str, typer.Argument(help="Recipe whose [input] says what; a name, or a TOML file.")] = "default",
    overrides: Annotated[list[str] | None, typer.Option("--set", help=_SET)] = None,
    workers: Annotated[int, typer.Option(min=1, help="Files fetched at once, within one budget.")] = 4,
    only_list: Annotated[bool, typer.Option("--list", help="Say what would be fetched, and fetch nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Fetch what a recipe's [input] selects, politely, and keep it. Given again, it goes on where it stopped.

    Example: gristmill fetch --set 'input.crawls=["CC-MAIN-2024-10"]' --set input.fraction=0.0001 --out crawl
    """
    import orjson

    from gristmill.core.errors import GristmillError, InputError
    from gristmill.crawl.access import access_of
    from gristmill.pipelines.fetching import bring
    from gristmill.pipelines.recipe import load_recipe
    from gristmill.pipelines.selecting import selected_files

    selection = load_recipe(recipe, overrides or []).input
    if not selection.remote:
        raise InputError("nothing is selected: name a crawl with --set 'input.crawls=[\"CC-MAIN-…\"]', or input.news.")
    files = selected_files(selection, {})
    if only_list:
        rows = [{"address": one.address, "url": one.location, "records": len(one.ranges) // 16} for one in files]
        for row in rows:
            typer.echo(orjson.dumps(row).decode() if as_json else row["url"])
        return
    failed = 0
    for one in bring(files, out, access_of(), workers):
        failed += bool(one.error)
        row = {"address": one.address, "bytes": one.bytes, "records": one.records, "new": one.new, "error": one.error}
        said = f"{one.bytes:>15,}  {one.address}" + (
            f"  {one.error}" if one.error else "" if one.new else "  (was there)"
        )
        typer.echo(orjson.dumps(row).decode() if as_json else said)
    if failed:
        raise GristmillError(f"{failed:,} of {len(files):,} files did not come. The same command tries them again.")


def status(store: StoreOption = "data", as_json: JsonOption = False) -> None:
    """Show the crawls of a store: how many of their files are done, failed, and waiting.

    Example: gristmill status --store data
    """
    import orjson

    from gristmill.pipelines.status import store_status
    from gristmill.pipelines.store import existing_store

    value = store_status(existing_store(store))
    if as_json:
        typer.echo(orjson.dumps(value).decode())
        return
    for run in value["runs"]:
        typer.echo(f"run {run['id']}  {run['recipe']:<14}{run['status']:<9}touched {run['touched'][:19]}")
        for crawl in run["crawls"]:
            counts: Any = (f"{crawl[name]:>8,} {name}" for name in ("files", "done", "failed", "waiting"))
            typer.echo(f"  {crawl['crawl']:<20}{'  '.join(counts)}")
