"""The funnels of the shipped recipes on the sample crawl. `python -m tests.recipes.funnels` runs them all and writes them.

docs/funnels.json holds, by recipe, each stage's counts and most frequent reasons; `python -m tests.docs_blocks` makes the
tables in docs/recipes.md from it.
"""

import json
import tempfile
from pathlib import Path
from typing import Any

from gristmill.pipelines.funnel import funnel
from gristmill.pipelines.recipe import recipe_names
from gristmill.samples.sample import write_sample
from tests.paths import ROOT
from tests.pipelines.serial import finish

FUNNELS = ROOT / "docs" / "funnels.json"
PAGES, SEED = 1000, 0
_COUNTS = ("in", "kept", "rejected", "failed")
_REASONS = 3


def stages(recipe: str, crawl: Path, store: Path) -> list[dict[str, Any]]:
    """Run a recipe, and tell of each stage its name, unit, counts and most frequent reasons."""
    found = funnel(finish(recipe, [crawl], store).run)
    if not found["balanced"]:
        raise ValueError(f"the funnel of {recipe} does not balance")
    return [
        {name: stage[name] for name in ("name", "unit", *_COUNTS)}
        | {"reasons": dict(list(stage["reasons"].items())[:_REASONS])}
        for stage in found["stages"]
    ]


def main() -> None:
    """Run all recipes and write the file."""
    with tempfile.TemporaryDirectory() as folder:
        crawl = Path(folder) / "sample"
        write_sample(crawl, PAGES, SEED)
        made = {name: stages(name, crawl, Path(folder) / name) for name in recipe_names()}
    rows = (f"  {json.dumps(name)}: [\n{_lines(value)}\n  ]" for name, value in made.items())
    FUNNELS.write_text("{\n" + ",\n".join(rows) + "\n}\n", "utf-8")


def _lines(value: list[dict[str, Any]]) -> str:
    return ",\n".join(f"    {json.dumps(stage)}" for stage in value)


if __name__ == "__main__":
    main()
