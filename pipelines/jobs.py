"""A job is one task's work, ready to be sent to any process: which step of which stage, on what, made from what.

`run_job` is the whole of a task's body: hand back the receipt that exists, or do the work and commit a new one. It knows no
Prefect; a zombie that finishes late finds a receipt in place and its data becomes garbage that no receipt names.
"""

import contextlib
import dataclasses
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psutil
import pyarrow as pa

from gristmill.core.digest import json_digest
from gristmill.crawl.input_file import InputFile
from gristmill.pipelines.receipts import Counts, Output, Receipt, receipt_from_json
from gristmill.pipelines.recipe import Stage
from gristmill.pipelines.store import Store, open_store
from gristmill.pipelines.tables import TableWriter, table_writer

_PIN_LENGTH = 12

Upstream = Mapping[str, Receipt | tuple[Receipt, ...] | None]


@dataclass(frozen=True)
class Job:
    """One step of a stage on one part or bucket.

    Attributes:
        store: URL of the store.
        stage: the stage with its parameters.
        step: which of the stage's steps: "judge", "map", "reduce", ….
        unit: the part's name, or the bucket's as "003".
        file: the input file of the part; None for buckets.
        bucket, buckets: which hash range; (0, 1) where there is only one.
        pinned: whether its name carries a digest of what it was made from. Up to the first shuffle the stage's key and the
            part say that already; behind it, what a part becomes depends on all parts.
        upstream: receipts of what it reads, by role.
        settings: small values a step needs from the plan.
    """

    store: str
    stage: Stage
    step: str
    unit: str
    file: InputFile | None = None
    bucket: int = 0
    buckets: int = 1
    pinned: bool = False
    upstream: Upstream = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Its name in the stage's folder."""
        base = self.unit if self.step == final_step(self.stage) else f"{self.step}-{self.unit}"
        if not self.pinned:
            return base
        return f"{base}-{json_digest([self.bucket, self.buckets, self.input_digests])[:_PIN_LENGTH]}"

    @property
    def path(self) -> str:
        """Where its receipt stands."""
        return f"{self.stage.folder}/{self.name}.json"

    @property
    def label(self) -> str:
        """How people see it: "heuristics judge · CC-MAIN-…-00000.warc.gz"."""
        what = self.file.address.rsplit("/", 1)[-1] if self.file else f"{self.bucket + 1} of {self.buckets}"
        return f"{self.stage.name} {self.step} · {what}"

    @property
    def input_digests(self) -> tuple[str, ...]:
        """Digests of all receipts it is made from, by role."""
        return tuple(receipt.digest for role in sorted(self.upstream) for receipt in self.receipts(role))

    def receipt(self, role: str) -> Receipt:
        """The one upstream receipt of a role."""
        found = self.upstream[role]
        assert isinstance(found, Receipt), role
        return found

    def receipts(self, role: str) -> tuple[Receipt, ...]:
        """All upstream receipts of a role, none if it is absent."""
        found = self.upstream.get(role)
        if found is None:
            return ()
        return (found,) if isinstance(found, Receipt) else found


def final_step(stage: Stage) -> str:
    """The step whose receipts speak for the stage in the funnel and in the root digest."""
    return {"fetch": "fetch", "extract": "extract", "encode": "encode", "shards": "write", "pretrain": "train"}.get(
        stage.type.kind, "judge"
    )


@dataclass
class Result:
    """What a step's function returns about its units; the outputs are in the draft.

    `afterwards` is done once a receipt stands, and may be left undone by a process that is killed.
    """

    unit: str = ""
    counts: Counts = field(default_factory=Counts)
    reasons: dict[str, int] = field(default_factory=dict)
    beside: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    afterwards: Callable[[], None] | None = None


class Draft:
    """The outputs of an attempt that is not committed yet."""

    def __init__(self, store: Store, job: Job) -> None:
        self.store = store
        self.attempt = uuid.uuid4().hex[:8]  # only in the names of data objects; digests never see it
        self.outputs: list[Output] = []
        self._stem = f"{job.stage.folder}/{job.name}-{self.attempt}"

    @contextlib.contextmanager
    def table(self, kind: str, schema: pa.Schema) -> Iterator[TableWriter]:
        """Stream a Parquet output."""
        path = f"{self._stem}.{kind}.parquet"
        with table_writer(self.store, path, schema) as writer:
            yield writer
        self.outputs.append(Output(kind, path, writer.rows, writer.bytes, writer.digest))

    def path(self, kind: str, suffix: str) -> str:
        """The name of an output that is no table."""
        return f"{self._stem}.{kind}{suffix}"

    def add(self, output: Output) -> None:
        """Take in an output that was written to `path`."""
        self.outputs.append(output)


StepFunction = Callable[[Job, Draft], Result]


def existing_receipt(job: Job) -> Receipt | None:
    """The receipt of an earlier attempt, if there is one."""
    data = open_store(job.store).read(job.path)
    return None if data is None else receipt_from_json(data, job.path)


def run_job(job: Job) -> Receipt:
    """Run a job, or hand back the receipt of the attempt that finished it.

    Raises:
        BalanceError: the step does not account for every unit; nothing was committed.
        GristmillError: whatever the step found wrong.
    """
    from gristmill.pipelines.steps import step_function

    found = existing_receipt(job)
    if found is not None:
        return found
    store = open_store(job.store)
    draft = Draft(store, job)
    started, cpu_started = time.perf_counter(), time.process_time()
    result = step_function(job)(job, draft)
    receipt = Receipt(
        stage=job.stage.name,
        key=job.stage.key,
        step=job.step,
        name=job.name,
        address=job.file.address if job.file else f"{job.bucket} of {job.buckets}",
        unit=result.unit,
        counts=result.counts,
        reasons=dict(sorted(result.reasons.items())),
        beside=result.beside,
        outputs=tuple(draft.outputs),
        inputs=job.input_digests,
        extra=result.extra,
        bytes_in=result.extra.get("bytes_in", 0) or _input_bytes(job),
        bytes_out=sum(output.bytes for output in draft.outputs),
        seconds=round(time.perf_counter() - started, 4),
        cpu_seconds=round(time.process_time() - cpu_started, 4),
        peak_memory_bytes=peak_memory_bytes(),
        attempt=draft.attempt,
    )
    receipt.check_balance()
    won = store.put_new(receipt.path, receipt.to_json())
    if result.afterwards is not None:
        result.afterwards()
    if won:
        return receipt
    winner = existing_receipt(job)
    assert winner is not None
    return winner


def peak_memory_bytes() -> int:
    """Largest resident size of this process so far."""
    memory = psutil.Process().memory_info()
    try:
        import resource
    except ImportError:  # not a Unix
        return int(memory.rss)
    return max(int(memory.rss), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


def _input_bytes(job: Job) -> int:
    return sum(output.bytes for role in job.upstream for receipt in job.receipts(role) for output in receipt.outputs)


def with_upstream(job: Job, upstream: Upstream) -> Job:
    """The same job with its upstream receipts filled in."""
    return dataclasses.replace(job, upstream=upstream)


def count_reasons(rules: Sequence[pa.Array], mask: pa.Array | None = None) -> dict[str, int]:
    """How many rows name each rule: list<string> arrays, optionally only the rows of a mask."""
    counts: dict[str, int] = {}
    for lists in rules:
        chosen = lists.filter(mask) if mask is not None else lists
        for entry in chosen.flatten().value_counts().to_pylist():
            counts[entry["values"]] = counts.get(entry["values"], 0) + entry["counts"]
    return counts
