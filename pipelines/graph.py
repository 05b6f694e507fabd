"""The course of a run: which job follows which. Everything that runs jobs walks this one description.

The course is made of legs. Within a leg each part (or bucket) goes its own way through a few steps; a leg ends where a
corpus stage must have seen all of them. Names of jobs behind the first shuffle depend on what was found before, so a leg is
described only when the one before has ended.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from gristmill.pipelines.dispatch import fetch_windows, staggered
from gristmill.pipelines.jobs import Job
from gristmill.pipelines.plan import Part, Plan
from gristmill.pipelines.receipts import Receipt
from gristmill.pipelines.recipe import Stage
from gristmill.pipelines.registry import CORPUS_KINDS

BUCKET_BYTES = 256 * 1024 * 1024  # of rows in memory that one reduce task holds

Handle = Any
"""A receipt, or a promise of one; what a `Runner` makes of it is its own affair."""


class Submit(Protocol):
    """Hand a job to the runner; its upstream handles are resolved before it runs."""

    def __call__(self, job: Job, upstream: Mapping[str, Handle | Sequence[Handle] | None]) -> Handle:
        """Return a handle of the job's receipt."""


Describe = Callable[[Submit, Sequence[Any]], None]


class Runner(Protocol):
    """What a course is run by: the store alone, this process, or Prefect (pipelines/curate.py).

    Attributes:
        in_flight: jobs that it holds at a time, at work or waiting for a worker; it takes them in the order of submission.
    """

    in_flight: int

    def leg(self, name: str, units: Sequence[Any], describe: Describe) -> None:
        """Run a leg over its units and wait for all of it.

        `describe` submits the jobs of some units, step by step over all of them; it is called for a slice at a time.
        """

    def receipt(self, handle: Handle) -> Receipt:
        """The receipt behind a handle of a leg that has ended."""


@dataclass
class _Head:
    """Where a part stands.

    Attributes:
        documents: receipt whose "documents" are current.
        previous: the stage before, whose verdicts say who is alive; None where all are.
        signals: receipts of stages whose signals later stages may ask for.
    """

    documents: Handle = None
    previous: Handle = None
    signals: dict[str, Handle] = field(default_factory=dict)

    def upstream(self) -> dict[str, Handle]:
        return {"documents": self.documents, "previous": self.previous}

    def settle(self, known: Mapping[int, Receipt]) -> None:
        """Put receipts in the place of the handles of a leg that has ended."""
        self.documents = known.get(id(self.documents), self.documents)
        self.previous = known.get(id(self.previous), self.previous)
        self.signals = {name: known.get(id(handle), handle) for name, handle in self.signals.items()}


class Course:
    """Walks a plan's stages with a runner and collects the receipts of all its jobs."""

    def __init__(self, plan: Plan, runner: Runner) -> None:
        self.receipts: list[Receipt] = []
        self._plan = plan
        self._runner = runner
        self._heads = {part.name: _Head() for part in plan.parts}
        self._pinned = False

    def walk(self) -> None:
        """Run the whole course. Raises what the runner raises."""
        pending: list[Stage] = []  # stages that a part goes through by itself, not run yet
        last_reduce: tuple[Stage, list[Receipt]] | None = None
        for stage in self._plan.recipe.stages:
            if stage.type.kind == "pretrain":
                assert last_reduce is not None
                self._train(stage, last_reduce[1])
                continue
            if stage.type.kind not in CORPUS_KINDS:
                pending.append(stage)
                continue
            mapped = self._part_leg(last_reduce, pending, stage)
            pending = []
            last_reduce = (stage, self._reduce(stage, mapped))

    def _part_leg(
        self, reduced: tuple[Stage, list[Receipt]] | None, stages: list[Stage], corpus: Stage
    ) -> list[Receipt]:
        """Judge by the corpus stage before, go through the document stages, map for the corpus stage behind."""
        fetching = any(stage.type.kind == "fetch" for stage in stages)

        def describe(submit: Submit, parts: Sequence[Part]) -> None:
            steps = [partial(self._judge, submit, stage) for stage in stages]
            if reduced is not None:
                steps.insert(0, partial(self._judge_corpus, submit, *reduced))
            steps.append(partial(self._map, submit, corpus))
            for window in fetch_windows(parts, self._plan.access.cache_bytes) if fetching else [parts]:
                for step, part in staggered(steps, window, self._runner.in_flight):
                    step(part)

        names = [stage.name for stage in stages] + [f"{corpus.name} map"]
        receipts = self._leg(", ".join(([reduced[0].name] if reduced else []) + names), self._plan.parts, describe)
        return [receipt for receipt in receipts if (receipt.stage, receipt.step) == (corpus.name, "map")]

    def _judge(self, submit: Submit, stage: Stage, part: Part) -> None:
        head = self._heads[part.name]
        kind = stage.type.kind
        if kind == "fetch":
            head.previous = submit(self._job(stage, "fetch", part), {})
        elif kind == "extract":
            head.documents = submit(self._job(stage, "extract", part), {"previous": head.previous})
            head.signals[stage.name] = head.documents
            head.previous = None
        elif kind == "encode":
            head.documents = submit(self._job(stage, "encode", part), head.upstream())
            head.previous = None
        else:
            signals = {f"signals:{name}": handle for name, handle in head.signals.items() if name in _wanted(stage)}
            judged = submit(self._job(stage, "judge", part), head.upstream() | signals)
            head.signals[stage.name] = judged
            if stage.type.edits:
                head.documents, head.previous = judged, None
            else:
                head.previous = judged

    def _judge_corpus(self, submit: Submit, stage: Stage, reduced: list[Receipt], part: Part) -> None:
        head = self._heads[part.name]
        head.previous = submit(self._job(stage, "judge", part), head.upstream() | {"reduce": reduced})

    def _map(self, submit: Submit, stage: Stage, part: Part) -> None:
        submit(self._job(stage, "map", part), self._heads[part.name].upstream())

    def _reduce(self, stage: Stage, mapped: list[Receipt]) -> list[Receipt]:
        self._pinned = True
        if stage.type.kind == "minhash":
            edges = self._bucket_leg(stage, "edges", {"map": mapped})
            members = self._bucket_leg(stage, "components", {"edges": edges}, buckets=1)

            def describe(submit: Submit, parts: Sequence[Part]) -> None:
                for part in parts:
                    submit(
                        self._job(stage, "gather", part), self._heads[part.name].upstream() | {"components": members}
                    )

            gathered = self._leg(f"{stage.name} gather", self._plan.parts, describe)
            return self._bucket_leg(stage, "reduce", {"gather": gathered})
        return self._bucket_leg(stage, "write" if stage.type.kind == "shards" else "reduce", {"map": mapped})

    def _train(self, stage: Stage, shards: list[Receipt]) -> None:
        """Train on the shards in one job; it needs to know what they were encoded with."""
        encode: Any = self._plan.recipe.stage("encode").params
        settings = {"vocabulary": encode.vocabulary, "end_of_document": encode.end_of_document}

        def describe(submit: Submit, _numbers: Sequence[int]) -> None:
            submit(Job(self._plan.store, stage, "train", "000", pinned=True, settings=settings), {"shards": shards})

        self._leg(stage.name, [0], describe)

    def _bucket_leg(
        self, stage: Stage, step: str, upstream: Mapping[str, Sequence[Receipt]], buckets: int | None = None
    ) -> list[Receipt]:
        sources = [receipt for role in upstream.values() for receipt in role]
        count = buckets or bucket_count(stage, sources)

        def describe(submit: Submit, numbers: Sequence[int]) -> None:
            for number in numbers:
                job = Job(self._plan.store, stage, step, f"{number:03d}", None, number, count, pinned=True)
                submit(job, upstream)

        return self._leg(f"{stage.name} {step}", range(count), describe)

    def _job(self, stage: Stage, step: str, part: Part) -> Job:
        settings = {"access": self._plan.access} if stage.type.kind in ("fetch", "extract") else {}
        return Job(self._plan.store, stage, step, part.name, part.file, pinned=self._pinned, settings=settings)

    def _leg(self, name: str, units: Sequence[Any], describe: Describe) -> list[Receipt]:
        """Run a leg; all its receipts in the order of submission."""
        handles: list[Handle] = []

        def noted(submit: Submit, some: Sequence[Any]) -> None:
            def note(job: Job, upstream: Mapping[str, Any]) -> Handle:
                handles.append(submit(job, upstream))
                return handles[-1]

            describe(note, some)

        self._runner.leg(name, units, noted)
        receipts = [self._runner.receipt(handle) for handle in handles]
        self.receipts.extend(receipts)
        known = {id(handle): receipt for handle, receipt in zip(handles, receipts, strict=True)}
        for head in self._heads.values():
            head.settle(known)
        return receipts


def bucket_count(stage: Stage, sources: Sequence[Receipt]) -> int:
    """How many buckets a shuffle has: a matter of the data alone, never of the number of workers."""
    if stage.type.kind == "shards":
        params: Any = stage.params
        total, target = sum(receipt.extra["tokens"] for receipt in sources), int(params.max_tokens)
    else:
        total, target = sum(receipt.extra.get("row_bytes", 0) for receipt in sources), BUCKET_BYTES
    return max(1, int(-(-total // target)))


def _wanted(stage: Stage) -> set[str]:
    """Names of the stages whose signals a stage asks for."""
    return {signal.partition(".")[0] for signal in getattr(stage.type.load(), "UPSTREAM", ())}
