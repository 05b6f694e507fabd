"""Seconds that `what-if` and `rules` take over a ledger of a million documents.

    python -m bench.whatif [--documents 1000000] [--folder DIR]

The ledger is that of a real run over the sample crawl, with every row written many times under other ids: the same stages,
signals, rules and files, 30,000 documents in a part and 256 in a row group, as `extract` writes them. Numbers are shifted by
up to a thousandth so that columns do not compress better than real ones. Texts are left empty; nothing here reads them.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from gristmill.pipelines.ledger import open_ledger, publish_ledger
from gristmill.pipelines.rule_report import rule_report
from gristmill.pipelines.runs import Run, read_run
from gristmill.pipelines.store import Store, open_store
from gristmill.pipelines.whatif import what_if
from gristmill.samples.sample import write_sample
from tests.pipelines.serial import finish, write_recipe

PAGES = 1000
PART_DOCUMENTS = 30_000
ROW_GROUP = 256  # documents that `extract` writes at once
ROUNDS = 3
SETTINGS = ("gopher_quality.min_words=40", "quality.threshold=0.7")
IDS = ("id", "exact.survivor", "minhash.survivor")


def main() -> None:
    """Print seconds of each question, medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="where the store is made, or lies from the last time")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        if not (folder / "many" / "ledger.duckdb").exists():
            make_store(folder, options.documents)
        store = open_store(str(folder / "many"))
        run = read_run(store)
        questions: dict[str, Callable[[], Any]] = {
            "what-if, a bound of heuristics and one of quality": lambda: ask(store, run, SETTINGS),
            "what-if, the language's least score": lambda: ask(store, run, ("language.min_score=0.8",)),
            "rules": lambda: report(store, run),
        }
        print(f"{ask(store, run, SETTINGS)['documents']:,} documents, {ROUNDS} rounds, medians")
        for name, question in questions.items():
            print(f"  {name:<52}{statistics.median(seconds(question) for _ in range(ROUNDS)):8.2f} s")


def ask(store: Store, run: Run, settings: tuple[str, ...]) -> dict[str, Any]:
    with open_ledger(store) as ledger:
        return what_if(ledger, run, settings)


def report(store: Store, run: Run) -> dict[str, Any]:
    with open_ledger(store) as ledger:
        return rule_report(ledger, run)


def seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def make_store(folder: Path, documents: int) -> None:
    """Run the sample crawl as one part, and write its ledger again and again."""
    write_sample(folder / "crawl", PAGES, 3, 1)
    finished = finish(write_recipe(folder / "recipe.toml"), [folder / "crawl"], folder / "one")
    (count,) = finished.sql("SELECT count(*) AS n FROM documents")
    copies = PART_DOCUMENTS // count["n"]
    parts = max(1, round(documents / (copies * count["n"])))
    multiply(folder / "one", folder / "many", copies, parts)
    store = open_store(str(folder / "many"))
    publish_ledger(store, read_run(store))


def multiply(source: Path, target: Path, copies: int, parts: int) -> None:
    """Write a store's run of one part as a run of many parts, each of many copies."""
    (path,) = (source / "runs").glob("*.json")
    run = orjson.loads(path.read_bytes())
    for stage in run["stages"]:
        for kind in ("final", "steps"):
            stage[kind] = [made for receipt in stage[kind] for made in more(source, target, receipt, copies, parts)]
    put(target / "runs" / path.name, orjson.dumps(run))


def more(source: Path, target: Path, path: str, copies: int, parts: int) -> Iterator[str]:
    """Write a receipt and its tables once for each part; their paths."""
    receipt = orjson.loads((source / path).read_bytes())
    for part in range(parts):
        outputs = []
        for output in receipt["outputs"]:
            if output["path"].endswith(".parquet") and output["kind"] in ("verdicts", "documents", "index"):
                name = f"{output['path'].removesuffix('.parquet')}-{part}.parquet"
                rows = write_copies(source / output["path"], target / name, copies, part)
                outputs.append(output | {"path": name, "rows": rows})
        made = f"{path.removesuffix('.json')}-{part}.json"
        put(target / made, orjson.dumps(receipt | {"outputs": outputs}))
        yield made


def write_copies(source: Path, target: Path, copies: int, part: int) -> int:
    table = pq.read_table(source)
    if "text" in table.column_names:
        place = table.schema.get_field_index("text")
        table = table.set_column(place, "text", pa.array([""] * len(table), pa.large_string()))
    table = table.combine_chunks()
    target.parent.mkdir(parents=True, exist_ok=True)
    with pq.ParquetWriter(target, table.schema, compression="zstd", compression_level=1) as writer:
        for copy in range(copies):
            draw = np.random.default_rng((part, copy))
            columns = [other(name, column, part * copies + copy + 1, draw) for name, column in items(table)]
            writer.write_table(pa.table(columns, schema=table.schema), row_group_size=ROW_GROUP)
    return len(table) * copies


def items(table: pa.Table) -> Iterator[tuple[str, pa.Array]]:
    for name in table.column_names:
        yield name, table.column(name).combine_chunks()


def other(name: str, column: pa.Array, copy: int, draw: np.random.Generator) -> pa.Array:
    """A column's copy: ids are others, fractions move a little, all else is the same."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if pa.types.is_struct(column.type):
        fields = [(one.name, column.field(i)) for i, one in enumerate(column.type)]
        if not fields:
            return column
        made = [other(field, values, copy, draw) for field, values in fields]
        return pa.StructArray.from_arrays(made, fields=list(column.type), mask=column.is_null())
    if name in IDS:
        mark = copy.to_bytes(8, "little")
        marked = [
            value and value[:8] + bytes(a ^ b for a, b in zip(value[8:], mark, strict=True))
            for value in column.to_pylist()
        ]
        return pa.array(marked, column.type)
    if pa.types.is_floating(column.type) and not column.null_count and name.count(".") and "frac" in name:
        values = column.to_numpy()
        return pa.array(values * (1 + draw.uniform(-1e-3, 0, len(values)) * (values < 1)))
    return column


def put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


if __name__ == "__main__":
    main()
