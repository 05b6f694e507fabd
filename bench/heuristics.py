"""Speed of all heuristics on one core, in MB of UTF-8 a second, against plain Python, and against datatrove if it is there.

    python bench/heuristics.py [--input texts.parquet] [--datatrove-python PATH]

Both sides judge the same documents in this run, in turns; the figure of each is the median of its turns, warmed, by the
processor time of its thread. Ours gets batches of 1,000 documents, as `gristmill judge` makes them. Plain Python is
tests/plain_heuristics.py: the same definitions, one text at a time. datatrove runs its own four filters (Gopher quality
and repetition, C4, FineWeb) in its own environment, one filter after the other.
"""

import argparse
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from gristmill.core.batch import Batch
from gristmill.filters import c4, fineweb, gopher_quality, gopher_repetition, heuristics
from gristmill.pipelines.texts import BATCH_ROWS
from tests.plain_heuristics import plain_signals

TURNS = 7
PLAIN_BYTES = 200_000  # of the input that plain Python and datatrove are given in each turn

DATATROVE = """
import json, sys, time
from datatrove.data import Document
from datatrove.pipeline.filters import C4QualityFilter, FineWebQualityFilter, GopherQualityFilter, GopherRepetitionFilter
c4 = C4QualityFilter(filter_no_terminal_punct=False)
filters = [GopherRepetitionFilter(), GopherQualityFilter(), c4, FineWebQualityFilter()]
texts = json.load(sys.stdin)
def turn():
    start = time.thread_time()
    for each in filters:
        for number, text in enumerate(texts):
            each.filter(Document(text=text, id=str(number)))
    return time.thread_time() - start
turn()
print(json.dumps([turn() for _ in range(3)]))
"""


def main() -> None:
    """Print a table and, as the last line, JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--input", type=Path, help="Parquet file with a column `text`; default: made-up prose")
    parser.add_argument(
        "--datatrove-python", type=Path, help="Python of an environment with datatrove 0.10.1 and spaCy"
    )
    options = parser.parse_args()
    texts = pq.read_table(options.input)["text"].to_pylist() if options.input else made_up_texts()
    column = pa.array(texts, pa.large_string())
    sides: dict[str, tuple[int, Callable[[], object]]] = {
        "all heuristics": (size(texts), lambda: judge(heuristics, column)),
    }
    for family in (gopher_quality, gopher_repetition, c4, fineweb):
        sides[f"{family.NAME} alone"] = (
            size(texts),
            lambda family=family: judge(family, column),
        )
    some = first_bytes(texts, PLAIN_BYTES)
    sides["plain Python"] = (size(some), lambda: [plain_signals(text) for text in some])
    speeds = measure(sides)
    if options.datatrove_python:
        speeds["datatrove"] = datatrove_speed(options.datatrove_python, some)
    print(f"{len(texts):,} documents, {size(texts) / 1e6:.1f} MB; one core, median of {TURNS} turns")
    for name, speed in speeds.items():
        print(f"{name:24} {speed:9.2f} MB/s   {speeds['all heuristics'] / speed:8.1f} x")
    print(json.dumps({"mb_per_second": {name: round(speed, 2) for name, speed in speeds.items()}}))


def measure(sides: dict[str, tuple[int, Callable[[], object]]]) -> dict[str, float]:
    """MB/s of each side: one turn each to warm up, then turns in alternation."""
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(TURNS + 1):
        for name, (_, work) in sides.items():
            start = time.thread_time()
            work()
            if turn:
                seconds[name].append(time.thread_time() - start)
    return {name: sides[name][0] / 1e6 / statistics.median(times) for name, times in seconds.items()}


def datatrove_speed(python: Path, texts: list[str]) -> float:
    """MB/s of datatrove's filters, in their own environment."""
    command = [str(python), "-c", DATATROVE]
    done = subprocess.run(command, input=json.dumps(texts), capture_output=True, text=True, check=True)
    return size(texts) / 1e6 / statistics.median(json.loads(done.stdout.splitlines()[-1]))


def judge(filter_module: ModuleType, column: pa.Array) -> None:
    """Judge texts by a filter's default parameters, in batches that share nothing with those before."""
    for start in range(0, len(column), BATCH_ROWS):
        rows = pa.RecordBatch.from_arrays([column.slice(start, BATCH_ROWS)], names=["text"])
        filter_module.judge(Batch(rows), filter_module.Params())


def size(texts: list[str]) -> int:
    return sum(len(text.encode()) for text in texts)


def first_bytes(texts: list[str], wanted: int) -> list[str]:
    """The first texts, up to about as many bytes."""
    some: list[str] = []
    for text in texts:
        if size(some) >= wanted:
            break
        some.append(text)
    return some


def made_up_texts(documents: int = 2000, seed: int = 1) -> list[str]:
    """Prose of made-up words whose frequencies fall as those of a language do; 3 kB a document."""
    draw = random.Random(seed)
    syllables = [
        consonant + vowel for consonant in "bdfghklmnprstvw" for vowel in ("a", "e", "i", "o", "u", "ea", "er")
    ]
    words = ["the", "be", "to", "of", "and", "that", "have", "with"]
    words += ["".join(draw.choices(syllables, k=draw.choice((1, 2, 2, 3, 3, 4)))) for _ in range(20_000)]
    weights = [1 / (rank + 2) for rank in range(len(words))]
    return [made_up_text(draw, words, weights) for _ in range(documents)]


def made_up_text(draw: random.Random, words: list[str], weights: list[float]) -> str:
    lines = []
    for _ in range(draw.randint(3, 12)):
        sentences = []
        for _ in range(draw.randint(2, 6)):
            chosen = draw.choices(words, weights, k=draw.randint(6, 20))
            chosen[draw.randrange(len(chosen) - 1)] += ","
            sentences.append(" ".join(chosen).capitalize() + draw.choice(("...", ".", ".", ".", "?", "!")))
        lines.append(" ".join(sentences))
    return "\n".join(lines)


if __name__ == "__main__":
    main()
