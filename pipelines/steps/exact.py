"""Steps of `exact`: digests by part → one survivor per digest by hash range → verdicts by part (corpus.judge_part)."""

from gristmill.pipelines.jobs import Draft, Job, Result
from gristmill.pipelines.steps.corpus import read_bucket, write_mapped, write_removals


def map_part(job: Job, draft: Draft) -> Result:
    """Digest the alive documents of a part."""
    module = job.stage.type.load()
    return write_mapped(job, draft, lambda batch: module.signatures(batch, job.stage.params))


def reduce_bucket(job: Job, draft: Draft) -> Result:
    """Decide which documents of a hash range go, and for which survivor."""
    removals = job.stage.type.load().removals(read_bucket(job, draft, "map"), job.stage.params)
    return write_removals(draft, removals)
