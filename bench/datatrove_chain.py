"""datatrove's chain of the same steps as recipes/default.toml, for bench/against_datatrove.py.

Run by a Python that has datatrove 0.10.1; it imports nothing of Gristmill:

    python bench/datatrove_chain.py WARCS OUT WORKERS LID_MODEL TOKENIZER

The steps and their settings are those of datatrove's own FineWeb example; the language model is the one that Gristmill uses,
and all languages are kept, as in the default recipe.
"""

import sys
from pathlib import Path

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
)
from datatrove.pipeline.extractors import Trafilatura
from datatrove.pipeline.filters import (
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
    LanguageFilter,
    URLFilter,
)
from datatrove.pipeline.formatters import PIIFormatter
from datatrove.pipeline.readers import JsonlReader, WarcReader
from datatrove.pipeline.tokens import DocumentTokenizer
from datatrove.pipeline.writers import JsonlWriter
from datatrove.utils.lid import FastTextLID

BUCKETS = 14


def main() -> None:
    """Run all five steps, one executor each, as datatrove's examples do."""
    warcs, out, workers, model, tokenizer = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], sys.argv[5]
    LanguageFilter._requires_dependencies = []  # it insists on one of several distributions of the same fasttext
    FastTextLID.model = property(lambda _: _load(model))
    files = len(list(Path(warcs).rglob("*.warc.gz")))
    config = MinhashConfig(num_buckets=BUCKETS, hashes_per_bucket=8, n_grams=5)
    kept, work = f"{out}/kept", f"{out}/minhash"
    steps = (
        (files, [
            WarcReader(warcs, glob_pattern="**/*.warc.gz"), URLFilter(), Trafilatura(favour_precision=True),
            LanguageFilter(), GopherRepetitionFilter(), GopherQualityFilter(),
            C4QualityFilter(filter_no_terminal_punct=False), FineWebQualityFilter(), JsonlWriter(kept),
        ]),
        (files, [JsonlReader(kept), MinhashDedupSignature(f"{work}/signatures", config=config)]),
        (BUCKETS, [MinhashDedupBuckets(f"{work}/signatures", f"{work}/buckets", config=config)]),
        (1, [MinhashDedupCluster(f"{work}/buckets", f"{work}/remove", config=config)]),
        (files, [
            JsonlReader(kept), MinhashDedupFilter(f"{work}/remove"), PIIFormatter(),
            DocumentTokenizer(f"{out}/tokens", tokenizer, local_working_dir=f"{out}/scratch"),
        ]),
    )  # fmt: skip
    for number, (tasks, pipeline) in enumerate(steps):
        LocalPipelineExecutor(
            pipeline, tasks=tasks, workers=workers, logging_dir=f"{out}/logs/{number}", start_method="fork"
        ).run()


_loaded: dict[str, object] = {}


def _load(path: str) -> object:
    from fasttext.FastText import _FastText

    if path not in _loaded:
        _loaded[path] = _FastText(path)
    return _loaded[path]


if __name__ == "__main__":
    main()
