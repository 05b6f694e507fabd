"""What each rule is worth, against the ledger's own rows."""

import io
import itertools
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from gristmill.pipelines.cli import app
from gristmill.pipelines.ledger import open_ledger
from gristmill.pipelines.rule_report import print_rules, rule_report
from gristmill.pipelines.whatif import what_if
from tests.pipelines.serial import Finished, finish

Fails = dict[bytes, list[tuple[str, bool]]]


@pytest.fixture(scope="module")
def report(finished: Finished) -> dict[str, Any]:
    with open_ledger(finished.store, finished.run.id) as ledger:
        return rule_report(ledger, finished.run)


@pytest.fixture(scope="module")
def fails(finished: Finished) -> Fails:
    """Each document's failed rules, and whether it was alive then."""
    found: Fails = {}
    for row in finished.sql("SELECT id, rule, alive FROM reasons"):
        found.setdefault(row["id"], []).append((row["rule"], row["alive"]))
    return found


def test_documents_are_those_of_the_ledger(report: dict[str, Any], fails: Fails) -> None:
    failing = Counter(rule for rules in fails.values() for rule, _ in rules)
    removed = Counter(rule for rules in fails.values() for rule, alive in rules if alive)
    alone = Counter(rules[0][0] for rules in fails.values() if len(rules) == 1)
    assert {rule["rule"] for rule in report["rules"]} == set(failing)
    for rule in report["rules"]:
        counts = [rule[name]["documents"] for name in ("failing", "removed", "alone")]
        assert counts == [failing[rule["rule"]], removed[rule["rule"]], alone[rule["rule"]]]
    order = [rule["failing"]["documents"] for rule in report["rules"]]
    assert order == sorted(order, reverse=True)


def test_overlap_counts_pairs(report: dict[str, Any], fails: Fails) -> None:
    pairs = Counter(pair for rules in fails.values() for pair in itertools.product([r for r, _ in rules], repeat=2))
    names = [rule["rule"] for rule in report["rules"]]
    for one, row in zip(names, report["overlap"], strict=True):
        for other, count in zip(names, row, strict=True):
            assert count == pairs[one, other]


def test_languages_and_domains_are_told(report: dict[str, Any], finished: Finished) -> None:
    labels = finished.sql('SELECT id, signals."language.label" AS label FROM verdicts_language')
    language = {row["id"]: row["label"] for row in labels}
    rows = finished.sql("SELECT id FROM reasons WHERE rule = 'gopher_quality.min_words'")
    (rule,) = (rule for rule in report["rules"] if rule["rule"] == "gopher_quality.min_words")
    assert {one["name"]: one["documents"] for one in rule["languages"]} == Counter(language[row["id"]] for row in rows)
    assert all(len(rule["domains"]) <= 10 and len(rule["languages"]) <= 10 for rule in report["rules"])
    assert all(one["name"].count(".") >= 1 for one in rule["domains"])


def test_tokens_are_estimated_from_the_kept_documents(report: dict[str, Any], finished: Finished) -> None:
    (encoded,) = finished.sql("SELECT sum(length)::BIGINT AS tokens FROM shards")
    (sizes,) = finished.sql(
        'SELECT sum(signals."extract.text_bytes")::BIGINT AS kept FROM records WHERE id IN (SELECT id FROM shards)'
    )
    assert report["tokens_per_byte"] == pytest.approx(encoded["tokens"] / sizes["kept"])
    assert report["tokens"] > encoded["tokens"]
    for rule in report["rules"]:
        assert rule["failing"]["tokens"] >= max(rule["removed"]["tokens"], rule["alone"]["tokens"])


def test_the_command(finished: Finished, report: dict[str, Any]) -> None:
    arguments = ["rules", "--store", finished.plan.store, "--run", finished.run.id]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "gopher_quality.min_words" in result.output
    assert json.loads(CliRunner().invoke(app, [*arguments, "--json"]).output) == json.loads(json.dumps(report))


def test_a_run_without_documents_has_no_rules(recipe: Path, tmp_path: Path) -> None:
    fields = (
        "WARC-Type: warcinfo",
        "WARC-Record-ID: <urn:x:1>",
        "WARC-Date: 2026-01-15T00:00:00Z",
        "Content-Length: 0",
    )
    (tmp_path / "bare.warc").write_bytes("\r\n".join(("WARC/1.0", *fields, "", "", "", "")).encode())
    finished = finish(recipe, [tmp_path / "bare.warc"], tmp_path / "store")
    with open_ledger(finished.store) as ledger:
        value = rule_report(ledger, finished.run)
        assert (value["documents"], value["tokens"], value["rules"], value["overlap"]) == (0, 0, [], [])
        print_rules(value, Console(quiet=True))
        assert what_if(ledger, finished.run, ["quality.threshold=0.5"])["kept"] == {"then": 0, "now": 0, "unknown": 0}


@pytest.mark.parametrize(
    ("width", "shown"), [(30, ()), (80, ("removed", "alone")), (140, ("removed", "alone", "tokens"))]
)
def test_names_of_rules_are_never_cut(width: int, shown: tuple[str, ...]) -> None:
    count = {"documents": 12_345_678, "tokens": 12_345_678_901}
    names = ("rpv2.rps_doc_frac_lines_end_with_ellipsis", "gopher_repetition.dup_10gram_char_frac", "urls.hard_word")
    rules = [{"rule": name, "failing": count, "removed": count, "alone": count} for name in names]
    console = Console(width=width, file=io.StringIO(), color_system=None)
    print_rules({"dataset": "d", "documents": 12_345_678, "rules": rules}, console)
    assert isinstance(console.file, io.StringIO)
    printed = console.file.getvalue()
    head = printed.splitlines()[1].split()
    assert head == ["rule", "failing", *shown]
    assert "…" not in printed
    assert max(map(len, printed.splitlines())) <= width
    for name in names:
        assert width < 80 or any(line.startswith(f"{name} ") for line in printed.splitlines())
