"""Steps of `minhash`: band keys by part → edges by hash range → components → shingle sets of the members by part →
true Jaccard against survivors by component → verdicts by part (corpus.judge_part)."""

import pyarrow as pa

from gristmill.pipelines.jobs import Draft, Job, Result
from gristmill.pipelines.steps.corpus import read_bucket, read_removals, write_mapped, write_removals
from gristmill.pipelines.tables import read_table


def map_part(job: Job, draft: Draft) -> Result:
    """Band keys of the alive documents of a part."""
    module = job.stage.type.load()
    return write_mapped(job, draft, lambda batch: module.band_keys(batch, job.stage.params))


def edges_of_bucket(job: Job, draft: Draft) -> Result:
    """Candidate pairs of a hash range: those that share a band key."""
    edges = job.stage.type.load().edges(read_bucket(job, draft, "map"))
    with draft.table("rows", edges.schema) as writer:
        writer.write(edges)
    return Result(extra={"edges": edges.num_rows})


def components(job: Job, draft: Draft) -> Result:
    """Connected components of all candidate pairs; one task, memory of some tens of bytes a member."""
    tables = []
    for receipt in job.receipts("edges"):
        output = receipt.output("rows")
        assert output is not None
        tables.append(read_table(draft.store, output.path))
    members = job.stage.type.load().components(pa.concat_tables(tables))
    return write_removals(draft, members)


def gather_part(job: Job, draft: Draft) -> Result:
    """Shingle sets of those documents of a part that have a candidate."""
    module = job.stage.type.load()
    members = read_removals(job, draft, "components")
    return write_mapped(job, draft, lambda batch: module.shingle_sets(batch, members, job.stage.params))


def reduce_bucket(job: Job, draft: Draft) -> Result:
    """Settle the components of a hash range by true Jaccard."""
    removals = job.stage.type.load().removals(read_bucket(job, draft, "gather"), job.stage.params)
    return write_removals(draft, removals)
