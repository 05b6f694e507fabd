"""The funnel: what came into each stage, what stayed, what went and why."""

import itertools
from collections import Counter
from typing import Any

from rich.console import Console
from rich.table import Table

from gristmill.pipelines.runs import Run, StageRun, accounted

_UNITS = {"fetch": "file", "extract": "record"}
_TOP_REASONS = 3


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
    """Print a funnel as a table for people."""
    table = Table(title=f"{value['dataset']}   root {value['root']}", title_justify="left", box=None, pad_edge=False)
    for name in ("stage", "unit", "in", "kept", "rejected", "failed", "seconds"):
        table.add_column(name, justify="left" if name in ("stage", "unit") else "right", no_wrap=True)
    table.add_column("most frequent reasons", overflow="fold")
    for stage in value["stages"]:
        reasons = list(stage["reasons"].items())
        told = ", ".join(f"{rule} {count:,}" for rule, count in reasons[:_TOP_REASONS])
        more = f" … {len(reasons) - _TOP_REASONS} more" if len(reasons) > _TOP_REASONS else ""
        numbers = [f"{stage[name]:,}" for name in ("in", "kept", "rejected", "failed")]
        table.add_row(stage["name"], stage["unit"], *numbers, f"{stage['seconds']:.1f}", told + more)
    console.print(table)
    console.print("every record is accounted for" if value["balanced"] else "[bold red]the funnel does not balance[/]")


def funnel_markdown(value: dict[str, Any]) -> str:
    """The funnel as a Markdown table, for Prefect's artifact and for documents."""
    lines = ["| stage | unit | in | kept | rejected | failed | reasons |", "|---|---|--:|--:|--:|--:|---|"]
    for stage in value["stages"]:
        reasons = ", ".join(f"{rule} {count:,}" for rule, count in list(stage["reasons"].items())[:_TOP_REASONS])
        lines.append(
            f"| {stage['name']} | {stage['unit']} | {stage['in']:,} | {stage['kept']:,} | {stage['rejected']:,} "
            f"| {stage['failed']:,} | {reasons} |"
        )
    return "\n".join(lines) + f"\n\nroot `{value['root']}`\n"
