"""What every shipped recipe says of fixed texts. `python -m tests.recipes.golden` writes it anew, for a reader of the diff."""

import json
from pathlib import Path

import pyarrow as pa

from gristmill.pipelines.judging import Judge
from gristmill.pipelines.recipe import load_recipe, recipe_names
from gristmill.pipelines.texts import read_texts
from tests.recipes.texts import TEXTS

GOLDEN = Path(__file__).with_name("golden.json")
Decisions = dict[str, dict[str, list[str]]]


def decisions(recipe: str, folder: Path) -> Decisions:
    """By stage the texts that it rejects, each with the rules that it fails; stages see every text as given."""
    path = folder / "texts.jsonl"
    path.write_text("".join(json.dumps({"id": name, "text": text}) + "\n" for name, text in TEXTS.items()), "utf-8")
    judge = Judge(load_recipe(recipe))
    table = pa.concat_tables([judge.judge(texts) for texts in read_texts(path)])
    found: Decisions = {stage.name: {} for stage in judge.stages}
    for row in table.select(["id", "stage", "rules"]).to_pylist():
        if row["rules"]:
            found[row["stage"]][row["id"]] = row["rules"]
    return found


def main() -> None:
    """Write the file."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        made = {name: decisions(name, Path(folder)) for name in recipe_names()}
    GOLDEN.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
