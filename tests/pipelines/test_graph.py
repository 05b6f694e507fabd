"""The order of the jobs: what each is made from, with receipts made up on the spot."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from gristmill.crawl.input_file import InputFile
from gristmill.pipelines.graph import BUCKET_BYTES, Course, Describe, bucket_count
from gristmill.pipelines.jobs import Job, with_upstream
from gristmill.pipelines.plan import Part, Plan
from gristmill.pipelines.receipts import Counts, Receipt
from gristmill.pipelines.recipe import load_recipe
from tests.pipelines.serial import write_recipe

ROW_BYTES = 100


class Pretender:
    """A runner that does nothing: it hands out promises, and receipts for them when the leg has ended."""

    in_flight = 8

    def __init__(self, row_bytes: int = ROW_BYTES, tokens: int = 10) -> None:
        self.jobs: list[Job] = []
        self.legs: list[str] = []
        self._extra = {"row_bytes": row_bytes, "tokens": tokens}
        self._receipts: dict[int, Receipt] = {}
        self._ended = False

    def leg(self, name: str, units: Sequence[Any], describe: Describe) -> None:
        self.legs.append(name)
        for start in range(0, len(units), 2):  # in slices, as the flow does
            describe(self._submit, units[start : start + 2])

    def receipt(self, handle: Any) -> Receipt:
        return self._receipts[handle]

    def _submit(self, job: Job, upstream: Mapping[str, Any]) -> int:
        settled = {role: self._settle(value) for role, value in upstream.items()}
        done = with_upstream(job, settled)
        address = job.file.address if job.file else f"{job.bucket} of {job.buckets}"
        number = 1000 + len(self.jobs)  # a promise: an object of its own
        self._receipts[number] = Receipt(
            job.stage.name, job.stage.key, job.step, done.name, address, "document", Counts(), extra=self._extra
        )
        self.jobs.append(done)
        return number

    def _settle(self, value: Any) -> Any:
        if isinstance(value, int):
            return self._receipts[value]
        return tuple(self._settle(item) for item in value) if isinstance(value, list | tuple) else value


def make_plan(folder: Path, parts: int, *without: str, pretrain: bool = False) -> Plan:
    recipe = load_recipe("default" if pretrain else str(write_recipe(folder / "recipe.toml", *without)))
    files = [InputFile(f"{number}.warc", f"/{number}.warc", 1, "", False) for number in range(parts)]
    return Plan(str(folder / "store"), recipe, (), tuple(Part(f"part{file.address[0]}", file) for file in files))


def walk(plan: Plan, **settings: int) -> Pretender:
    runner = Pretender(**settings)
    course = Course(plan, runner)
    course.walk()
    assert len(course.receipts) == len(runner.jobs)
    return runner


def of_part(runner: Pretender, part: str) -> list[str]:
    return [f"{job.stage.name} {job.step}" for job in runner.jobs if job.unit == part]


@pytest.fixture
def default(tmp_path: Path) -> Pretender:
    return walk(make_plan(tmp_path, 3))


def test_each_part_goes_through_every_stage(default: Pretender) -> None:
    expected = [
        "fetch fetch", "extract extract", "urls judge", "language judge", "heuristics judge", "quality judge",
        "exact map", "exact judge", "minhash map", "minhash gather", "minhash judge", "pii judge", "encode encode",
        "shards map",
    ]  # fmt: skip
    for part in ("part0", "part1", "part2"):
        assert of_part(default, part) == expected
    buckets = [f"{job.stage.name} {job.step}" for job in default.jobs if job.file is None]
    assert buckets == ["exact reduce", "minhash edges", "minhash components", "minhash reduce", "shards write"]


def test_a_leg_ends_where_a_stage_must_see_all_parts(default: Pretender) -> None:
    assert default.legs == [
        "fetch, extract, urls, language, heuristics, quality, exact map",
        "exact reduce",
        "exact, minhash map",
        "minhash edges",
        "minhash components",
        "minhash gather",
        "minhash reduce",
        "minhash, pii, encode, shards map",
        "shards write",
    ]


def made_from(runner: Pretender, stage: str, step: str) -> list[dict[str, Any]]:
    """For each job of a step: role to stage and step of what it is made from."""
    found = []
    for job in runner.jobs:
        if (job.stage.name, job.step) == (stage, step):
            roles = {role: [f"{each.stage} {each.step}" for each in job.receipts(role)] for role in job.upstream}
            found.append(roles)
            mine = [each for role in roles for each in job.receipts(role) if job.file and " of " not in each.address]
            assert all(each.address == job.file.address for each in mine if job.file)
    return found


@pytest.mark.parametrize(
    ("stage", "step", "roles"),
    [
        ("fetch", "fetch", {}),
        ("extract", "extract", {"previous": ["fetch fetch"]}),
        ("urls", "judge", {"documents": ["extract extract"], "previous": []}),
        ("language", "judge", {"documents": ["extract extract"], "previous": ["urls judge"]}),
        (
            "heuristics",
            "judge",
            {
                "documents": ["extract extract"],
                "previous": ["language judge"],
                "signals:language": ["language judge"],
            },
        ),
        ("exact", "map", {"documents": ["extract extract"], "previous": ["quality judge"]}),
        ("exact", "reduce", {"map": ["exact map"] * 3}),
        (
            "exact",
            "judge",
            {"documents": ["extract extract"], "previous": ["quality judge"], "reduce": ["exact reduce"]},
        ),
        ("minhash", "map", {"documents": ["extract extract"], "previous": ["exact judge"]}),
        ("minhash", "edges", {"map": ["minhash map"] * 3}),
        ("minhash", "components", {"edges": ["minhash edges"]}),
        (
            "minhash",
            "gather",
            {"documents": ["extract extract"], "previous": ["exact judge"], "components": ["minhash components"]},
        ),
        ("minhash", "reduce", {"gather": ["minhash gather"] * 3}),
        (
            "minhash",
            "judge",
            {"documents": ["extract extract"], "previous": ["exact judge"], "reduce": ["minhash reduce"]},
        ),
        ("encode", "encode", {"documents": ["pii judge"], "previous": []}),
        ("shards", "map", {"documents": ["encode encode"], "previous": []}),
        ("shards", "write", {"map": ["shards map"] * 3}),
    ],
)
def test_what_each_step_is_made_from(stage: str, step: str, roles: dict[str, Any], default: Pretender) -> None:
    found = made_from(default, stage, step)
    assert found
    for each in found:
        assert {role: each.get(role, []) for role in roles} == roles
        assert {role for role in each if each[role]} <= roles.keys()


def test_signals_do_not_outlive_an_edit_of_the_text(default: Pretender) -> None:
    """pii reads the language of each document; encode, behind it, has other rows."""
    (roles, *_) = made_from(default, "pii", "judge")
    assert roles["signals:language"] == ["language judge"]
    assert not any(role.startswith("signals:") for role in made_from(default, "encode", "encode")[0])


def test_names_are_pinned_behind_the_first_shuffle(default: Pretender) -> None:
    pinned = [f"{job.stage.name} {job.step}" for job in default.jobs if job.pinned]
    free = [f"{job.stage.name} {job.step}" for job in default.jobs if not job.pinned]
    assert not set(pinned) & set(free)
    assert free[-1] == "exact map"


def test_a_recipe_without_deduplication(tmp_path: Path) -> None:
    runner = walk(make_plan(tmp_path, 2, "exact", "minhash", "pii"))
    assert runner.legs == [
        "fetch, extract, urls, language, heuristics, quality, encode, shards map",
        "shards write",
    ]
    assert made_from(runner, "encode", "encode")[0]["documents"] == ["extract extract"]
    assert made_from(runner, "encode", "encode")[0]["previous"] == ["quality judge"]


def test_training_reads_the_shards(tmp_path: Path) -> None:
    runner = walk(make_plan(tmp_path, 2, pretrain=True))
    (roles,) = made_from(runner, "pretrain", "train")
    assert roles == {"shards": ["shards write"]}
    assert runner.jobs[-1].settings.keys() == {"vocabulary", "end_of_document"}


def test_more_rows_more_buckets(tmp_path: Path) -> None:
    runner = walk(make_plan(tmp_path, 2), row_bytes=BUCKET_BYTES)
    buckets = [job for job in runner.jobs if (job.stage.name, job.step) == ("exact", "reduce")]
    assert [(job.unit, job.bucket, job.buckets) for job in buckets] == [("000", 0, 2), ("001", 1, 2)]
    judges = made_from(runner, "exact", "judge")
    assert all(roles["reduce"] == ["exact reduce"] * 2 for roles in judges)
    assert len([job for job in runner.jobs if job.step == "components"]) == 1


def test_shards_are_as_many_as_their_tokens_need(tmp_path: Path) -> None:
    plan = make_plan(tmp_path, 3)
    most = plan.recipe.stage("shards").params.model_dump()["max_tokens"]
    runner = walk(plan, tokens=most)
    assert len([job for job in runner.jobs if job.step == "write"]) == 3


@pytest.mark.parametrize(("total", "buckets"), [(0, 1), (1, 1), (BUCKET_BYTES, 1), (BUCKET_BYTES + 1, 2)])
def test_bucket_count(total: int, buckets: int, tmp_path: Path) -> None:
    stage = load_recipe("default").stage("exact")
    source = Receipt("exact", "k", "map", "n", "a", "", Counts(), extra={"row_bytes": total})
    assert bucket_count(stage, [source]) == buckets
    assert bucket_count(stage, []) == 1
