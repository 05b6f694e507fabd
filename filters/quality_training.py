"""Train a quality classifier from labelled text, the same bytes each time, and measure it on what it has not seen.

The input has a row per text: `text`, `label` ("high", "low", or any labels) and, if some rows are variants of one
another or of one site, `group`: rows of one group stay together, in training or in the held-out part. `domain` or `url`, if
they are there, tell where a text is from.

`python -m gristmill.filters.quality_training` trains the shipped model again, from texts that the project wrote.
"""

import random
import re
import tempfile
import tomllib
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
from gristmill.filters.quality import LABEL_PREFIX, normalise, score_texts
from gristmill.filters.quality_evaluation import Evaluation, evaluate
from gristmill.filters.quality_negatives import Material, low_quality

_TEXTS = Path(__file__).parent.parent / "samples" / "texts"
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
            raise InputError(f"the {side} texts have the labels {sorted(found)}; '{positive}' and another are needed.")
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
    except (OSError, pa.ArrowInvalid) as error:
        raise InputError(
            f"{path} cannot be read as labelled text ({error}); give a .jsonl or .parquet file."
        ) from error


def labelled_columns(table: pa.Table) -> tuple[NDArray[np.object_], NDArray[np.object_], NDArray[np.object_]]:
    """Texts, labels and groups; a row without a group is its own."""
    missing = {"text", "label"} - set(table.column_names)
    if missing:
        raise InputError(f"labelled text has no column {sorted(missing)}; it has {table.column_names}.")
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


def compose(texts: Path = _TEXTS, seed: int = 1, variants: int = 10) -> pa.Table:
    """Labelled text from the project's own passages and phrases: per language as many low texts as high ones.

    A language with many passages gets fewer variants of each, so that none outweighs the others more than fourfold.
    """
    phrases = tomllib.loads((texts / "phrases.toml").read_text(encoding="utf-8"))
    rows: list[dict[str, str]] = []
    for language, table in sorted(phrases.items()):
        passages = [
            p
            for file in sorted(texts.glob(f"*.{language}.txt"))
            for p in file.read_text(encoding="utf-8").strip().split("\n---\n")
        ]
        draw = random.Random(f"{seed} high {language}")
        each = variants if len(passages) < 50 else max(1, variants // 3)
        frame = table["navigation"] + table["buttons"] + table["footer"]
        high = [(_variant(passage, passages, frame, draw), passage) for passage in passages for _ in range(each)]
        rows += [{"text": text, "label": "high", "group": passage} for text, passage in high]
        low = low_quality(Material(language, table, passages), len(high), seed)
        rows += [{"text": text, "label": "low", "group": text} for text in low]
    return pa.Table.from_pylist(rows)


def _variant(passage: str, others: list[str], frame: list[str], draw: random.Random) -> str:
    """A passage as a page might carry it: cut, under a heading, as a list, with dates and a little of the page's frame."""
    text = passage
    if draw.random() < 0.5:
        start = draw.randrange(len(text) // 3)
        text = text[start : start + max(150, int(len(text) * draw.uniform(0.4, 0.9)))]
    if draw.random() < 0.2:
        text = _as_list(text)
    if draw.random() < 0.3:
        text = f"{draw.choice(others)[: draw.randint(15, 50)]}\n{text}"
    if draw.random() < 0.4:
        text = "\n".join([_figures(draw), text, *(_figures(draw) for _ in range(draw.randint(0, 3)))])
    if draw.random() < 0.5:
        around = [draw.choice(frame) for _ in range(draw.randint(1, 6))]
        cut = draw.randint(0, len(around))
        text = "\n".join([*around[:cut], text, *around[cut:]])
    return text


def _as_list(text: str) -> str:
    """Clauses as the lines of a list, without the marks between them: good pages are not always sentences."""
    return "\n".join(part.strip() for part in re.split("[.,;:!?。、，；：؟،]", text) if part.strip())


def _figures(draw: random.Random) -> str:
    """A date, a price, a size or a rating, as they stand about a good text too."""
    day, month, year = draw.randint(1, 28), draw.randint(1, 12), draw.randint(1990, 2030)
    forms = (
        f"{day:02d}.{month:02d}.{year}",
        f"{year}-{month:02d}-{day:02d} {draw.randint(0, 23):02d}:{draw.randint(0, 59):02d}",
        f"{draw.randint(1, 900)},{draw.randint(0, 99):02d} {draw.choice('€$£¥')}",
        f"{draw.randint(2, 90)} x {draw.randint(2, 90)} cm, {draw.randint(1, 40)} kg",
        f"{draw.randint(1, 5)}/5 ({draw.randint(1, 400)})",
    )
    return draw.choice(forms)


def main() -> None:
    """Train the shipped model again and print the figures of its card."""
    evaluation = train(compose(), _SHIPPED)
    print(evaluation.markdown())  # noqa: T201


if __name__ == "__main__":
    main()
