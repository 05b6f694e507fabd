"""Accuracy of the language stage against the plain model, the effect of the sample's length, and speed; one core.

    python -m bench.language sentences.parquet

The file has the columns `text`, `lang` (ISO 639-3), `macro` and `kind`. Judged are rows of one language that the model has
a label for. F1 is the mean over languages (macro), of the label alone, without thresholds. The plain model is fastText on the
whole text with newlines as spaces, its labels read as ours. "Documents" are sentences of one language, joined by newlines up to
4,000 code points: the sample's length matters to them alone.
"""

import argparse
import statistics
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from gristmill.core.batch import Batch
from gristmill.filters.language import Params, files, judge
from gristmill.filters.language_labels import canonical
from gristmill.filters.language_model import load, predict

ROUNDS = 3
DOCUMENT_CHARACTERS = 4000
LENGTHS = (100, 200, 500, 1000, 2000, 4000)
Labels = list[str]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sentences", type=Path)
    parser.add_argument("--model", default="", help="another fastText model than lid.176.ftz")
    options = parser.parse_args()
    params = Params(model=options.model, languages=())
    rows = known(pq.read_table(options.sentences).to_pylist(), params)
    truth, texts = [row["truth"] for row in rows], [row["text"] for row in rows]
    print(f"{len(rows):,} sentences in {len(set(truth))} languages: macro F1, accuracy, MB/s")
    show("plain model", truth, texts, lambda column: plain(column, params))
    show("stage", truth, texts, lambda column: ours(column, params))
    show(
        "stage, lines not scored",
        truth,
        texts,
        lambda column: ours(column, params.model_copy(update={"sample_lines": 0})),
    )
    for kind in sorted({row["kind"] for row in rows}):
        own = [row for row in rows if row["kind"] == kind]
        column = pa.array([row["text"] for row in own], pa.large_string())
        pair = [macro_f1([row["truth"] for row in own], told(column, params)) for told in (plain, ours)]
        print(f"  {kind:<28} {pair[0]:.4f} plain, {pair[1]:.4f} stage")
    truth, texts = documents(rows)
    print(f"{len(texts):,} documents")
    show("plain model, whole text", truth, texts, lambda column: plain(column, params))
    for length in LENGTHS:
        chosen = params.model_copy(update={"sample_characters": length, "sample_lines": 0})
        show(f"sample of {length:,}", truth, texts, lambda column, chosen=chosen: ours(column, chosen))
    show("sample of 1,000, and 8 lines", truth, texts, lambda column: ours(column, params))


def known(rows: list[dict[str, Any]], params: Params) -> list[dict[str, Any]]:
    """Rows of one language that the model knows, with `truth`, its label."""
    labels = {canonical(label) for label in load(files(params)[0]).get_labels()}
    found = []
    for row in rows:
        names = [canonical(row["lang"]), canonical(f"{row['lang']}_Xxxx"), canonical(row["macro"] or "")]
        truth = next((name for name in names if name in labels), None)
        if truth and row["kind"] not in ("mixed", "no_language"):
            found.append(row | {"truth": truth})
    return found


def documents(rows: list[dict[str, Any]]) -> tuple[Labels, list[str]]:
    by_language: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row["kind"] in ("web_sentence", "legal"):
            by_language[row["truth"]].append(row["text"])
    truth, texts = [], []
    for language, sentences in sorted(by_language.items()):
        text: list[str] = []
        for sentence in sentences:
            text.append(sentence)
            if sum(map(len, text)) >= DOCUMENT_CHARACTERS:
                truth.append(language)
                texts.append("\n".join(text))
                text = []
    return truth, texts


def plain(column: pa.Array, params: Params) -> Labels:
    lines = pa.array([text.as_py().replace("\n", " ") for text in column], pa.large_string())
    (names,), _ = predict(lines, files(params)[0], 1)
    return [canonical(name.as_py() or "und") for name in names]


def ours(column: pa.Array, params: Params) -> Labels:
    labels: Any = judge(Batch(pa.record_batch({"text": column})), params).signals["language.label"]
    told: Labels = labels.to_pylist()
    return told


def show(name: str, truth: Labels, texts: Sequence[str], tell: Any) -> None:
    column = pa.array(texts, pa.large_string())
    seconds = []
    for _ in range(ROUNDS):
        start = time.thread_time()
        told = tell(column)
        seconds.append(time.thread_time() - start)
    right = sum(a == b for a, b in zip(truth, told, strict=True)) / len(truth)
    speed = sum(len(text.encode()) for text in texts) / 1e6 / statistics.median(seconds)
    print(f"  {name:<28} {macro_f1(truth, told):.4f}  {right:.4f}  {speed:6.2f}")


def macro_f1(truth: Labels, told: Labels) -> float:
    """Mean F1 over the languages of the truth."""
    scores = []
    for language in sorted(set(truth)):
        hits = sum(a == b == language for a, b in zip(truth, told, strict=True))
        scores.append(2 * hits / (truth.count(language) + told.count(language)))
    return statistics.mean(scores)


if __name__ == "__main__":
    main()
