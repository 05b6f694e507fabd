"""Commands that ask the ledger about rules: what-if and rules."""

from typing import Annotated

import typer

from gristmill.pipelines.options import JsonOption, RunOption, StoreOption


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("what-if")(what_if)
    app.command()(rules)


def what_if(
    overrides: Annotated[
        list[str] | None, typer.Option("--set", help="FAMILY.PARAMETER=VALUE; may be repeated.")
    ] = None,
    store: StoreOption = "data",
    run_id: RunOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell what a finished run would have kept under other thresholds, from the ledger alone.

    Example: gristmill what-if --set gopher_quality.min_words=40 --set quality.threshold=0.7
    """
    import orjson
    from rich.console import Console

    from gristmill.pipelines import whatif
    from gristmill.pipelines.ledger import open_ledger
    from gristmill.pipelines.runs import read_run
    from gristmill.pipelines.store import existing_store

    opened = existing_store(store)
    with open_ledger(opened, run_id) as connection:
        value = whatif.what_if(connection, read_run(opened, run_id), overrides or [])
    if as_json:
        typer.echo(orjson.dumps(value, default=str).decode())
    else:
        whatif.print_what_if(value, Console())


def rules(store: StoreOption = "data", run_id: RunOption = None, as_json: JsonOption = False) -> None:
    """Tell what each rule is worth: what it removes, alone or with others, by language and by domain.

    Example: gristmill rules --store data --json
    """
    import orjson
    from rich.console import Console

    from gristmill.pipelines import rule_report
    from gristmill.pipelines.ledger import open_ledger
    from gristmill.pipelines.runs import read_run
    from gristmill.pipelines.store import existing_store

    opened = existing_store(store)
    with open_ledger(opened, run_id) as connection:
        value = rule_report.rule_report(connection, read_run(opened, run_id))
    if as_json:
        typer.echo(orjson.dumps(value).decode())
    else:
        rule_report.print_rules(value, Console())
