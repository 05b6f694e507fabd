"""The command that tells what a run will take, before it starts: plan."""

import sys
from typing import Annotated, Any

import typer

from gristmill.pipelines.options import JsonOption, RunOption, StoreOption


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(plan)


def plan(
    recipe: Annotated[str, typer.Argument(help="Name of a shipped recipe, or path of a TOML file.")] = "default",
    inputs: Annotated[list[str] | None, typer.Option("--input", help="As for run.")] = None,
    store: StoreOption = "data",
    overrides: Annotated[list[str] | None, typer.Option("--set", help="As for run.")] = None,
    workers: Annotated[list[int] | None, typer.Option(min=1, help="Worker count to tell the hours of; repeat.")] = None,
    worker_hour: Annotated[float, typer.Option(min=0, help="Price of a worker (a core) for an hour.")] = 0.0,
    stored_gb: Annotated[float, typer.Option(min=0, help="Price of a GB in the store for a month.")] = 0.0,
    fetched_gb: Annotated[float, typer.Option(min=0, help="Price of a GB fetched.")] = 0.0,
    check: Annotated[bool, typer.Option("--check", help="Compare a finished run with its plan instead.")] = False,
    run_id: RunOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell what a run will fetch, how long it takes, how much memory, disk and money; from an earlier run, or a trial.

    Example: gristmill plan default --input crawl --workers 1 --workers 16 --worker-hour 0.04
    """
    import orjson

    from gristmill.pipelines import estimate
    from gristmill.pipelines.plan import plan_run
    from gristmill.pipelines.selecting import named_inputs
    from gristmill.pipelines.store import existing_store

    if check:
        value = estimate.check(existing_store(store), run_id)
    else:
        planned = plan_run(recipe, named_inputs(inputs or [], sys.stdin), store, overrides or [])
        prices = estimate.Prices(worker_hour, stored_gb, fetched_gb)
        value = estimate.estimate(planned, workers or [1, 8, 64], prices)
    typer.echo(orjson.dumps(value).decode() if as_json else _checked(value) if check else _told(value))


def _told(value: dict[str, Any]) -> str:
    lines = [
        f"run      {value['run']}, rates from {value['rates']} ({value['measured_bytes'] / 1e6:,.1f} MB)",
        f"input    {value['files']:,} files, {value['bytes'] / 1e9:,.3f} GB",
        f"fetch    {value['bytes_to_fetch'] / 1e9:,.3f} GB in {value['requests']:,} requests, "
        f"at least {_time(value['network_hours'])}",
        f"pages    {value['pages']:,}, of which {value['kept_documents']:,} are kept: {value['kept_tokens']:,} tokens",
        f"disk     {value['store_bytes'] / 1e9:,.3f} GB in the store, {value['cache_bytes'] / 1e9:,.3f} GB in its cache",
        f"work     {_time(value['busy_hours'])} of one worker",
    ]
    for one in value["workers"]:
        lines.append(
            f"  {one['workers']:>5} workers  {_time(one['hours']):>12}  {one['memory_bytes'] / 1e9:>8,.1f} GB of memory"
        )
    if value["money"]["total"]:
        money = value["money"]
        lines.append(
            f"money    {money['total']:,.2f}: work {money['work']:,.2f}, fetch {money['fetch']:,.2f}, "
            f"store {money['store_month']:,.2f} a month"
        )
    return "\n".join(lines)


def _time(hours: float) -> str:
    """Hours in a unit that shows something of them."""
    if hours >= 1:
        return f"{hours:,.2f} h"
    return f"{hours * 60:,.1f} min" if hours * 60 >= 1 else f"{hours * 3600:,.1f} s"


def _checked(value: dict[str, Any]) -> str:
    lines = [
        f"run {value['run']}, planned from {value['rates']}",
        f"{'':<16}{'expected':>18}{'actual':>18}{'ratio':>8}",
    ]
    for row in value["rows"]:
        lines.append(
            f"{row['what']:<16}{row['expected']:>18,}{row['actual']:>18,}{row['ratio'] if row['ratio'] else '-':>8}"
        )
    return "\n".join(lines)
