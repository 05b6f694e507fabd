"""Speed of the document stages beside `heuristics` on one core, in MB of UTF-8 a second.

    python -m bench.stages [--input texts.parquet] [--stage lines]

All judge the same documents in this run, in turns; the figure of each is the median of its turns, warmed, by the processor
time of its thread, in batches of 1,000 documents. `urls` has a script of its own, as it looks at no text.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import get_args

import pyarrow as pa
import pyarrow.parquet as pq
from bench.heuristics import TURNS, made_up_texts, measure, size

from gristmill.core.batch import Batch
from gristmill.core.documents import ID_BYTES
from gristmill.core.params import StageParams
from gristmill.filters import code_pages, heuristics, language, lines, math_pages, perplexity, pii, quality
from gristmill.pipelines.texts import BATCH_ROWS


def stages() -> Iterator[tuple[str, ModuleType, StageParams]]:
    """Name, module and parameters of what is measured."""
    for family in ("refinedweb", "c4", "llama3", "fineweb2"):
        yield f"lines, {family}", lines, lines.Params(family=family)
    for module in (perplexity, code_pages, math_pages, language, quality, pii):
        yield module.NAME, module, module.Params()
    families = get_args(heuristics.Family)
    yield "heuristics, all families", heuristics, heuristics.Params(families=families)
    for family in families:
        yield f"heuristics, {family}", heuristics, heuristics.Params(families=(family,))


def main() -> None:
    """Print a table and, as the last line, JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--input", type=Path, help="Parquet file with a column `text`; default: made-up prose")
    parser.add_argument("--stage", default="", help="only stages whose names begin so")
    options = parser.parse_args()
    texts = pq.read_table(options.input)["text"].to_pylist() if options.input else made_up_texts()
    batches = documents(texts)
    sides = {}
    for name, module, params in stages():
        missing = [path for path in getattr(module, "files", lambda _: ())(params) if not path.exists()]
        if missing:
            print(f"{name:<28} skipped: {missing[0].name} is not installed")
        elif name.startswith(options.stage):
            sides[name] = (size(texts), lambda module=module, params=params: judge(batches, module, params))
    print(f"{len(texts):,} documents, {size(texts) / 1e6:.1f} MB; one core, median of {TURNS} turns")
    speeds = measure(sides)
    for name, speed in speeds.items():
        print(f"{name:<28}{speed:9.2f} MB/s")
    print(json.dumps({"mb_per_second": {name: round(speed, 2) for name, speed in speeds.items()}}))


def judge(batches: list[pa.RecordBatch], module: ModuleType, params: StageParams) -> None:
    """Judge batches that share nothing with those before."""
    for rows in batches:
        module.judge(Batch(rows), params)


def documents(texts: list[str]) -> list[pa.RecordBatch]:
    """Texts as stages get them, with ids and addresses."""
    ids = pa.array([number.to_bytes(ID_BYTES) for number in range(len(texts))], pa.binary(ID_BYTES))
    urls = pa.array([f"https://mill.example/{number}.html" for number in range(len(texts))])
    table = pa.table({"id": ids, "url": urls, "text": pa.array(texts, pa.large_string())})
    return table.to_batches(max_chunksize=BATCH_ROWS)


if __name__ == "__main__":
    main()
