"""What `gristmill run` does around the flow: look whether anything is missing before Prefect is even imported."""

import contextlib
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson
import typer
from rich.console import Console

from gristmill.core.errors import GristmillError, UsageError
from gristmill.pipelines.funnel import funnel, print_funnel
from gristmill.pipelines.graph import Course, Describe
from gristmill.pipelines.jobs import Job, existing_receipt, with_upstream
from gristmill.pipelines.ledger import LEDGER, finish_run
from gristmill.pipelines.plan import Plan, plan_run
from gristmill.pipelines.receipts import Receipt
from gristmill.pipelines.runs import Run, shards_folder
from gristmill.pipelines.selecting import NothingNewError
from gristmill.pipelines.store import Store, open_store


class UnfinishedError(GristmillError):
    """A job of the course has no receipt yet."""


class SerialRunner:
    """Runs a course in this process, one job after the other; with `finished_only` it only collects receipts.

    The whole pipeline without Prefect: what tests and `gristmill run` use to see what is done.
    """

    in_flight = 1

    def __init__(self, finish: Callable[[Job], Receipt]) -> None:
        self._finish = finish

    def leg(self, name: str, units: Sequence[Any], describe: Describe) -> None:  # noqa: ARG002 - a Runner is told
        """Run a leg at once."""
        describe(self._submit, units)

    def receipt(self, handle: Any) -> Receipt:
        """A handle is a receipt already."""
        assert isinstance(handle, Receipt)
        return handle

    def _submit(self, job: Job, upstream: Mapping[str, Any]) -> Receipt:
        settled = {role: tuple(value) if isinstance(value, list) else value for role, value in upstream.items()}
        return self._finish(with_upstream(job, settled))


def finished_only(job: Job) -> Receipt:
    """The receipt of a job; UnfinishedError if there is none."""
    receipt = existing_receipt(job)
    if receipt is None:
        raise UnfinishedError(job.label)
    return receipt


def collect_finished(plan: Plan) -> list[Receipt] | None:
    """All receipts of a plan, or None if any is missing."""
    course = Course(plan, SerialRunner(finished_only))
    try:
        course.walk()
    except UnfinishedError:
        return None
    return course.receipts


def run_recipe(
    recipe: str,
    inputs: list[str],
    store: str,
    workers: int,
    runner: str,
    address: str | None,
    overrides: list[str],
    timeout: float,
    as_json: bool,
) -> None:
    """Run a recipe with Prefect, or say that there is nothing to do; print the funnel."""
    started = time.monotonic()
    try:
        plan = plan_run(recipe, inputs, store, overrides)
    except NothingNewError as error:
        typer.echo(str(error), err=True)
        return
    receipts = collect_finished(plan)
    if receipts is not None:
        run = finish_run(plan, receipts)
        _report(
            open_store(store), run, as_json, f"nothing to do: all {len(receipts):,} tasks have their receipts", started
        )
        return
    _check_runner(runner)
    _say(f"run {plan.run_id}: recipe {plan.recipe.name}, {len(plan.parts):,} files, {workers} workers, store {store}")
    with _prefect(runner, workers):
        from gristmill.pipelines.curate import curate

        curate(inputs, store, recipe, workers, runner, address, overrides, timeout)
    from gristmill.pipelines.runs import read_run

    _report(open_store(store), read_run(open_store(store), plan.run_id), as_json, "done", started)


@contextlib.contextmanager
def _prefect(runner: str, workers: int) -> Any:
    """A server, settings and warm workers, all started side by side: the imports alone take seconds."""
    from gristmill.pipelines.executors import warm_ahead
    from gristmill.pipelines.server import temporary_server

    with temporary_server() as server:
        if runner == "local":
            warm_ahead(workers)
        import gristmill.pipelines.curate  # noqa: F401 - Prefect's 4 s, while the server starts

        if server is not None:
            server.wait()
        yield


def _check_runner(runner: str) -> None:
    from gristmill.pipelines.executors import RUNNERS

    if runner not in RUNNERS:
        raise UsageError(f"there is no runner {runner!r}; there are {', '.join(RUNNERS)}.")


def _report(store: Store, run: Run, as_json: bool, said: str, started: float) -> None:
    value = funnel(run)
    if as_json:
        typer.echo(orjson.dumps(value).decode())
        return
    print_funnel(value, Console())
    typer.echo(f"{said} in {time.monotonic() - started:.1f} s")
    typer.echo(f"  root    {run.root}")
    typer.echo(f"  shards  {store.local_path(shards_folder(run))}")
    typer.echo(f"  ledger  {store.local_path(LEDGER)}")
    typer.echo(f"  next    gristmill show URL --store {store.url}   gristmill dashboard --store {store.url}")


def _say(message: str) -> None:
    if sys.stderr.isatty() or os.environ.get("GRISTMILL_VERBOSE"):
        typer.echo(message, err=True)
