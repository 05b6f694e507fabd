"""What a run will fetch, take, give and cost, before it starts; and how far off that was, after it."""

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import xxhash

from gristmill.core.errors import InputError, UsageError
from gristmill.crawl.access import Access, access_of
from gristmill.crawl.asking import Asker
from gristmill.crawl.input_file import InputFile
from gristmill.crawl.manners import PLANNING
from gristmill.crawl.spans import joined, span_bytes, unpack
from gristmill.pipelines.plan import Plan
from gristmill.pipelines.rates import Rates, calibrate, known_rates, run_rates
from gristmill.pipelines.runs import read_run
from gristmill.pipelines.store import Store, open_store

_SAMPLED_FILES = 8
_HOUR = 3600.0
_GIGABYTE = 1e9


@dataclass(frozen=True)
class Prices:
    """Prices of whoever rents; 0 leaves a thing out.

    Attributes:
        worker_hour: of one worker (a core with its memory) for an hour.
        stored_gb_month: of a GB in the store for a month.
        fetched_gb: of a GB fetched.
    """

    worker_hour: float = 0.0
    stored_gb_month: float = 0.0
    fetched_gb: float = 0.0


def estimate(plan: Plan, workers: Sequence[int], prices: Prices) -> dict[str, Any]:
    """The estimate of a run, which is also kept in its store for `check`.

    All rates are taken as proportional to the bytes of input. Sizes that nobody told are those of a few files, asked for.

    Raises:
        InputError: a server that must be asked does not answer.
    """
    store = open_store(plan.store)
    access = access_of()
    rates = known_rates(plan, store) or calibrate(plan)
    if not rates.bytes:
        raise InputError("the measured run read no bytes, so nothing can be told from it.")
    files = [part.file for part in plan.parts]
    size = total_bytes(files, access)
    fetched = (
        size if all(file.remote for file in files) else total_bytes([file for file in files if file.remote], access)
    )
    requests = sum(max(1, len(joined(unpack(file.ranges)))) for file in files if file.remote)
    scale = size / rates.bytes
    busy = sum(rates.seconds.values()) * scale
    network = max(_over(fetched, access.bytes_per_second), _over(requests, access.requests_per_second))
    value = {
        "run": plan.run_id,
        "rates": rates.source,
        "measured_bytes": rates.bytes,
        "files": len(files),
        "requests": requests,
        "bytes": size,
        "bytes_to_fetch": fetched,
        "records": round(rates.records * scale),
        "pages": round(rates.pages * scale),
        "kept_documents": round(rates.kept * scale),
        "kept_tokens": round(rates.tokens * scale),
        "busy_hours": round(busy / _HOUR, 4),
        "stage_hours": {stage: round(seconds * scale / _HOUR, 4) for stage, seconds in rates.seconds.items()},
        "network_hours": round(network / _HOUR, 4),
        "store_bytes": round(rates.store_bytes * scale),
        "cache_bytes": min(fetched, access.cache_bytes),
        "workers": [_with_workers(count, busy, network, rates) for count in workers],
    }
    value["money"] = _money(value, busy, prices)
    store.put(_path(plan.run_id), orjson.dumps(value, option=orjson.OPT_INDENT_2))
    return value


def total_bytes(files: Sequence[InputFile], access: Access) -> int:
    """Bytes that will be read of files; what is not known is the mean of a few that are asked for."""
    known = sum(span_bytes(joined(unpack(file.ranges))) if file.ranges else max(0, file.size) for file in files)
    unknown = [file for file in files if not file.ranges and file.size < 0]
    if not unknown:
        return known
    chosen = sorted(unknown, key=lambda file: xxhash.xxh3_64_intdigest(file.address.encode()))[:_SAMPLED_FILES]
    with Asker(manners=dataclasses.replace(PLANNING, contact=access.contact)) as asker:
        sizes = [asker.size(file.location) for file in chosen]
    return known + round(sum(sizes) / len(sizes) * len(unknown))


def check(store: Store, run_id: str | None) -> dict[str, Any]:
    """A finished run beside what was expected of it: {"run", "rows": [{"what", "expected", "actual", "ratio"}]}.

    Raises:
        UsageError: nobody planned that run.
    """
    run = read_run(store, run_id)
    expected = store.read_json(_path(run.id))
    if expected is None:
        raise UsageError(
            f"run {run.id} was not planned; 'gristmill plan' with its words, before it runs, keeps a plan."
        )
    rates = run_rates(store, run.id)
    actual = {
        "bytes": rates.bytes,
        "records": rates.records,
        "pages": rates.pages,
        "kept_documents": rates.kept,
        "kept_tokens": rates.tokens,
        "busy_hours": round(sum(rates.seconds.values()) / _HOUR, 4),
        "store_bytes": rates.store_bytes,
    }
    rows = [
        {"what": what, "expected": expected[what], "actual": found, "ratio": _ratio(found, expected[what])}
        for what, found in actual.items()
    ]
    return {"run": run.id, "rates": expected["rates"], "rows": rows}


def _with_workers(count: int, busy: float, network: float, rates: Rates) -> dict[str, Any]:
    """Fetching and working go on side by side: the slower one sets the time."""
    hours = max(busy / count, network) / _HOUR
    return {"workers": count, "hours": round(hours, 4), "memory_bytes": rates.peak_memory_bytes * count}


def _money(value: dict[str, Any], busy: float, prices: Prices) -> dict[str, float]:
    parts = {
        "work": busy / _HOUR * prices.worker_hour,
        "store_month": value["store_bytes"] / _GIGABYTE * prices.stored_gb_month,
        "fetch": value["bytes_to_fetch"] / _GIGABYTE * prices.fetched_gb,
    }
    return {name: round(amount, 4) for name, amount in parts.items()} | {"total": round(math.fsum(parts.values()), 4)}


def _ratio(found: float, expected: float) -> float | None:
    return round(found / expected, 3) if expected else None


def _over(amount: float, rate: float) -> float:
    return amount / rate if rate else 0.0


def _path(run_id: str) -> str:
    return f"plans/{run_id}.json"
