"""The funnel: what came into each stage, what stayed, what went and why."""

import itertools
from collections import Counter
from typing import Any

from rich.console import Console
from rich.table import Table

from gristmill.pipelines.runs import Run, StageRun, accounted

_UNITS = {"fetch": "file", "extract": "record"}
_TOP_REASONS = 3
_WIDE = 110  # columns of a terminal in which a rule's name fits beside the numbers


def funnel(run: Run) -> dict[str, Any]:
    """The funnel as `funnel --json` prints it (docs/reference.md has the schema)."""
    stages = [_stage(stage) for stage in accounted(run.stages)]
    balanced = all(stage["in"] == stage["kept"] + stage["rejected"] + stage["failed"] for stage in stages)
    balanced = balanced and all(
        after["in"] == before["kept"] for before, after in itertools.pairwise(stages) if after["unit"] == "document"
    )
    return {"dataset": f"{run.recipe}-{run.id}", "root": run.root, "balanced": balanced, "stages": stages}


def _stage(stage: StageRun) -> dict[str, Any]:
    reasons: Counter[str] = Counter()
    beside: Counter[str] = Counter()
    for receipt in stage.final:
        reasons.update(receipt.reasons)
        beside.update(receipt.beside.get("reasons", {}))
    every = (*stage.final, *stage.steps)
    return {
        "name": stage.name,
        "unit": _UNITS.get(stage.name, "document"),
        "in": sum(receipt.counts.in_ for receipt in stage.final),
        "kept": sum(receipt.counts.kept for receipt in stage.final),
        "rejected": sum(receipt.counts.rejected for receipt in stage.final),
        "failed": sum(receipt.counts.failed for receipt in stage.final),
        "reasons": dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
        "seconds": round(sum(receipt.seconds for receipt in every), 3),
        "bytes_in": sum(receipt.bytes_in for receipt in stage.final),
        "bytes_out": sum(receipt.bytes_out for receipt in stage.final),
        "beside": {
            "judged": sum(receipt.beside.get("judged", 0) for receipt in stage.final),
            "reasons": dict(sorted(beside.items(), key=lambda item: (-item[1], item[0]))),
        },
    }


def print_funnel(value: dict[str, Any], console: Console) -> None:
    """Print a funnel as a table for people; where the reasons do not fit beside it they stand below."""
    beside = console.width >= _WIDE
    console.print(f"{value['dataset']}   root {value['root']}", highlight=False)
    table = Table(box=None, pad_edge=False)
    for name in ("stage", "unit", "in", "kept", "rejected", "failed", "seconds"):
        table.add_column(name, justify="left" if name in ("stage", "unit") else "right", no_wrap=True)
    if beside:
        table.add_column("most frequent reasons")
    for stage in value["stages"]:
        numbers = [f"{stage[name]:,}" for name in ("in", "kept", "rejected", "failed")]
        row = [stage["name"], stage["unit"], *numbers, f"{stage['seconds']:.1f}"]
        table.add_row(*row, *([_told(stage["reasons"])] if beside else []))
    console.print(table)
    if not beside:
        console.print("\nmost frequent reasons")
        console.print(_reasons_table(value["stages"]))
    console.print("every record is accounted for" if value["balanced"] else "[bold red]the funnel does not balance[/]")


def _told(reasons: dict[str, int]) -> str:
    more = f" … {len(reasons) - _TOP_REASONS} more" if len(reasons) > _TOP_REASONS else ""
    return _most_frequent(reasons) + more


def _most_frequent(reasons: dict[str, int]) -> str:
    return ", ".join(f"{rule} {count:,}" for rule, count in list(reasons.items())[:_TOP_REASONS])


def _reasons_table(stages: list[dict[str, Any]]) -> Table:
    """The most frequent reasons one below the other, so that no rule's name is cut."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for stage in stages:
        for rule, count in list(stage["reasons"].items())[:_TOP_REASONS]:
            table.add_row(rule, f"{count:,}")
        if len(stage["reasons"]) > _TOP_REASONS:
            table.add_row(f"… {len(stage['reasons']) - _TOP_REASONS} more of {stage['name']}", "")
    return table


def funnel_markdown(value: dict[str, Any]) -> str:
    """The funnel as a Markdown table, for Prefect's artifact and for documents."""
    lines = ["| stage | unit | in | kept | rejected | failed | reasons |", "|---|---|--:|--:|--:|--:|---|"]
    for stage in value["stages"]:
        lines.append(
            f"| {stage['name']} | {stage['unit']} | {stage['in']:,} | {stage['kept']:,} | {stage['rejected']:,} "
            f"| {stage['failed']:,} | {_most_frequent(stage['reasons'])} |"
        )
    return "\n".join(lines) + f"\n\nroot `{value['root']}`\n"
