"""Step of `encode`: the kept documents of a part as token ids."""

import numpy as np

from gristmill.core.batch import Batch
from gristmill.pipelines import verdicts
from gristmill.pipelines.jobs import Draft, Job, Result
from gristmill.pipelines.steps.judge import Tally, signal_type
from gristmill.pipelines.tables import read_batches
from gristmill.tokenize import encode
from gristmill.tokenize.vocabulary import load_vocabulary


def encode_part(job: Job, draft: Draft) -> Result:
    """Encode every alive document of a part; one without tokens is rejected."""
    params = job.stage.params
    assert isinstance(params, encode.Params)
    vocabulary = load_vocabulary(params.vocabulary, params.end_of_document)
    source = job.receipt("documents").output("documents")
    assert source is not None
    previous = job.receipts("previous")
    alive = verdicts.alive_after(draft.store, previous[0] if previous else None, source.rows)
    tally = Tally()
    start = tokens = 0
    kind = signal_type(encode, params)
    with (
        draft.table("verdicts", verdicts.schema(kind)) as judged,
        draft.table("tokens", encode.schema(vocabulary)) as encoded,
    ):
        for rows in read_batches(draft.store, source.path):
            here = alive[start : start + rows.num_rows]
            start += rows.num_rows
            found = encode.encode_batch(Batch(rows.filter(here)), params, vocabulary)
            table = verdicts.from_verdict(rows.column("id"), here, here, found.verdict)
            judged.write(table)
            tally.add(table)
            lengths = np.diff(found.rows.column("tokens").offsets.to_numpy())
            encoded.write(found.rows.filter(lengths > 0))
            tokens += int(lengths.sum())
    result = tally.result("document")
    result.extra = {"tokens": tokens, "vocabulary": vocabulary.name, "lossless": vocabulary.lossless}
    return result
