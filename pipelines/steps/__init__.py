"""What each step of each kind of stage does; pipelines/graph.py says in which order."""

from importlib import import_module

from gristmill.pipelines.jobs import Job, StepFunction

# (kind of stage, step) to the function that does it. Imported when first used: a worker needs few of them.
_STEPS = {
    ("fetch", "fetch"): "fetch:fetch_file",
    ("extract", "extract"): "extract:extract_part",
    ("document", "judge"): "judge:judge_part",
    ("exact", "map"): "exact:map_part",
    ("exact", "reduce"): "exact:reduce_bucket",
    ("exact", "judge"): "corpus:judge_part",
    ("minhash", "map"): "minhash:map_part",
    ("minhash", "edges"): "minhash:edges_of_bucket",
    ("minhash", "components"): "minhash:components",
    ("minhash", "gather"): "minhash:gather_part",
    ("minhash", "reduce"): "minhash:reduce_bucket",
    ("minhash", "judge"): "corpus:judge_part",
    ("encode", "encode"): "encode:encode_part",
    ("shards", "map"): "shards:map_part",
    ("shards", "write"): "shards:write_bucket",
    ("pretrain", "train"): "pretrain:train",
}


def step_function(job: Job) -> StepFunction:
    """The function of a job's step."""
    module, _, name = _STEPS[job.stage.type.kind, job.step].partition(":")
    function: StepFunction = getattr(import_module(f"gristmill.pipelines.steps.{module}"), name)
    return function
