"""The flow: a recipe over inputs, each step of each stage on each part its own Prefect task.

Flows and tasks choose what runs, where and how often again; the work is in pipelines/steps and knows no Prefect. The store
alone decides what is finished: lose Prefect's database and a new run still does only what is missing.
"""

import functools
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.futures import PrefectFuture, wait
from prefect.settings import PREFECT_API_URL
from prefect.task_runners import ThreadPoolTaskRunner
from prefect.tasks import exponential_backoff
from prefect.utilities.annotations import quote

from gristmill.core.errors import GristmillError, StoreError, WorkerError
from gristmill.crawl.access import Access, access_of
from gristmill.pipelines.executors import Executor, open_executor
from gristmill.pipelines.funnel import funnel, funnel_markdown
from gristmill.pipelines.graph import Course, Describe
from gristmill.pipelines.jobs import Job, existing_receipt, with_upstream
from gristmill.pipelines.plan import Plan, plan_run
from gristmill.pipelines.politeness import make_limits
from gristmill.pipelines.progress import RunProgress, run_progress
from gristmill.pipelines.receipts import Receipt
from gristmill.pipelines.runs import write_started
from gristmill.pipelines.steps.fetch import drop_copies
from gristmill.pipelines.store import open_store

SLICE_UNITS = 200  # parts in one sub-flow: Prefect's page of one flow stays readable, and its memory bounded
THREADS_PER_WORKER = 4  # a thread waits for a worker; a few more than workers keep all of them busy
DEFAULT_TIMEOUT_SECONDS = 3600.0


@dataclass(frozen=True)
class Order:
    """A job and what runs it. Prefect carries it unopened."""

    job: Job
    upstream: Mapping[str, Any]
    executor: Executor
    progress: RunProgress
    timeout_seconds: float

    def carry_out(self) -> Receipt:
        """Hand back the receipt that exists, or have the job run."""
        job = with_upstream(self.job, {role: _settled(value) for role, value in self.upstream.items()})
        receipt = existing_receipt(job) or self.executor.run(job, self.timeout_seconds)
        self.progress.finished(job, receipt)
        return receipt


def _settled(value: Any) -> Any:
    """Receipts in the place of futures, which are done: the task waited for them."""
    if isinstance(value, PrefectFuture):
        return value.result()
    if isinstance(value, list | tuple):
        return tuple(_settled(item) for item in value)
    return value


def _worth_retrying(_task: Any, _run: Any, state: Any) -> bool:
    """A lost worker or a store that does not answer may do better next time; a fault in the data will not."""
    try:
        state.result()
    except (WorkerError, StoreError, OSError) as error:
        logging.getLogger("gristmill").warning("%s Trying again.", error)
        return True
    except Exception:
        return False
    return False


@task(
    task_run_name="{label}",
    retries=3,
    retry_delay_seconds=exponential_backoff(backoff_factor=1),
    retry_jitter_factor=0.5,
    retry_condition_fn=_worth_retrying,
    persist_result=False,
)
def finish_job(label: str, order: Order) -> Receipt:  # noqa: ARG001 - the label names the task run
    """Finish one step of a stage on one part or bucket."""
    return order.carry_out()


class PrefectRunner:
    """Runs a course's jobs as tasks, in threads that wait for an executor.

    Their tasks belong to the flow itself; a leg of more than SLICE_UNITS parts is cut into sub-flows. A sub-flow costs a
    third of a second, which a run over a few files would feel, and one over thousands does not.
    """

    def __init__(self, executor: Executor, progress: RunProgress, timeout_seconds: float) -> None:
        self._executor, self._progress, self._timeout = executor, progress, timeout_seconds
        self.in_flight = executor.workers * THREADS_PER_WORKER

    def leg(self, name: str, units: Sequence[Any], describe: Describe) -> None:
        """Run a leg and wait for it."""
        if len(units) <= SLICE_UNITS:
            self._run_slice(units, describe)
            return

        @flow(name="leg", flow_run_name=name, persist_result=False)
        def leg(stages: str, first_unit: int, unit_count: int) -> None:  # noqa: ARG001 - shown by Prefect
            self._run_slice(units[first_unit : first_unit + unit_count], describe)

        for start in range(0, len(units), SLICE_UNITS):
            leg(name, start, min(SLICE_UNITS, len(units) - start))

    def receipt(self, handle: Any) -> Receipt:
        """The receipt of a finished task."""
        receipt: Receipt = handle.result()
        return receipt

    def _run_slice(self, units: Sequence[Any], describe: Describe) -> None:
        futures: list[PrefectFuture[Receipt]] = []
        threads: ThreadPoolTaskRunner[Receipt] = ThreadPoolTaskRunner(self.in_flight)

        def submit(job: Job, upstream: Mapping[str, Any]) -> PrefectFuture[Receipt]:
            self._progress.expect(job)
            order = Order(job, upstream, self._executor, self._progress, self._timeout)
            parameters = {"label": job.label, "order": quote(order)}
            future: PrefectFuture[Receipt] = threads.submit(
                _task_of(job.stage.name, job.step), parameters, wait_for=_futures(upstream)
            )
            futures.append(future)
            return future

        with threads:
            try:
                describe(submit, units)
                wait(futures)
            except BaseException:  # Ctrl-C or a cancelled run: Prefect's threads would first wait for all their jobs
                self._executor.close()
                raise
        _raise_first_failure(futures)


@functools.cache  # Prefect reads and hashes the function's source each time
def _task_of(stage: str, step: str) -> Any:
    return finish_job.with_options(name=f"{stage} {step}")


def _futures(upstream: Mapping[str, Any]) -> list[PrefectFuture[Receipt]]:
    return [value for value in upstream.values() if isinstance(value, PrefectFuture)]


def _raise_first_failure(futures: Sequence[PrefectFuture[Receipt]]) -> None:
    failed = [future for future in futures if future.state.is_failed() or future.state.is_crashed()]
    if not failed:
        return
    try:
        failed[0].result()
    except GristmillError as error:
        more = f" ({len(failed) - 1} more tasks failed.)" if len(failed) > 1 else ""
        said = type(error)(f"{error}{more} What is finished is kept: the same command goes on from there.")
        raise said from error


def _shared_access(plan: Plan, workers: int) -> Access:
    """The settings, with the global limits of the Prefect server that this flow reports to."""
    access = replace(access_of(), limits=str(PREFECT_API_URL.value() or ""), workers=workers)
    if access.limits and any(part.file.remote for part in plan.parts):
        make_limits(access)
    return access


@flow(name="curate", flow_run_name="{recipe}", persist_result=False, validate_parameters=False)
def curate(
    inputs: list[str],
    store: str = "data",
    recipe: str = "default",
    workers: int = 2,
    runner: str = "local",
    address: str | None = None,
    overrides: list[str] | None = None,
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
) -> str:
    """Run a recipe over inputs; parameters are plain JSON, so that a deployment can hold them. Returns the root digest."""
    # Imported here: Prefect's event threads are abandoned at exit with a copy of this flow's context, which keeps this
    # module's globals alive; were DuckDB among them, its bindings would print 120 lines about leaks.
    from gristmill.pipelines.ledger import LEDGER, finish_run

    plan = plan_run(recipe, inputs, store, overrides or [])
    plan = replace(plan, access=_shared_access(plan, workers))
    names = [stage.name for stage in plan.recipe.stages]
    write_started(open_store(plan.store), plan)
    with open_executor(runner, workers, address) as executor, run_progress(names) as progress:
        course = Course(plan, PrefectRunner(executor, progress, timeout_seconds))
        course.walk()
    run = finish_run(plan, course.receipts)
    drop_copies(open_store(plan.store), (part.file for part in plan.parts), plan.access)  # what killed workers left
    create_markdown_artifact(
        funnel_markdown(funnel(run)), key="funnel", description="What every stage kept, and why the rest went"
    )
    where = open_store(plan.store).local_path(LEDGER)
    create_markdown_artifact(f"`{where}`", key="ledger", description="DuckDB file with all verdicts and receipts")
    return run.root
