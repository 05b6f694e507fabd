"""The flow's own shape in Prefect: sub-flows where an input has many parts."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gristmill.pipelines.runs import read_run
from gristmill.pipelines.store import open_store
from tests.pipelines.conftest import Crawl
from tests.pipelines.prefect_server import LONG_SECONDS, PrefectServer
from tests.pipelines.serial import Finished

SLICED = """
import sys
from gristmill.pipelines import curate
curate.SLICE_UNITS = 2
curate.curate([sys.argv[1]], sys.argv[2], sys.argv[3])
"""


@pytest.mark.xdist_group("prefect")
@pytest.mark.timeout(900)
def test_many_parts_go_through_sub_flows(
    prefect_server: PrefectServer, tmp_path: Path, crawl: Crawl, recipe: Path, finished: Finished
) -> None:
    """Three files in slices of two: the same bytes, each leg over files in two sub-flows."""
    command = [sys.executable, "-c", SLICED, str(crawl.folder), str(tmp_path), str(recipe)]
    done = subprocess.run(
        command, env=prefect_server.env, capture_output=True, text=True, timeout=LONG_SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr
    run = read_run(open_store(str(tmp_path)))
    assert run.root == finished.run.root

    named = {"flow_runs": {"name": {"any_": ["minhash gather"]}}}
    legs: list[dict[str, Any]] = prefect_server.post("/flow_runs/filter", named)
    assert sorted((leg["parameters"]["first_unit"], leg["parameters"]["unit_count"]) for leg in legs) == [
        (0, 2),
        (2, 1),
    ]
    assert all(leg["state_type"] == "COMPLETED" for leg in legs)
    per_bucket = {"flow_runs": {"name": {"any_": ["minhash edges"]}}}
    assert prefect_server.post("/flow_runs/filter", per_bucket) == []
