"""Receipts: the small JSON that a finished task commits last. A part without a receipt does not exist.

A receipt stands at `<stage>-<key>/<name>.json` and names its data objects, `<stage>-<key>/<name>-<attempt>.<kind>.parquet`.
"""

import dataclasses
from dataclasses import dataclass, field
from typing import Any

import orjson

from gristmill.core.digest import json_digest
from gristmill.core.errors import BalanceError, StoreError


@dataclass(frozen=True)
class Output:
    """One data object of a task.

    Attributes:
        kind: what it holds: "documents", "verdicts", "rows", "tokens", "bin", ….
        path: its name in the store.
        rows: number of rows (0 for files that are no table).
        bytes: stored size.
        digest: of its canonical content, never of the stored bytes of a Parquet file (writers differ).
    """

    kind: str
    path: str
    rows: int
    bytes: int
    digest: str


@dataclass(frozen=True)
class Counts:
    """What happened to what came in. `in_` is "in" in JSON."""

    in_: int = 0
    kept: int = 0
    rejected: int = 0
    failed: int = 0


@dataclass(frozen=True)
class Receipt:
    """Everything a finished task has to say.

    Attributes:
        stage, key, step, name: which task; (folder, name) is its place in the store.
        address: the input file it is about, or the bucket's number as text.
        unit: "file", "record" or "document"; "" for steps inside a corpus stage, which judge nobody.
        counts: of that unit, of those still alive on entry.
        reasons: failed rule or error class to number of alive units, every rule a unit failed counted.
        beside: the same for units that an earlier stage had rejected: {"judged": n, "reasons": {…}}.
        outputs: the data objects.
        inputs: digests of the receipts it was made from.
        extra: numbers for people and for planning (tokens, bytes of text …).
        seconds, cpu_seconds, peak_memory_bytes, attempt: not covered by the digest.
    """

    stage: str
    key: str
    step: str
    name: str
    address: str
    unit: str
    counts: Counts
    reasons: dict[str, int] = field(default_factory=dict)
    beside: dict[str, Any] = field(default_factory=dict)
    outputs: tuple[Output, ...] = ()
    inputs: tuple[str, ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)
    bytes_in: int = 0
    bytes_out: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_memory_bytes: int = 0
    attempt: str = ""

    @property
    def digest(self) -> str:
        """Digest of what was decided and written: no times, no paths, no attempt."""
        return json_digest(
            {
                "stage": self.stage,
                "step": self.step,
                "address": self.address,
                "counts": dataclasses.astuple(self.counts),
                "reasons": self.reasons,
                "outputs": [[output.kind, output.rows, output.digest] for output in self.outputs],
            }
        )

    @property
    def path(self) -> str:
        """Its name in the store."""
        return f"{self.stage}-{self.key}/{self.name}.json"

    def output(self, kind: str) -> Output | None:
        """The data object of a kind, if there is one."""
        return next((output for output in self.outputs if output.kind == kind), None)

    def check_balance(self) -> None:
        """Raise BalanceError unless in = kept + rejected + failed."""
        counts = self.counts
        missing = counts.in_ - counts.kept - counts.rejected - counts.failed
        if missing:
            raise BalanceError(
                f"{self.name} of {self.stage}-{self.key} does not balance: {counts.in_:,} in, {counts.kept:,} kept + "
                f"{counts.rejected:,} rejected + {counts.failed:,} failed ({missing:+,} missing). "
                "The receipt was not written; report this with the input file, it is a fault in the stage."
            )

    def to_json(self) -> bytes:
        """The JSON that is stored."""
        value = dataclasses.asdict(self) | {"digest": self.digest}
        value["counts"] = {name.rstrip("_"): n for name, n in value["counts"].items()}
        return orjson.dumps(value, option=orjson.OPT_INDENT_2)


def receipt_from_json(data: bytes, path: str) -> Receipt:
    """Read a stored receipt; StoreError if it is damaged (a power cut may leave an empty file)."""
    try:
        value = orjson.loads(data)
        value.pop("digest")
        counts = value.pop("counts")
        outputs = tuple(Output(**output) for output in value.pop("outputs"))
        return Receipt(
            counts=Counts(counts["in"], counts["kept"], counts["rejected"], counts["failed"]),
            outputs=outputs,
            inputs=tuple(value.pop("inputs")),
            **value,
        )
    except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError) as error:
        raise StoreError(f"the receipt {path} is damaged. Delete it and run again; that task is done anew.") from error
