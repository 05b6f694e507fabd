"""Step of `pretrain`: a few training steps on the shards, with a checkpoint in the store's folder."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gristmill.core.errors import GristmillError
from gristmill.core.extras import import_torch
from gristmill.pipelines.jobs import Draft, Job, Result
from gristmill.pipelines.receipts import Receipt
from gristmill.pipelines.store import Store
from gristmill.tokenize.pretrain import pretrain
from gristmill.tokenize.pretrain_stage import Params
from gristmill.tokenize.vocabulary import load_vocabulary

_COPY_BYTES = 8 * 1024 * 1024


def train(job: Job, draft: Draft) -> Result:
    """Train on the run's shards; the losses are in the receipt, the checkpoint lies beside it."""
    torch = import_torch("pretrain", "train")

    params = job.stage.params
    assert isinstance(params, Params)
    torch.set_num_threads(os.cpu_count() or 1)
    vocabulary = load_vocabulary(job.settings["vocabulary"], job.settings["end_of_document"])
    with shard_paths(draft.store, job.receipts("shards")) as paths, tempfile.TemporaryDirectory() as folder:
        if not paths:
            raise GristmillError(
                "there are no tokens to train on: every document was removed. 'gristmill funnel' says by which stage."
            )
        steps = list(
            pretrain(paths, vocabulary.size, vocabulary.end_of_document, Path(folder), params.steps, params=params)
        )
        checkpoint = draft.path("checkpoint", ".pt")
        with draft.store.writer(checkpoint) as out:
            out.write((Path(folder) / "checkpoint.pt").read_bytes())
    losses = [round(step.loss, 4) for step in steps]
    return Result(extra={"losses": losses, "tokens": steps[-1].tokens if steps else 0, "checkpoint": checkpoint})


@contextmanager
def shard_paths(store: Store, receipts: tuple[Receipt, ...]) -> Iterator[list[Path]]:
    """Local paths of one token file for each shard that has tokens; copies if the store is a bucket."""
    outputs = [receipt.output("npy") or receipt.output("bin") for receipt in receipts if receipt.extra["tokens"]]
    names = [output.path for output in outputs if output is not None]
    if store.folder is not None:
        yield [store.folder / name for name in names]
        return
    with tempfile.TemporaryDirectory(prefix="gristmill-shards-") as folder:
        paths = []
        for name in names:
            path = Path(folder) / name.replace("/", "-")
            with store.reader(name) as source, path.open("wb") as target:
                while chunk := source.read(_COPY_BYTES):
                    target.write(chunk)
            paths.append(path)
        yield paths
