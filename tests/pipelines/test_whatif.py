"""Decisions under other parameters, from the ledger: the same that a run with these parameters makes."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gristmill.core.errors import GristmillError, RecipeError, UsageError
from gristmill.pipelines.cli import app
from gristmill.pipelines.funnel import funnel
from gristmill.pipelines.ledger import open_ledger
from gristmill.pipelines.whatif import what_if
from tests.pipelines.conftest import Crawl
from tests.pipelines.serial import Finished, finish, write_recipe

STRICT = ("gopher_quality.max_mean_word_len=5", "quality.threshold=0.6")
LENIENT = (
    "gopher_quality.min_words=5",
    "gopher_quality.min_alpha_words=0",
    "c4.min_sentences=0",
    "language.min_score=0.1",
    "language.languages=[]",
    "urls.min_hard_words=9",
    "urls.respect_noai=false",
)


def ask(finished: Finished, *overrides: str) -> dict[str, Any]:
    with open_ledger(finished.store, finished.run.id) as ledger:
        return what_if(ledger, finished.run, overrides)


def before_deduplication(stages: list[dict[str, Any]]) -> list[tuple[str, int, int, int]]:
    names = [stage["name"] for stage in stages]
    chosen = stages[names.index("urls") : names.index("exact")]
    return [(stage["name"], stage["in"], stage["kept"], stage["rejected"]) for stage in chosen]


def told_then(value: dict[str, Any], when: str) -> list[dict[str, Any]]:
    return [{"name": stage["name"], **stage[when]} for stage in value["stages"]]


def test_then_is_the_funnel(finished: Finished) -> None:
    told = told_then(ask(finished, *STRICT, *LENIENT), "then")
    known = {stage["name"]: stage for stage in funnel(finished.run)["stages"]}
    assert [stage["name"] for stage in told] == list(known)[2:-1]
    for stage in told:
        assert {name: known[stage["name"]][name] for name in ("in", "kept", "rejected", "failed")} == {
            name: stage[name] for name in ("in", "kept", "rejected", "failed")
        }
        assert stage["unknown"] == 0


@pytest.mark.parametrize("settings", [STRICT, LENIENT], ids=["stricter", "milder"])
def test_now_is_what_a_run_with_these_parameters_does(
    finished: Finished, crawl: Crawl, recipe: Path, settings: tuple[str, ...], tmp_path: Path
) -> None:
    """Up to deduplication, which has not seen the documents that are let in."""
    value = ask(finished, *settings)
    shutil.copytree(finished.plan.store, tmp_path / "store")  # what is the same need not be done again
    run = finish(recipe, [crawl.folder], tmp_path / "store", *settings).run
    assert before_deduplication(told_then(value, "now")) == before_deduplication(funnel(run)["stages"])
    for stage in value["stages"]:
        for when in ("then", "now"):
            told = stage[when]
            assert told["in"] == told["kept"] + told["rejected"] + told["failed"] + told["unknown"], stage["name"]
    kept = {row["id"] for row in finished.sql("SELECT DISTINCT id FROM shards")}
    assert value["kept"]["then"] == len(kept)
    assert value["readmitted"]["unknown"] + value["kept"]["now"] >= funnel(run)["stages"][-1]["kept"]


def test_documents_that_change_sides_are_counted_and_shown(finished: Finished) -> None:
    value = ask(finished, *STRICT)
    lost = value["lost"]
    assert lost["documents"] == value["kept"]["then"] - value["kept"]["now"] > 20
    assert len(lost["examples"]) == 20
    assert len({one["id"] for one in lost["examples"]}) == 20
    for one in lost["examples"]:
        assert one["now"] == "removed"
        assert one["rules_now"] and not one["rules_then"]
        assert finished.sql("SELECT url FROM documents WHERE id = ?", bytes.fromhex(one["id"]))[0]["url"] == one["url"]
        limits = {"heuristics": ("gopher_quality.mean_word_len", 5.0), "quality": ("quality.score", 0.6)}
        name, bound = limits[one["stage"]]
        assert one["signals"][name] > bound if one["stage"] == "heuristics" else one["signals"][name] < bound


def test_what_deduplication_has_not_seen_is_unknown(finished: Finished) -> None:
    value = ask(finished, *LENIENT)
    readmitted = value["readmitted"]
    assert readmitted["documents"] == readmitted["unknown"] > 0
    assert {one["now"] for one in readmitted["examples"]} == {"unknown"}
    assert value["kept"] == {
        "then": value["kept"]["then"], "now": value["kept"]["then"], "unknown": readmitted["documents"],
    }  # fmt: skip


def test_a_copy_whose_survivor_is_gone_is_unknown(finished: Finished) -> None:
    (pair,) = finished.sql(
        """
        SELECT d.id, a.signals."quality.score" AS own, b.signals."quality.score" AS survivors
        FROM duplicates d JOIN verdicts_quality a ON a.id = d.id JOIN verdicts_quality b ON b.id = d.survivor
        WHERE own > survivors ORDER BY own - survivors DESC LIMIT 1
        """
    )
    value = ask(finished, f"quality.threshold={(pair['own'] + pair['survivors']) / 2}")
    assert value["readmitted"]["unknown"] > 0
    assert {one["stage"] for one in value["readmitted"]["examples"]} <= {"exact", "minhash"}


def test_the_same_values_change_nothing(finished: Finished) -> None:
    value = ask(finished, "gopher_quality.by_language={fi={min_words=50}}")
    assert value["lost"]["documents"] == value["readmitted"]["documents"] == 0
    assert all(stage["then"] == stage["now"] for stage in value["stages"])
    assert value["rules"][0]["then"] == value["rules"][0]["now"] > 0


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("language.model=x.bin", "decides what the signals of its stage measure"),
        ("gopher_quality.unspaced_languages=[]", "decides what the signals of its stage measure"),
        ("heuristics.families=['c4']", "decides what the signals of its stage measure"),
        ("quality.scope=alive", "decides which documents are judged"),
        ("extract.max_depth=9", "decides what text is read"),
        ("minhash.threshold=0.7", "knows the pairs of the run's own value only"),
        ("encode.vocabulary=x", "decides tokens"),
    ],
)
def test_what_cannot_be_decided_again_is_refused_with_the_reason(finished: Finished, setting: str, said: str) -> None:
    parameter = setting.partition("=")[0]
    with pytest.raises(UsageError, match=f"{parameter} cannot be decided again .*{said}.*--set {parameter}"):
        ask(finished, setting)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("quality.treshold=1", "unknown key stages.quality.treshold; did you mean 'threshold'"),
        ("quality.threshold=7", "stages.quality.threshold = 7: input should be less"),
        ("sheep.number=7", "no stage of the recipe has parameters of 'sheep'"),
        ("quality", "write FAMILY.PARAMETER=VALUE"),
    ],
)
def test_a_parameter_that_does_not_exist_is_refused(finished: Finished, setting: str, said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        ask(finished, setting)


def test_a_family_that_did_not_judge_is_refused(finished: Finished) -> None:
    with pytest.raises(
        UsageError, match=r"dolma.min_words decided nothing in this run: heuristics did not judge by dolma"
    ):
        ask(finished, "dolma.min_words=3")


def test_nothing_to_change_is_refused(finished: Finished) -> None:
    with pytest.raises(UsageError, match="needs a parameter to change"):
        ask(finished)
    with pytest.raises(UsageError, match="have these values already"):
        ask(finished, "quality.threshold=0.1")


def test_a_rule_that_its_signals_do_not_explain_is_refused(finished: Finished, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the run had been made by a version that decided otherwise."""
    monkeypatch.setitem(finished.run.stage("heuristics").params["gopher_quality"], "min_words", 200)  # type: ignore[union-attr]
    with pytest.raises(UsageError, match=r"gopher_quality.min_words cannot be decided again: .* another answer for"):
        ask(finished, "gopher_quality.min_words=40")


def test_without_language_and_alive_only_stages(crawl: Crawl, tmp_path: Path) -> None:
    """All pages count as English; a stage that saw the living only does not know the others."""
    path = write_recipe(tmp_path / "short.toml", "language", quality='scope = "alive"')
    finished = finish(path, [crawl.warcs[0]], tmp_path / "store")
    value = ask(finished, "gopher_quality.min_stop_words=0")
    told = {stage["name"]: stage["now"] for stage in value["stages"]}
    assert told["quality"]["unknown"] == value["readmitted"]["documents"] > 0


def test_the_command(finished: Finished) -> None:
    arguments = ["what-if", "--store", finished.plan.store, "--run", finished.run.id]
    arguments += [word for setting in STRICT for word in ("--set", setting)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "quality.threshold: 0.1 → 0.6" in result.output
    assert "kept then, not now" in result.output
    value = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).output)
    assert value == json.loads(json.dumps(ask(finished, *STRICT)))
    failed = CliRunner().invoke(app, [*arguments[:5], "--set", "language.model=x"])
    assert isinstance(failed.exception, GristmillError)
