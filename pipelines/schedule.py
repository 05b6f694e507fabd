"""Flows for a schedule: start a crawl that is new, and go on with runs that were left unfinished.

Both only choose words for `curate`: what was done before is found by its receipts, and stays as it is.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from prefect import flow

from gristmill.pipelines.curate import DEFAULT_TIMEOUT_SECONDS, curate
from gristmill.pipelines.selecting import new_crawls
from gristmill.pipelines.status import unfinished_runs
from gristmill.pipelines.store import open_store


@flow(name="look-for-crawl", persist_result=False, validate_parameters=False)
def look_for_crawl(
    store: str = "data",
    recipe: str = "default",
    workers: int = 2,
    runner: str = "local",
    address: str | None = None,
    overrides: list[str] | None = None,
    most: int = 1,
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
) -> list[str]:
    """Curate the newest crawls that no run of the store is about, at most so many; ids of those that were started.

    What the recipe's [input] says besides (a fraction, an index query) holds for them, too. Each crawl is a run of its own.
    """
    crawls = new_crawls(store, most)
    for crawl in crawls:
        words = [*(overrides or []), f'input.crawls=["{crawl}"]']
        curate([], store, recipe, workers, runner, address, words, timeout_seconds)
    return crawls


@flow(name="fill-gaps", persist_result=False, validate_parameters=False)
def fill_gaps(
    store: str = "data",
    hours: float = 12.0,
    workers: int = 2,
    runner: str = "local",
    address: str | None = None,
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
) -> list[str]:
    """Go on with runs that began more than so many hours ago and have not ended; ids of those that were started."""
    runs = unfinished_runs(open_store(store), datetime.now(UTC) - timedelta(hours=hours))
    for run in runs:
        words: dict[str, Any] = run["words"]
        curate(run["inputs"], store, words["recipe"], workers, runner, address, words["overrides"], timeout_seconds)
    return [run["id"] for run in runs]
