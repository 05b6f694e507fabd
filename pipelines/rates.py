"""Rates: what a byte of input came to, in an earlier run of the store or in a short calibration run."""

import dataclasses
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gristmill.core.errors import InputError
from gristmill.crawl.access import access_of
from gristmill.crawl.asking import Asker
from gristmill.crawl.input_file import InputFile
from gristmill.crawl.manners import PLANNING
from gristmill.crawl.spans import joined, unpack
from gristmill.pipelines.graph import Course
from gristmill.pipelines.jobs import run_job
from gristmill.pipelines.plan import Plan, plan_run
from gristmill.pipelines.receipts import Receipt
from gristmill.pipelines.running import SerialRunner
from gristmill.pipelines.runs import read_run, run_ids
from gristmill.pipelines.store import Store

CALIBRATION_BYTES = 16 << 20
_SUFFIX = {"warc": ".warc", "jsonl": ".jsonl", "parquet": ".parquet"}


@dataclass(frozen=True)
class Rates:
    """What was measured.

    Attributes:
        source: "run 0123…" or "calibration".
        bytes: stored bytes of input that were measured.
        records, pages, kept, tokens, store_bytes: what became of them; kept are documents.
        seconds: busy seconds of a worker, by stage.
        peak_memory_bytes: of one worker.
    """

    source: str
    bytes: int
    records: int
    pages: int
    kept: int
    tokens: int
    store_bytes: int
    seconds: dict[str, float]
    peak_memory_bytes: int


def measured(receipts: Sequence[Receipt], source: str) -> Rates:
    """The rates that receipts of a whole run tell."""
    seconds: dict[str, float] = {}
    for receipt in receipts:
        if receipt.stage not in ("fetch", "pretrain"):  # the network has a budget of its own; training has its steps
            seconds[receipt.stage] = round(seconds.get(receipt.stage, 0.0) + receipt.seconds, 3)
    final = [receipt for receipt in receipts if receipt.unit]
    counted = {
        stage: [receipt.counts for receipt in final if receipt.stage == stage] for stage in ("extract", "encode")
    }
    return Rates(
        source,
        sum(receipt.bytes_in for receipt in receipts if receipt.stage == "fetch"),
        sum(counts.in_ for counts in counted["extract"]),
        sum(counts.kept for counts in counted["extract"]),
        sum(counts.kept for counts in counted["encode"]),
        sum(receipt.extra.get("tokens", 0) for receipt in receipts if receipt.stage == "encode"),
        sum(receipt.bytes_out for receipt in receipts if receipt.stage != "pretrain"),
        seconds,
        max((receipt.peak_memory_bytes for receipt in receipts), default=0),
    )


def known_rates(plan: Plan, store: Store) -> Rates | None:
    """Rates of the newest finished run of the store that has all stages of the plan with the same keys."""
    wanted = {stage.key for stage in plan.recipe.stages if stage.name != "pretrain"}
    for run_id in run_ids(store):
        value = store.read_json(f"runs/{run_id}.json") or {}
        if value.get("status") == "done" and wanted <= {stage["key"] for stage in value["stages"]}:
            rates = run_rates(store, run_id)
            if rates.bytes:
                return rates
    return None


def run_rates(store: Store, run_id: str) -> Rates:
    """Rates of a finished run."""
    run = read_run(store, run_id)
    return measured([receipt for stage in run.stages for receipt in (*stage.final, *stage.steps)], f"run {run.id}")


def calibrate(plan: Plan) -> Rates:
    """Run the recipe over the beginning of one of the plan's files, in this process and a store of its own.

    Raises:
        InputError: not one record was in it.
    """
    import gristmill.pipelines.warm  # noqa: F401 - so that no stage is charged for loading and compiling

    file = min((part.file for part in plan.parts), key=lambda file: (file.format == "parquet", -file.size))
    with tempfile.TemporaryDirectory(prefix="gristmill-") as folder:
        beginning = Path(folder) / ("beginning" + _SUFFIX[file.format])
        beginning.write_bytes(_beginning(file))
        overrides = [*plan.overrides, *_columns(file)]
        trial = plan_run(plan.source, [str(beginning)], f"{folder}/store", overrides)
        stages = tuple(stage for stage in trial.recipe.stages if stage.name != "pretrain")
        recipe = dataclasses.replace(trial.recipe, stages=stages)
        course = Course(dataclasses.replace(trial, recipe=recipe), SerialRunner(run_job))
        course.walk()
        rates = measured(course.receipts, "calibration")
    if not rates.records:
        raise InputError(
            f"{file.location} begins with {rates.bytes:,} bytes without a record; nothing can be told from it."
        )
    return rates


def _beginning(file: InputFile) -> bytes:
    """At most CALIBRATION_BYTES of a file; all of it where its end is needed to read it."""
    access = access_of()
    with Asker(manners=dataclasses.replace(PLANNING, contact=access.contact)) as asker:
        if file.format == "parquet":
            return asker.read(file.location)
        if not file.ranges:
            return asker.read(file.location, (0, CALIBRATION_BYTES))
        pieces: list[bytes] = []
        for start, end in joined(unpack(file.ranges)):
            left = CALIBRATION_BYTES - sum(map(len, pieces))
            if left <= 0:
                break
            pieces.append(asker.read(file.location, (start, min(end, start + left))))
        return b"".join(pieces)


def _columns(file: InputFile) -> list[str]:
    return (
        ["input.columns={" + ", ".join(f'{role}="{name}"' for role, name in file.columns) + "}"] if file.columns else []
    )
