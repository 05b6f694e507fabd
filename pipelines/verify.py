"""Verification: read every data object again, compare it with its receipt, and compute the root anew."""

from collections.abc import Callable
from typing import Any

from gristmill.core.digest import TableDigest
from gristmill.core.errors import GristmillError
from gristmill.pipelines.receipts import Output, Receipt
from gristmill.pipelines.runs import Run, StageRun, check_chain, root_digest
from gristmill.pipelines.steps.shards import file_digest
from gristmill.pipelines.store import Store
from gristmill.pipelines.tables import open_parquet


def verify(
    store: Store, run: Run, stage: str | None = None, seen: Callable[[str], None] = lambda _: None
) -> dict[str, Any]:
    """Check a run, or one stage of it, as `verify --json` prints it.

    Args:
        seen: told of each stage when it has been read.

    Returns:
        root: the root digest from what the receipts say; ok: whether everything agrees; stages: name, key, digest, ok and,
        where it is not, `problem`, naming the first part that differs.
    """
    stages = []
    for one in run.stages:
        if stage is not None and one.name != stage:
            continue
        problem = _first_problem(store, one)
        told = {"name": one.name, "key": one.key, "digest": one.digest, "ok": problem is None}
        stages.append(told if problem is None else {**told, "problem": problem})
        seen(one.name)
    problem = _law_problem(run)
    root = root_digest(run.stages)
    ok = all(one["ok"] for one in stages) and problem is None and root == run.root
    value: dict[str, Any] = {"root": root, "ok": ok, "stages": stages}
    if problem is not None or root != run.root:
        value["problem"] = problem or f"the receipts give the root {root}, the run recorded {run.root}"
    return value


def first_difference(value: dict[str, Any]) -> str:
    """What `verify` found wrong first, in a sentence."""
    broken = next((stage for stage in value["stages"] if not stage["ok"]), None)
    said = f"{broken['name']} differs: {broken['problem']}" if broken else str(value.get("problem"))
    return f"{said}. Delete the receipt of that part and run the recipe again: it is made anew."


def _law_problem(run: Run) -> str | None:
    try:
        for stage in run.stages:
            for receipt in (*stage.final, *stage.steps):
                receipt.check_balance()
        check_chain(run.stages)
    except GristmillError as error:
        return str(error)
    return None


def _first_problem(store: Store, stage: StageRun) -> str | None:
    for receipt in (*stage.final, *stage.steps):
        stored = store.read_json(receipt.path)
        if stored is None or stored["digest"] != receipt.digest:
            return f"{receipt.stage} {receipt.step} of {receipt.address} ({receipt.path}): the receipt was altered"
        for output in receipt.outputs:
            try:
                digest = _content_digest(store, output)
            except (GristmillError, OSError, ValueError) as error:
                return f"{_where(receipt, output)}: {error}"
            if digest != output.digest:
                return f"{_where(receipt, output)}: content {digest}, receipt {output.digest}"
    return None


def _where(receipt: Receipt, output: Output) -> str:
    return f"{receipt.stage} {receipt.step} of {receipt.address} ({output.path})"


def _content_digest(store: Store, output: Output) -> str:
    if not output.path.endswith(".parquet"):
        return file_digest(store, output.path)
    with open_parquet(store, output.path) as parquet:
        digest = TableDigest(parquet.schema_arrow)
        for group in range(parquet.num_row_groups):
            for batch in parquet.read_row_group(group, use_threads=False).to_batches():
                digest.update(batch)
        return digest.hexdigest()
