"""What every worker needs, loaded once in the fork server: libraries, models, and every kernel called on tiny arrays.

Forked from it, a worker starts in 0.6 s with 18 MB of its own, instead of 8 s with 80 MB. `python -m
gristmill.pipelines.warm` compiles the kernels at install time. It must start no threads: they would not survive the fork.
"""

import gzip
import os
import tempfile
from pathlib import Path

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("RAYON_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pyarrow as pa

from gristmill.core import documents
from gristmill.core.batch import Batch
from gristmill.pipelines.registry import STAGE_TYPES

WARM = False
"""Set at the end: a fork server swallows an ImportError of its preload, so workers can check."""

_TEXTS = (
    "The mill grinds slowly, and the miller waits for the wind. Write to mill@example.org or call +44 20 7946 0958!",
    "Мельница мелет медленно. 水車は回る。\n- one\n- two\n\n- one …",
    "",
)


def _documents() -> pa.RecordBatch:
    defaults = {pa.string(): "", pa.large_string(): "", pa.list_(pa.string()): []}
    rows = []
    for number, text in enumerate(_TEXTS):
        row = {field.name: defaults.get(field.type, 0) for field in documents.SCHEMA}
        rows.append(row | {"id": bytes([number] * documents.ID_BYTES), "text": text, "url": "https://example.org/a"})
    return pa.RecordBatch.from_pylist(rows, schema=documents.SCHEMA)


def _read_a_record() -> None:
    """Read a file of one member with the kernels for large ones."""
    from gristmill.crawl.record import Limits
    from gristmill.crawl.usual import UsualReader
    from gristmill.crawl.window import Window

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "tiny.warc.gz")
        path.write_bytes(gzip.compress(b"WARC/1.0\r\nWARC-Type: resource\r\nContent-Length: 1\r\n\r\n.\r\n\r\n"))
        with Window(path) as window:
            list(UsualReader(window, Limits()).records(0))


def warm_up() -> None:
    """Call every stage once on three tiny documents."""
    global WARM
    from gristmill.dedup import exact, minhash
    from gristmill.extract.page import extract_page
    from gristmill.pipelines.steps import extract, fetch  # noqa: F401 - imported for the workers to inherit
    from gristmill.tokenize import encode
    from gristmill.tokenize.vocabulary import load_vocabulary

    _read_a_record()
    rows = _documents()
    for engine in ("gristmill", "resiliparse"):  # trafilatura takes a second to import, and few recipes ask for it
        extract_page(f"<html><body><p>{_TEXTS[0]} &amp;</p></body></html>".encode(), engine=engine)
    for stage in STAGE_TYPES.values():
        if stage.kind == "document":
            module = stage.load()
            params = module.Params()
            if all(
                path.exists() for path in getattr(module, "files", lambda _: ())(params)
            ):  # not all models are shipped
                module.judge(Batch(rows), params)
    exact_params, minhash_params = exact.Params(), minhash.Params()
    exact.removals(pa.Table.from_batches([exact.signatures(Batch(rows), exact_params)]), exact_params)
    keys = pa.Table.from_batches([minhash.band_keys(Batch(rows), minhash_params)] * 2)
    members = minhash.components(minhash.edges(keys))
    sets = minhash.shingle_sets(Batch(rows), members, minhash_params)
    minhash.removals(pa.Table.from_batches([sets]), minhash_params)
    params = encode.Params()
    encode.encode_batch(Batch(rows), params, load_vocabulary(params.vocabulary, params.end_of_document))
    WARM = True


def compile_others() -> None:
    """Compile the kernels that some recipes use, but not the default parameters: not for every worker to hold."""
    from typing import get_args

    from gristmill.filters import heuristics, lines

    rows = _documents()
    heuristics.judge(Batch(rows), heuristics.Params(families=get_args(heuristics.Family)))
    for family in get_args(lines.Params.model_fields["family"].annotation):
        lines.judge(Batch(rows), lines.Params(family=family))


warm_up()
if __name__ == "__main__":
    compile_others()
