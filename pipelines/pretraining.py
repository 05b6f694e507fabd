"""Training on the shards of a finished run."""

from collections.abc import Iterator
from pathlib import Path

from gristmill.core.errors import UsageError
from gristmill.pipelines.runs import Run
from gristmill.pipelines.steps.pretrain import shard_paths
from gristmill.pipelines.store import Store
from gristmill.pipelines.tracing import run_vocabulary, shard_receipts
from gristmill.tokenize.pretrain import PretrainParams, Step, pretrain


def pretrain_run(store: Store, run: Run, out: Path, steps: int, params: PretrainParams) -> Iterator[Step]:
    """Train up to a step, from the checkpoint in `out` if there is one.

    Raises:
        UsageError: the run has no tokens, torch is missing, or the checkpoint belongs to another training.
    """
    vocabulary = run_vocabulary(run)
    with shard_paths(store, shard_receipts(run)) as paths:
        if not paths:
            raise UsageError(
                f"run {run.id} has no tokens to train on; 'gristmill funnel' says which stage removed the documents."
            )
        yield from pretrain(paths, vocabulary.size, vocabulary.end_of_document, out, steps, params=params)
