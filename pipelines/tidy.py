"""What a store holds that nothing names: data of attempts that were killed or lost a race."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import orjson

from gristmill.pipelines.store import Store

_IN_A_STAGE = re.compile(r"[^/]+-[0-9a-f]{12}/")


@dataclass(frozen=True)
class Garbage:
    """An object that no receipt names.

    Attributes:
        path: its name in the store.
        bytes: its size.
    """

    path: str
    bytes: int


def garbage(store: Store, older_than: timedelta, now: datetime | None = None) -> Iterator[Garbage]:
    """Objects of stage folders that no receipt names, sorted by name.

    Args:
        older_than: younger ones are left out: they may belong to a run that is going on, whose receipts come last.
        now: for tests; the clock decides what may be deleted, never what data says.
    """
    limit = (now or datetime.now(UTC)) - older_than
    entries = [entry for entry in store.entries() if _IN_A_STAGE.match(entry[0])]
    named = {path for name, _, _ in entries if name.endswith(".json") for path in _outputs(store, name)}
    for path, size, written in entries:
        if not path.endswith(".json") and path not in named and written < limit:
            yield Garbage(path, size)


def _outputs(store: Store, receipt: str) -> list[str]:
    """What a receipt names; a folder of shards holds other JSON too, which names nothing."""
    data = store.read(receipt)
    value = orjson.loads(data) if data else {}
    return [output["path"] for output in value.get("outputs", ())] if isinstance(value, dict) else []
