"""What of a store's crawls is done: `gristmill status`, and what the schedule's flows ask before they start anything."""

import re
from collections import Counter
from datetime import datetime
from typing import Any

from gristmill.pipelines.runs import run_ids
from gristmill.pipelines.store import Store

_CRAWL = re.compile(r"(?:\A|/)(CC-(?:MAIN|NEWS)-?[0-9][^/]*|CC-NEWS)/")
OTHER = "other files"


def crawl_of(address: str) -> str:
    """The crawl that a file belongs to, by its address; OTHER if it names none."""
    found = _CRAWL.search(address)
    return found.group(1) if found else OTHER


def store_status(store: Store) -> dict[str, Any]:
    """Runs, newest first, with the state of their files by crawl.

    Returns:
        {"runs": [{"id", "recipe", "status", "started", "touched", "inputs", "words",
                   "crawls": [{"crawl", "files", "done", "failed", "waiting"}]}]}

        `done` are files whose documents are there; `failed` those that could not be used; `waiting` all others.
    """
    return {
        "runs": [run_status(store, value) for run in run_ids(store) if (value := store.read_json(f"runs/{run}.json"))]
    }


def run_status(store: Store, value: dict[str, Any]) -> dict[str, Any]:
    """The state of one run, of which `value` is the record."""
    folders = {stage["name"]: f"{stage['name']}-{stage['key']}" for stage in value["stages"]}
    done = _receipts(store, folders.get("extract", ""))
    fetched = _receipts(store, folders.get("fetch", ""))
    counts: dict[str, Counter[str]] = {}
    for part in value["parts"]:
        state = _state(store, part["name"], folders, fetched, done)
        counts.setdefault(crawl_of(part["address"]), Counter())[state] += 1
    crawls = [
        {"crawl": crawl, "files": states.total(), **{name: states[name] for name in ("done", "failed", "waiting")}}
        for crawl, states in sorted(counts.items())
    ]
    told = {name: value.get(name) for name in ("id", "recipe", "status", "started", "touched", "inputs", "words")}
    return {**told, "crawls": crawls}


def _state(store: Store, part: str, folders: dict[str, str], fetched: set[str], done: set[str]) -> str:
    if part not in fetched:
        return "waiting"
    receipt = store.read_json(f"{folders['fetch']}/{part}.json") or {}
    if receipt.get("counts", {}).get("failed"):
        return "failed"
    return "done" if part in done else "waiting"


def _receipts(store: Store, folder: str) -> set[str]:
    """Names of the finished parts in a stage's folder."""
    if not folder:
        return set()
    names = (path.rsplit("/", 1)[-1] for path in store.list(folder))
    return {name.removesuffix(".json") for name in names if name.endswith(".json")}


def known_addresses(store: Store, finished: bool = False) -> set[str]:
    """Addresses of all files that any run of a store is about, or any finished one."""
    values = (store.read_json(f"runs/{run}.json") for run in run_ids(store))
    chosen = (value for value in values if value and (value["status"] == "done" or not finished))
    return {part["address"] for value in chosen for part in value["parts"]}


def known_crawls(store: Store) -> set[str]:
    """Crawls that any run of a store is about."""
    return {crawl_of(address) for address in known_addresses(store)} - {OTHER}


def unfinished_runs(store: Store, before: datetime) -> list[dict[str, Any]]:
    """Records of runs that began before some time and have not ended, the oldest first.

    A run that is still going on may be among them: then two do its work, and each task is committed once.
    """
    values = (store.read_json(f"runs/{run}.json") for run in run_ids(store))
    waiting = [value for value in values if value and value["status"] != "done" and value.get("words")]
    old = [value for value in waiting if datetime.fromisoformat(value["touched"]) < before]
    return sorted(old, key=lambda value: str(value["touched"]))
