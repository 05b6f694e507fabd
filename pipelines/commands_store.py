"""Commands that look after a store: tidy."""

from typing import Annotated

import typer

from gristmill.pipelines.options import JsonOption, StoreOption


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(tidy)


def tidy(
    store: StoreOption = "data",
    hours: Annotated[float, typer.Option(help="Leave alone what is younger: it may belong to a run in progress.")] = 24,
    delete: Annotated[bool, typer.Option("--delete", help="Delete it; otherwise it is only listed.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List, or delete, what attempts that were killed have left behind: data that no receipt names.

    Example: gristmill tidy --store data --delete
    """
    from datetime import timedelta

    import orjson

    from gristmill.pipelines.store import existing_store
    from gristmill.pipelines.tidy import garbage

    opened = existing_store(store)
    found = list(garbage(opened, timedelta(hours=hours)))
    if delete:
        for one in found:
            opened.delete(one.path)
    total = sum(one.bytes for one in found)
    if as_json:
        value = {
            "deleted": delete,
            "bytes": total,
            "objects": [{"path": one.path, "bytes": one.bytes} for one in found],
        }
        typer.echo(orjson.dumps(value).decode())
        return
    for one in found:
        typer.echo(f"{one.bytes:>14,}  {one.path}")
    said = "deleted" if delete else "to delete with --delete"
    typer.echo(f"{total:>14,}  bytes in {len(found):,} objects {said}")
