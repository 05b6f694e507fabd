"""Whole runs inside the test's process, without Prefect, and what they did."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gristmill.pipelines.graph import Course
from gristmill.pipelines.jobs import Job, existing_receipt, run_job
from gristmill.pipelines.ledger import finish_run, open_ledger, query
from gristmill.pipelines.plan import Plan, plan_run
from gristmill.pipelines.receipts import Receipt
from gristmill.pipelines.recipe import RECIPE_FOLDER
from gristmill.pipelines.running import SerialRunner
from gristmill.pipelines.runs import Run
from gristmill.pipelines.store import Store, open_store


@dataclass(frozen=True)
class Finished:
    """A run that has ended.

    Attributes:
        done: stage, step and file (or bucket) of each job that was really run: that had no receipt.
    """

    plan: Plan
    run: Run
    done: tuple[tuple[str, str, str], ...]
    receipts: tuple[Receipt, ...]

    @property
    def store(self) -> Store:
        return open_store(self.plan.store)

    @property
    def stages_done(self) -> list[str]:
        """Names of the stages of which anything was run, in order."""
        return list(dict.fromkeys(stage for stage, _, _ in self.done))

    def sql(self, text: str, *parameters: Any) -> list[dict[str, Any]]:
        """Ask the run's ledger."""
        with open_ledger(self.store, self.run.id) as connection:
            return query(connection, text, parameters)


def finish(recipe: str | Path, inputs: Sequence[str | Path], store: str | Path, *overrides: str) -> Finished:
    """Plan a run, do what is missing of it in this process, and record its end."""
    plan = plan_run(str(recipe), [str(each) for each in inputs], str(store), overrides)
    done: list[tuple[str, str, str]] = []

    def noted(job: Job) -> Receipt:
        if existing_receipt(job) is None:
            name = job.file.address.rsplit("/", 1)[-1] if job.file else f"{job.bucket + 1} of {job.buckets}"
            done.append((job.stage.name, job.step, name))
        return run_job(job)

    course = Course(plan, SerialRunner(noted))
    course.walk()
    return Finished(plan, finish_run(plan, course.receipts), tuple(done), tuple(course.receipts))


def write_recipe(path: Path, *without: str, **tables: str) -> Path:
    """The default recipe without training and without some stages; `tables` are TOML lines put into a stage's table."""
    text = (RECIPE_FOLDER / "default.toml").read_text("utf-8")
    for stage in ("pretrain", *without):
        text, found = re.subn(rf"\[stages\.{stage}[].][^[]*", "", text)
        assert found, stage
    for stage, lines in tables.items():
        text = text.replace(f"[stages.{stage}]\n", f"[stages.{stage}]\n{lines}\n")
    path.write_text(text, "utf-8")
    return path
