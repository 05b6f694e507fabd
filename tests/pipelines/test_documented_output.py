"""What commands print for programs, and the ledger's tables, are what docs/reference.md says."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gristmill.pipelines.cli import app
from tests.paths import ROOT
from tests.pipelines.serial import Finished

REFERENCE = (ROOT / "docs" / "reference.md").read_text("utf-8")
MAPS = ("reasons", "signals")  # their keys are names of rules and signals


def example(command: str) -> Any:
    """The JSON that the reference shows for a command."""
    section = REFERENCE.partition(f"\n### {command}\n")[2].partition("\n### ")[0]
    return json.loads(section.partition("```json\n")[2].partition("```")[0])


def printed(finished: Finished, *words: str) -> list[Any]:
    """The JSON lines that a command prints on a finished store."""
    result = CliRunner().invoke(app, [*words, "--store", finished.plan.store, "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def differences(shown: Any, real: Any, place: str = "") -> Iterator[str]:
    """Where a value has other keys or types than the one that is shown; null goes with everything."""
    if shown is None or real is None:
        return
    if isinstance(shown, dict) and isinstance(real, dict):
        if place.rpartition(".")[2] in MAPS:
            yield from (f"{place}: {key}" for key in real if not re.fullmatch(r"\w+\.\w+", key))
            return
        optional = {"judged_beside", "message", "problem"} - shown.keys()
        if shown.keys() != real.keys() - optional:
            yield f"{place}: shown {sorted(shown)}, real {sorted(real)}"
        for key in shown.keys() & real.keys():
            yield from differences(shown[key], real[key], f"{place}.{key}")
    elif isinstance(shown, list) and isinstance(real, list):
        for one in real if shown else ():
            yield from differences(shown[0], one, f"{place}[]")
    elif {type(shown), type(real)} != {int, float} and type(shown) is not type(real):
        yield f"{place}: shown {shown!r}, real {real!r}"


def check(command: str, real: Any) -> None:
    assert list(differences(example(command), real)) == []


def test_funnel(finished: Finished) -> None:
    (value,) = printed(finished, "funnel")
    check("funnel", value)
    assert value["balanced"] is True


def test_verify(finished: Finished) -> None:
    (value,) = printed(finished, "verify")
    check("verify", value)
    assert value["ok"] is True


@pytest.mark.parametrize("table", ["records", "duplicates", "shards"])
def test_show(finished: Finished, table: str) -> None:
    key = finished.sql(f"SELECT id FROM {table} ORDER BY id LIMIT 1")[0]["id"]
    (value,) = printed(finished, "show", key.hex())
    check("show", value)
    assert bool(value["duplicate_of"]) == (table == "duplicates")
    assert bool(value["tokens"]) == (table == "shards")


def test_trace(finished: Finished) -> None:
    (value,) = printed(finished, "trace", "0", "5")
    check("trace", value)


def test_sql(finished: Finished) -> None:
    query = "SELECT rule, count(*) AS documents FROM reasons GROUP BY rule"
    (value,) = printed(finished, "sql", query)
    check("sql", value)


def test_pretrain(finished: Finished, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    small = ["--layers", "1", "--width", "16", "--heads", "2", "--sequence-length", "16", "--batch", "2"]
    lines = printed(finished, "pretrain", "--steps", "2", "--out", str(tmp_path), *small)
    assert len(lines) == 2
    for line in lines:
        check("pretrain", line)


def documented_tables() -> dict[str, list[str]]:
    """The columns that the reference lists for each table of the ledger."""
    rows = re.findall(r"^\| (`.+?) \| (.+) \|$", REFERENCE.partition("\n## The ledger\n")[2], re.MULTILINE)
    return {
        table: re.findall(r"`(\w+)`", re.sub(r"\([^)]*\)", "", columns))
        for tables, columns in rows
        for table in re.findall(r"`([\w<>]+)`", tables)
    }


def test_the_ledgers_tables_are_documented(finished: Finished) -> None:
    shown = documented_tables()
    for table in finished.sql("SHOW TABLES"):
        name = table["name"]
        columns = [column["column_name"] for column in finished.sql(f'DESCRIBE "{name}"')]
        assert shown["verdicts_<stage>" if name.startswith("verdicts_") else name] == columns, name


def test_the_documented_questions_have_answers(finished: Finished) -> None:
    block = REFERENCE.partition("```sql\n")[2].partition("```")[0]
    queries = [query for query in block.split(";") if query.strip()]
    assert len(queries) >= 4
    for query in queries:
        assert finished.sql(query), query
