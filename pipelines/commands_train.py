"""Commands that train: the quality classifier, the perplexity model, word frequencies, and the pre-training step."""

from pathlib import Path
from typing import Annotated

import typer

from gristmill.pipelines.options import JsonOption, RunOption, StoreOption

_train = typer.Typer(name="train", help="Train the models that recipes use.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(_train)
    app.command()(pretrain)


@_train.callback()
def train() -> None:
    """Train the models that recipes use."""


@_train.command()
def quality(
    out: Annotated[Path, typer.Option(help="The model's file: .ftz if quantised, else .bin.")],
    labelled: Annotated[
        Path | None,
        typer.Option("--input", help="JSONL or Parquet with text, label and perhaps group; default: the shipped text."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the model and of the composed texts.")] = 1,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the text.")] = 10,
    dimensions: Annotated[int, typer.Option(min=2, help="Length of a feature's vector.")] = 16,
    quantise: Annotated[bool, typer.Option(help="Store the vectors in a sixth of the space.")] = True,
    positive: Annotated[str, typer.Option(help="The label whose probability is the score.")] = "high",
    as_json: JsonOption = False,
) -> None:
    """Train a quality classifier on labelled text and report on what it has not seen; the same text gives the same bytes.

    Example: gristmill train quality --input labelled.parquet --out quality.ftz
    """
    import orjson

    from gristmill.filters import quality_training as training
    from gristmill.filters.quality_texts import compose

    settings = training.Settings(seed=seed, epochs=epochs, dimensions=dimensions, quantise=quantise)
    source = compose(seed=seed) if labelled is None else labelled
    evaluation = training.train(source, out, settings, positive)
    if as_json:
        typer.echo(orjson.dumps(evaluation.json()).decode())
    else:
        typer.echo(f"{evaluation.markdown()}\n\n{out}: name it in a recipe as [stages.quality] model")


@_train.command()
def embedding(
    encoder: Annotated[
        Path, typer.Option(help="Folder of a sentence encoder: model.safetensors, config.json, tokenizer.json.")
    ],
    labelled: Annotated[
        Path, typer.Option("--input", help="JSONL or Parquet with text, label and perhaps group, domain.")
    ],
    out: Annotated[Path, typer.Option(help="The head's file; its name ends in .npz.")],
    positive: Annotated[str, typer.Option(help="The label whose probability is the score.")] = "high",
    max_tokens: Annotated[int, typer.Option(min=2, help="Leading tokens of a text that are read.")] = 256,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    as_json: JsonOption = False,
) -> None:
    """Train a classifier on sentence embeddings and report on what it has not seen. Needs torch: gristmill[models].

    Example: gristmill train embedding --encoder all-MiniLM-L6-v2 --input labelled.parquet --out head.npz
    """
    import orjson

    from gristmill.filters import embedding_training as training
    from gristmill.filters.quality_training import read_labelled

    settings = training.Settings(max_tokens=max_tokens)
    found = training.train(read_labelled(labelled), encoder, out, settings, positive, device)
    if as_json:
        typer.echo(orjson.dumps(found.json()).decode())
    else:
        typer.echo(f"{found.markdown()}\n\n{out}: name it in a recipe as [stages.embedding] head, beside encoder")


@_train.command()
def buckets(
    texts: Annotated[Path, typer.Option("--input", help="Pages of a crawl: Parquet or .jsonl[.gz] with id, text.")],
    models: Annotated[
        list[str],
        typer.Option("--model", help="A classifier's path or shipped name, and perhaps =LABEL; may be repeated."),
    ],
    max_characters: Annotated[int, typer.Option(min=1, help="Leading characters that are scored.")] = 4000,
) -> None:
    """Measure the cut-offs of quality buckets on pages, and print the stage's table for a recipe.

    Example: gristmill train buckets --input pages.parquet --model quality.ftz=high --model models/edu.bin=edu
    """
    import numpy as np
    import pyarrow.compute as pc

    from gristmill.core.errors import InputError
    from gristmill.filters.quality import model_path, score_texts
    from gristmill.filters.quality_buckets import measure_cutoffs
    from gristmill.pipelines.texts import read_column

    column = read_column(texts)
    sizes = pc.binary_length(column).to_numpy().astype(np.int64)
    if not sizes.any():
        raise InputError(f"{texts} has no text to measure cut-offs on.")
    lines = ["[stages.quality_buckets]", f"max_characters = {max_characters}"]
    for named in models:
        model, _, label = named.partition("=")
        label = label or "high"
        scores = score_texts(column, model_path(model), label, max_characters)
        cutoffs = ", ".join(repr(score) for score in measure_cutoffs(scores, sizes))
        lines += ["", "[[stages.quality_buckets.members]]"]
        lines += [f'model = "{model}"', f'label = "{label}"', f"cutoffs = [{cutoffs}]"]
    typer.echo("\n".join(lines))


@_train.command()
def perplexity(
    out: Annotated[Path, typer.Option(help="The model's file; its name ends in .npz.")],
    texts: Annotated[
        Path | None,
        typer.Option("--input", help="Good text: Parquet or .jsonl[.gz] with id, text; default: the shipped."),
    ] = None,
    reference: Annotated[
        Path | None,
        typer.Option(help="Pages of a crawl, likewise: head, middle and tail are shares of them; default: the input."),
    ] = None,
    unit: Annotated[
        str, typer.Option(help="What the model predicts: characters (little text) or words.")
    ] = "characters",
    order: Annotated[int, typer.Option(min=1, max=8, help="Symbols of the longest n-grams.")] = 5,
    min_count: Annotated[int, typer.Option(min=1, help="Longer n-grams seen less often are left out.")] = 2,
    as_json: JsonOption = False,
) -> None:
    """Train an n-gram model for the perplexity stage; the same texts give the same bytes.

    Example: gristmill train perplexity --input wikipedia.parquet --reference crawl.parquet --out en.npz --unit words
    """
    import orjson
    from pydantic import ValidationError

    from gristmill.core.errors import UsageError
    from gristmill.filters import ngram_training as training
    from gristmill.pipelines.texts import read_column

    try:
        settings = training.Settings.model_validate({"unit": unit, "order": order, "min_count": min_count})
    except ValidationError as error:
        raise UsageError(f"{error.errors()[0]['loc'][0]}: {error.errors()[0]['msg']}.") from error
    known, held = (None if path is None else read_column(path) for path in (texts, reference))
    model = (
        training.shipped(settings=settings, reference=held) if known is None else training.train(known, settings, held)
    )
    model.save(out)
    head, middle = model.cutoffs
    told = {"ngrams": len(model.hashes), "head_below": head, "middle_below": middle, "bytes": out.stat().st_size}
    if as_json:
        typer.echo(orjson.dumps(told).decode())
    else:
        typer.echo(
            f"{told['ngrams']:,} n-grams, {told['bytes'] / 1e6:.1f} MB; head below {head:.2f}, middle below {middle:.2f}\n"
            f"{out}: name it in a recipe as [stages.perplexity] model"
        )


@_train.command()
def frequencies(
    out: Annotated[Path, typer.Option(help="The file of frequencies; its name ends in .npz.")],
    texts: Annotated[
        Path, typer.Option("--input", help="A corpus of one language: Parquet or .jsonl[.gz] with id, text.")
    ],
    as_json: JsonOption = False,
) -> None:
    """Count a corpus's words for the rule llama3.token_kl; the same texts give the same bytes.

    Example: gristmill train frequencies --input corpus.parquet --out frequencies.npz
    """
    import orjson

    from gristmill.core.batch import Batch
    from gristmill.core.errors import InputError
    from gristmill.filters.word_frequencies import count_frequencies, save_frequencies
    from gristmill.pipelines.outfiles import appearing
    from gristmill.pipelines.texts import read_texts

    found = count_frequencies(lambda: (Batch(table.documents) for table in read_texts(texts)))
    if not len(found.hashes):
        raise InputError(f"{texts} has no words to count.")
    with appearing(out) as partial:
        save_frequencies(found, partial)
    told = {"words": len(found.hashes), "occurrences": int(found.counts.sum()), "bytes": out.stat().st_size}
    if as_json:
        typer.echo(orjson.dumps(told).decode())
    else:
        typer.echo(
            f"{told['words']:,} words, {told['occurrences']:,} occurrences\n"
            f"{out}: name it in a recipe as [stages.heuristics.llama3] frequencies"
        )


def pretrain(
    store: StoreOption = "data",
    run_id: RunOption = None,
    steps: Annotated[int, typer.Option(min=1, help="Number of the last step.")] = 50,
    out: Annotated[Path, typer.Option(help="Folder of the checkpoint; training goes on from the one there.")] = Path(
        "checkpoint"
    ),
    layers: Annotated[int, typer.Option(min=1, help="Transformer blocks.")] = 2,
    width: Annotated[int, typer.Option(min=2, help="Values that stand for a token.")] = 128,
    heads: Annotated[int, typer.Option(min=1, help="Attention heads of a block.")] = 4,
    sequence_length: Annotated[int, typer.Option(min=1, help="Tokens of a sequence.")] = 256,
    batch: Annotated[int, typer.Option(min=1, help="Sequences in a step.")] = 8,
    seed: Annotated[int, typer.Option(help="Of the weights and of the order of sequences.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Train a small GPT on a run's shards: proof that a training step reads them. One line a step.

    Example: gristmill pretrain --store data --steps 50 --json
    """
    from pydantic import ValidationError

    from gristmill.core.errors import UsageError
    from gristmill.pipelines.pretraining import pretrain_run
    from gristmill.pipelines.runs import read_run
    from gristmill.pipelines.store import existing_store
    from gristmill.tokenize.pretrain import PretrainParams

    try:
        params = PretrainParams(
            layers=layers, width=width, heads=heads, sequence_length=sequence_length, batch=batch, seed=seed
        )
    except ValidationError as error:
        raise UsageError(f"{error.errors()[0]['loc'][0]}: {error.errors()[0]['msg']}.") from error
    opened = existing_store(store)
    for step in pretrain_run(opened, read_run(opened, run_id), out, steps, params):
        if as_json:
            typer.echo(f'{{"step": {step.step}, "loss": {step.loss:.6f}, "tokens": {step.tokens}}}')
        else:
            typer.echo(f"step {step.step:>5}   loss {step.loss:.4f}   tokens {step.tokens:>12,}")
