"""Train a quality classifier from labelled text, the same bytes each time, and measure it on what it has not seen.

The input has a row per text: `text`, `label` ("high", "low", or any labels) and, if some rows are variants of one
another or of one site, `group`: rows of one group stay together, in training or in the held-out part. `domain` or `url`, if
they are there, tell where a text is from.

`python -m gristmill.filters.quality_training` trains the shipped model again, from texts that the project wrote.
"""

import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import fasttext
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj
import pyarrow.parquet as pq
import xxhash
from numpy.typing import NDArray
from pydantic import Field

from gristmill.core.errors import InputError
from gristmill.core.params import Params
from gristmill.filters.fasttext_model import LABEL_PREFIX
from gristmill.filters.quality import normalise, score_texts
from gristmill.filters.quality_evaluation import Evaluation, evaluate
from gristmill.filters.quality_texts import compose

_SHIPPED = Path(__file__).parent / "models" / "quality.ftz"


class Settings(Params):
    """How a classifier is trained; the defaults made the shipped one."""

    seed: int = 1
    """Seed of fastText's initial vectors and of the order in which it sees the texts."""

    held_out: float = Field(default=0.2, gt=0, lt=1)
    """Share of the groups that is kept for measuring, chosen by their hash."""

    dimensions: int = Field(default=16, ge=2)
    """Length of a feature's vector. 16, as lid.176."""

    epochs: int = Field(default=10, ge=1)
    """Passes over the text. fastText: 5; the shipped texts are few."""

    learning_rate: float = Field(default=0.3, gt=0)
    """Step of the first update, which falls to 0. fastText: 0.1; more or more epochs only harden the scores."""

    word_ngrams: int = Field(default=2, ge=1)
    """Longest run of words that is a feature. DCLM: 2."""

    min_characters: int = Field(default=2, ge=0)
    """Shortest run of characters in a word that is a feature, 0 for none. lid.176: 2, which suits Chinese too."""

    max_characters: int = Field(default=4, ge=0)
    """Longest such run. lid.176: 4."""

    min_count: int = Field(default=3, ge=1)
    """Words seen less often have no vector of their own. Spec: 3 for large sets, 1 for tiny ones."""

    buckets: int = Field(default=50_000, ge=1)
    """Hash slots that n-grams share."""

    quantise: bool = True
    """Store vectors as codes of a product quantiser: a sixth of the size."""


def train(labelled: Path | pa.Table, out: Path, settings: Settings = Settings(), positive: str = "high") -> Evaluation:
    """Train on labelled text, write the model to `out` and measure it; one thread, so the bytes repeat.

    Args:
        labelled: a .jsonl or .parquet file, or a table, with the columns `text`, `label` and perhaps `group`.
        out: the model's path; people name it .ftz if it is quantised, else .bin.
        settings: how to train.
        positive: the label whose probability is the score.

    Raises:
        InputError: a column is missing, or one side of the split lacks a label.
    """
    table = labelled if isinstance(labelled, pa.Table) else read_labelled(labelled)
    texts, labels, groups = labelled_columns(table)
    held_out = held_out_rows(groups, settings.held_out)
    for side, chosen in (("training", ~held_out), ("held-out", held_out)):
        found = set(labels[chosen])
        if positive not in found or len(found) < 2:
            raise InputError(
                f"the {side} texts have the labels {sorted(found)}; '{positive}' and another are needed: give more texts."
            )
    lines = [f"{LABEL_PREFIX}{labels[row]} {normalise(texts[row])}\n" for row in np.flatnonzero(~held_out)]
    lines.sort(
        key=lambda line: xxhash.xxh64_intdigest(line.encode(), settings.seed)
    )  # labels mixed, whatever the input's order
    _fit(lines, out, settings)
    return measure(table.filter(pa.array(held_out)), out, positive, trained=len(lines))


def measure(
    table: pa.Table, model: Path, positive: str = "high", threshold: float = 0.5, trained: int = 0
) -> Evaluation:
    """What a model makes of labelled texts that it has not seen; `domain`, or else the host of `url`, names their domains.

    Raises:
        InputError: a column is missing, or there are not texts of both kinds.
    """
    texts, labels, _ = labelled_columns(table)
    good = labels == positive
    if not (good.any() and (~good).any()):
        raise InputError(f"the texts have the labels {sorted(set(labels))}; '{positive}' and another are needed.")
    scores = score_texts(pa.array(texts, pa.large_string()), model, positive)
    return evaluate_scores(table, scores, positive, threshold, trained)


def evaluate_scores(
    table: pa.Table, scores: NDArray[np.float64], positive: str = "high", threshold: float = 0.5, trained: int = 0
) -> Evaluation:
    """Measure scores of labelled texts, in their order."""
    texts, labels, _ = labelled_columns(table)
    lengths = pc.utf8_length(pa.array(texts, pa.large_string())).to_numpy().astype(np.int64)
    return evaluate(scores, labels == positive, lengths, _domains(table), trained=trained, threshold=threshold)


def _domains(table: pa.Table) -> list[str]:
    if "domain" in table.column_names:
        return [str(name or "") for name in table["domain"].to_pylist()]
    if "url" in table.column_names:
        return [(urlsplit(url or "").hostname or "") for url in table["url"].to_pylist()]
    return []


def read_labelled(path: Path) -> pa.Table:
    """A JSONL or Parquet file as a table; InputError if it is neither or cannot be read."""
    try:
        return pq.read_table(path) if path.suffix == ".parquet" else pj.read_json(path)
    except (OSError, pa.ArrowException) as error:
        first = str(error).splitlines()[0]
        raise InputError(
            f"{path} cannot be read as labelled text ({first}); give a .jsonl or .parquet file."
        ) from error


def labelled_columns(table: pa.Table) -> tuple[NDArray[np.object_], NDArray[np.object_], NDArray[np.object_]]:
    """Texts, labels and groups; a row without a group is its own."""
    missing = {"text", "label"} - set(table.column_names)
    if missing:
        raise InputError(f"labelled text has no column {sorted(missing)}; it has {table.column_names}.")
    for name in ("text", "label"):
        if table[name].null_count:
            row = pc.index(table[name].is_null(), True).as_py()
            raise InputError(f"labelled text: row {row + 1} has no {name}; give it one, or leave the row out.")
    kind = table.schema.field("text").type
    if kind not in (pa.string(), pa.large_string()):
        raise InputError(f"labelled text: the column 'text' is {kind}, not text. Cast it first.")
    texts = table["text"].to_numpy()
    groups = table["group"].to_numpy() if "group" in table.column_names else texts
    labels = np.array([str(label) for label in table["label"].to_pylist()], object)
    spaced = [label for label in sorted(set(labels)) if not label or label.split() != [label]]
    if spaced:
        raise InputError(f"labels must be words without spaces, not {spaced}.")
    return texts, labels, groups


def held_out_rows(groups: NDArray[np.object_], share: float) -> NDArray[np.bool_]:
    """Which rows are held out: those whose group's hash falls into the first `share` of all hashes."""
    limit = int(share * 2**64)
    return np.array([xxhash.xxh64_intdigest(str(group).encode()) < limit for group in groups], bool)


def _fit(lines: list[str], out: Path, settings: Settings) -> None:
    """Run fastText over lines of `__label__x words` and write the model."""
    with tempfile.TemporaryDirectory(prefix="gristmill-quality-") as folder:
        source = Path(folder) / "train.txt"
        source.write_text("".join(lines), encoding="utf-8")
        model = fasttext.train_supervised(
            input=str(source),
            dim=settings.dimensions,
            epoch=settings.epochs,
            lr=settings.learning_rate,
            wordNgrams=settings.word_ngrams,
            minn=settings.min_characters,
            maxn=settings.max_characters,
            minCount=settings.min_count,
            bucket=settings.buckets,
            seed=settings.seed,
            thread=1,  # more threads race on the weights
            verbose=0,
        )
        if settings.quantise:
            model.quantize(qnorm=True, thread=1, verbose=0)
        out.parent.mkdir(parents=True, exist_ok=True)
        model.save_model(str(out))


def main() -> None:
    """Train the shipped model again and print the figures of its card."""
    evaluation = train(compose(), _SHIPPED)
    print(evaluation.markdown())  # noqa: T201


if __name__ == "__main__":
    main()
