"""The record of a run: `runs/<id>.json` names recipe, inputs, stages, parts and receipts; the newest is what commands look at.

The file is a pointer, not data: it is written when a run starts and replaced when it ends, and it may hold times.
"""

import dataclasses
import itertools
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from gristmill.core.digest import json_digest
from gristmill.core.errors import BalanceError, UsageError, VerificationError
from gristmill.crawl.spans import unpack
from gristmill.pipelines.jobs import final_step
from gristmill.pipelines.plan import Part, Plan
from gristmill.pipelines.receipts import Receipt, receipt_from_json
from gristmill.pipelines.store import Store


@dataclasses.dataclass(frozen=True)
class StageRun:
    """A stage of a run and the receipts that speak for it, in the order of the parts."""

    name: str
    key: str
    params: dict[str, Any]
    final: tuple[Receipt, ...]
    steps: tuple[Receipt, ...]

    @property
    def digest(self) -> str:
        """Digest of the content of all its parts, by the inputs' addresses."""
        return json_digest(sorted([receipt.address, receipt.digest] for receipt in self.final))


@dataclasses.dataclass(frozen=True)
class Run:
    """A finished run."""

    id: str
    status: str
    started: str
    recipe: str
    description: str
    inputs: tuple[str, ...]
    root: str
    stages: tuple[StageRun, ...]

    def stage(self, name: str) -> StageRun | None:
        """The stage of that name, if the run has it."""
        return next((stage for stage in self.stages if stage.name == name), None)


def stage_runs(plan: Plan, receipts: Sequence[Receipt]) -> tuple[StageRun, ...]:
    """Sort a course's receipts by stage."""
    stages = []
    for stage in plan.recipe.stages:
        own = tuple(receipt for receipt in receipts if receipt.stage == stage.name)
        final = tuple(receipt for receipt in own if receipt.step == final_step(stage))
        others = tuple(receipt for receipt in own if receipt.step != final_step(stage))
        stages.append(StageRun(stage.name, stage.key, orjson.loads(stage.params.model_dump_json()), final, others))
    return tuple(stages)


def accounted(stages: Sequence[StageRun]) -> tuple[StageRun, ...]:
    """The stages up to the shards: those that the funnel and the root speak of."""
    return tuple(stage for stage in stages if stage.name != "pretrain")


def root_digest(stages: Sequence[StageRun]) -> str:
    """The root: what every stage up to the shards made of every part. No keys, no paths, no times."""
    return json_digest([[stage.name, stage.digest] for stage in accounted(stages)])


def write_started(store: Store, plan: Plan) -> None:
    """Record that a run has begun."""
    _write(store, plan, "running", _now(), "", stage_runs(plan, ()))


def write_finished(store: Store, plan: Plan, stages: Sequence[StageRun]) -> Run:
    """Check the law over the whole run and record its end.

    Raises:
        BalanceError: what one stage kept is not what the next one got, or a document came up twice.
    """
    check_chain(stages)
    known = store.read_json(_path(plan.run_id)) or {}
    _write(store, plan, "done", known.get("started") or _now(), root_digest(stages), stages)
    return read_run(store, plan.run_id)


def check_chain(stages: Sequence[StageRun]) -> None:
    """Raise BalanceError unless every stage got what the one before kept."""
    for before, after in itertools.pairwise(accounted(stages)):
        if {receipt.unit for receipt in after.final} != {"document"}:
            continue  # a file that was kept holds many records
        kept = sum(receipt.counts.kept for receipt in before.final)
        came = sum(receipt.counts.in_ for receipt in after.final)
        if kept != came:
            raise BalanceError(
                f"{before.name} kept {kept:,} documents but {after.name} got {came:,}. "
                "Keep the store and report this; 'gristmill verify' names the first stage that differs."
            )


def run_ids(store: Store) -> list[str]:
    """Ids of all runs, newest first."""
    found = []
    for path in store.list("runs"):
        if path.endswith(".json"):
            value = store.read_json(path) or {}
            found.append((value.get("touched", ""), value.get("id", "")))
    return [run for _, run in sorted(found, reverse=True)]


def read_run(store: Store, run_id: str | None = None) -> Run:
    """A finished run with its receipts: the newest, or the one whose id starts with `run_id`.

    Raises:
        UsageError: there is none.
        VerificationError: a receipt it names is gone.
    """
    ids = run_ids(store)
    chosen = [run for run in ids if run_id is None or run.startswith(run_id)]
    if not chosen:
        known = f"it has {', '.join(ids)}" if ids else "run a recipe first: gristmill run --input …"
        raise UsageError(f"the store {store.url} has no run{' ' + run_id if run_id else ''}; {known}.")
    values = [store.read_json(_path(run)) for run in chosen]
    value = next((value for value in values if value and value["status"] == "done"), None)
    if value is None:
        raise UsageError(
            f"run {chosen[0]} in {store.url} is not finished. Start it again with the same words; it does what is missing."
        )
    return Run(
        value["id"], value["status"], value["started"], value["recipe"], value["description"],
        tuple(value["inputs"]), value["root"],
        tuple(_read_stage(store, stage) for stage in value["stages"]),
    )  # fmt: skip


def _read_stage(store: Store, value: dict[str, Any]) -> StageRun:
    def receipts(paths: Sequence[str]) -> tuple[Receipt, ...]:
        found = []
        for path in paths:
            data = store.read(path)
            if data is None:
                raise VerificationError(
                    f"the receipt {path} is gone from {store.url}. Run the recipe again; it does what is missing."
                )
            found.append(receipt_from_json(data, path))
        return tuple(found)

    return StageRun(value["name"], value["key"], value["params"], receipts(value["final"]), receipts(value["steps"]))


def _write(store: Store, plan: Plan, status: str, started: str, root: str, stages: Sequence[StageRun]) -> None:
    value = {
        "id": plan.run_id,
        "status": status,
        "started": started,
        "touched": _now(),
        "recipe": plan.recipe.name,
        "description": plan.recipe.description,
        "text": plan.recipe.text,
        "words": {"recipe": plan.source, "overrides": list(plan.overrides)},
        "inputs": list(plan.inputs),
        "parts": [_part(part) for part in plan.parts],
        "root": root,
        "stages": [
            {
                "name": stage.name,
                "key": stage.key,
                "params": stage.params,
                "final": [receipt.path for receipt in stage.final],
                "steps": [receipt.path for receipt in stage.steps],
            }
            for stage in stages
        ],
    }
    store.put(_path(plan.run_id), orjson.dumps(value, option=orjson.OPT_INDENT_2))


def _part(part: Part) -> dict[str, Any]:
    value = {"name": part.name, **dataclasses.asdict(part.file)}
    return value | {"ranges": len(unpack(part.file.ranges)), "columns": dict(part.file.columns)}


def _path(run_id: str) -> str:
    return f"runs/{run_id}.json"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def shards_folder(run: Run) -> str:
    """The store's folder that holds a run's shards."""
    stage = accounted(run.stages)[-1]
    return f"{stage.name}-{stage.key}"
