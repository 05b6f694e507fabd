"""Commands that measure models: the quality classifier."""

from pathlib import Path
from typing import Annotated

import typer

from gristmill.pipelines.options import JsonOption

_evaluate = typer.Typer(name="evaluate", help="Measure the models that recipes use.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(_evaluate)


@_evaluate.callback()
def evaluate() -> None:
    """Measure the models that recipes use."""


@_evaluate.command(name="quality")
def evaluate_quality(
    labelled: Annotated[
        Path,
        typer.Option("--input", help="JSONL or Parquet with text, label, and perhaps domain or url: not trained on."),
    ],
    model: Annotated[str, typer.Option(help="The model's path, or the name of a shipped one.")] = "quality.ftz",
    positive: Annotated[str, typer.Option(help="The label whose probability is the score.")] = "high",
    threshold: Annotated[float, typer.Option(help="Score from which a text counts as kept.")] = 0.1,
    as_json: JsonOption = False,
) -> None:
    """Measure a quality classifier: AUC, calibration, and bias by length and by domain.

    Example: gristmill evaluate quality --input labelled.parquet --model ./quality.ftz
    """
    import orjson

    from gristmill.filters import quality_training as training
    from gristmill.filters.quality import model_path

    found = training.measure(training.read_labelled(labelled), model_path(model), positive, threshold)
    typer.echo(orjson.dumps(found.json()).decode() if as_json else found.markdown())
