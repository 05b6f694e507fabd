"""Commands that look at a finished run: funnel, sql, show, failed, verify, trace, ledger, dashboard."""

import sys
from datetime import date, datetime
from typing import Annotated, Any

import typer

from gristmill.pipelines.options import JsonOption, RunOption, StoreOption


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (funnel, sql, show, failed, verify, trace, ledger, dashboard):
        app.command()(command)


def funnel(store: StoreOption = "data", run_id: RunOption = None, as_json: JsonOption = False) -> None:
    """Show what each stage got, kept and removed, and why.

    Example: gristmill funnel --store data --json
    """
    from rich.console import Console

    from gristmill.pipelines import funnel as funnels
    from gristmill.pipelines.runs import read_run
    from gristmill.pipelines.store import existing_store

    value = funnels.funnel(read_run(existing_store(store), run_id))
    if as_json:
        typer.echo(_json(value))
    else:
        funnels.print_funnel(value, Console())


def sql(
    query: Annotated[str, typer.Argument(help="A query in DuckDB's SQL; 'SHOW TABLES' lists what there is.")],
    store: StoreOption = "data",
    run_id: RunOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask the ledger.

    Example: gristmill sql "SELECT rule, count(*) AS documents FROM reasons GROUP BY rule ORDER BY documents DESC"
    """
    from rich.console import Console
    from rich.table import Table

    from gristmill.pipelines.ledger import open_ledger
    from gristmill.pipelines.ledger import query as ask
    from gristmill.pipelines.store import existing_store

    with open_ledger(existing_store(store), run_id) as connection:
        rows = ask(connection, query)
    if as_json:
        typer.echo(_json(rows))
        return
    table = Table(box=None, pad_edge=False)
    for name in rows[0] if rows else ():
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(value.hex() if isinstance(value, bytes) else str(value) for value in row.values()))
    Console().print(table)


def show(
    identifier: Annotated[str, typer.Argument(help="Id of a document (32 hex digits) or its URL.")],
    store: StoreOption = "data",
    run_id: RunOption = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="Print the bytes it was read from instead, headers and all.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Tell what happened to one document: every signal, every failed rule, its survivor, its place in the shards.

    Example: gristmill show https://example.org/page --store data
    """
    from gristmill.pipelines.ledger import open_ledger
    from gristmill.pipelines.runs import read_run
    from gristmill.pipelines.store import existing_store
    from gristmill.pipelines.story import story, story_text

    opened = existing_store(store)
    with open_ledger(opened, run_id) as connection:
        if raw:
            from gristmill.pipelines.failures import raw_bytes

            sys.stdout.buffer.write(raw_bytes(connection, identifier))
            return
        value = story(connection, read_run(opened, run_id), identifier)
    typer.echo(_json(value) if as_json else story_text(value))


def failed(store: StoreOption = "data", run_id: RunOption = None, as_json: JsonOption = False) -> None:
    """Show what could not be read, by error, with an example of each; also what was odd, as digests that do not hold.

    Example: gristmill failed --store data && gristmill show --raw ID --store data
    """
    from gristmill.pipelines.failures import failures, failures_text
    from gristmill.pipelines.ledger import open_ledger
    from gristmill.pipelines.store import existing_store

    with open_ledger(existing_store(store), run_id) as connection:
        value = failures(connection)
    typer.echo(_json(value) if as_json else failures_text(value))


def verify(
    store: StoreOption = "data",
    run_id: RunOption = None,
    stage: Annotated[str | None, typer.Option(help="Check the data of this stage only.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Read everything again and compare it with the receipts; exit code 3 if anything differs.

    Example: gristmill verify --store data --stage heuristics
    """
    from gristmill.core.errors import UsageError, VerificationError
    from gristmill.pipelines import verify as verification
    from gristmill.pipelines.runs import read_run
    from gristmill.pipelines.store import existing_store

    opened = existing_store(store)
    run = read_run(opened, run_id)
    if stage is not None and run.stage(stage) is None:
        raise UsageError(f"the run has no stage {stage!r}; it has {', '.join(one.name for one in run.stages)}.")
    value = verification.verify(opened, run, stage)
    if as_json:
        typer.echo(_json(value))
    else:
        for one in value["stages"]:
            typer.echo(f"{one['name']:<12}{one['digest']}  {'ok' if one['ok'] else 'DIFFERS: ' + one['problem']}")
        typer.echo(f"{'root':<12}{value['root']}  {'ok' if value['ok'] else 'DIFFERS ' + value.get('problem', '')}")
    if not value["ok"]:
        raise VerificationError(verification.first_difference(value))


def trace(
    shard: Annotated[str, typer.Argument(help="A shard's number, or the path of one of its files.")],
    position: Annotated[int, typer.Argument(help="Position of the token in the shard, from 0.")],
    store: StoreOption = "data",
    run_id: RunOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell which page a token came from.

    Example: gristmill trace 0 12345 --store data
    """
    from gristmill.pipelines.runs import read_run
    from gristmill.pipelines.store import existing_store
    from gristmill.pipelines.tracing import trace as find

    opened = existing_store(store)
    value = find(opened, read_run(opened, run_id), shard, position)
    if as_json:
        typer.echo(_json(value))
        return
    warc = value["warc"]
    typer.echo(f"token {value['token']} {value['text']!r} in …{value['context']!r}…")
    typer.echo(
        f"{value['url']}\n  id    {value['id']}\n  from  {warc['file']}, bytes {warc['offset']:,} + {warc['length']:,}"
    )


def ledger(store: StoreOption = "data", run_id: RunOption = None) -> None:
    """Build the ledger again, after the store was moved or to look at another run.

    Example: gristmill ledger --store data && duckdb -readonly data/ledger.duckdb
    """
    from gristmill.pipelines.ledger import LEDGER, publish_ledger
    from gristmill.pipelines.runs import read_run
    from gristmill.pipelines.store import existing_store

    opened = existing_store(store)
    publish_ledger(opened, read_run(opened, run_id))
    typer.echo(opened.local_path(LEDGER))


def dashboard(
    store: StoreOption = "data",
    port: Annotated[int, typer.Option(help="Port on this machine.")] = 8501,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    run_id: RunOption = None,
) -> None:
    """Open the statistics of a run in the browser.

    Example: gristmill dashboard --store data --port 8501
    """
    from gristmill.pipelines.dashboard_server import serve

    serve(store, run_id, host, port)


def _json(value: Any) -> str:
    import orjson

    return orjson.dumps(value, default=_plain).decode()


def _plain(value: Any) -> Any:
    """What orjson does not know: DuckDB's decimals and bytes."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)
