"""The shipped deployment on a real server with a real worker; compose file and Dockerfile against the repository."""

import importlib
import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gristmill.pipelines.recipe import load_recipe
from gristmill.pipelines.runs import read_run
from gristmill.pipelines.store import open_store
from tests.paths import ROOT
from tests.pipelines.conftest import Crawl
from tests.pipelines.prefect_server import PrefectServer, process, wait_for
from tests.pipelines.serial import Finished

yaml: Any = importlib.import_module("yaml")  # comes with Prefect, without types
DEPLOY = ROOT / "deploy"
FOLDERS = sorted(link.name for link in (ROOT / "src" / "gristmill").iterdir() if link.is_symlink())
ENDED = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}


def deployments() -> dict[str, dict[str, Any]]:
    """The deployments of deploy/prefect.yaml by name."""
    return {one["name"]: one for one in yaml.safe_load((DEPLOY / "prefect.yaml").read_text())["deployments"]}


def prefect(server: PrefectServer, *words: str) -> None:
    command = [sys.executable, "-m", "prefect", "--no-prompt", *words]
    done = subprocess.run(command, env=server.env, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def run_deployment(server: PrefectServer, log: Path, parameters: dict[str, Any]) -> dict[str, Any]:
    """Trigger the deployment and wait for the end of its flow run."""
    deployment = server.get("/deployments/name/curate/nightly")
    body = {"parameters": deployment["parameters"] | parameters, "state": {"type": "SCHEDULED"}}
    run_id = server.post(f"/deployments/{deployment['id']}/create_flow_run", body)["id"]

    def ended() -> dict[str, Any] | None:
        run: dict[str, Any] = server.get(f"/flow_runs/{run_id}")
        return run if run["state_type"] in ENDED else None

    run: dict[str, Any] = wait_for(ended, lambda: f"{server.get(f'/flow_runs/{run_id}')['state']}\n{log.read_text()}")
    assert run["state_type"] == "COMPLETED", f"{run['state']}\n{log.read_text()}"
    return run


@pytest.fixture(scope="module")
def worker_log(prefect_server: PrefectServer) -> Any:
    """The log of a worker that runs; it has made the pool, and the shipped file is deployed."""
    log = prefect_server.folder / "worker.log"
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "local", "--type", "process"]
    env = {**prefect_server.env, "PREFECT_WORKER_QUERY_SECONDS": "1"}
    with process(command, env, log, prefect_server.folder):

        def pool() -> bool:
            pools = prefect_server.post("/work_pools/filter", {})
            return any(pool["name"] == "local" and pool["base_job_template"] for pool in pools)

        wait_for(pool, lambda: f"the worker has made no pool:\n{log.read_text()}")
        prefect(prefect_server, "deploy", "--all", "--prefect-file", str(DEPLOY / "prefect.yaml"))
        yield log


@pytest.mark.xdist_group("prefect")
@pytest.mark.timeout(1200)
def test_the_deployment_runs_the_flow(
    prefect_server: PrefectServer, worker_log: Path, tmp_path: Path, crawl: Crawl, recipe: Path, finished: Finished
) -> None:
    store = tmp_path / "store"
    parameters = {"inputs": [str(crawl.folder)], "store": str(store), "recipe": str(recipe)}
    flow_run = run_deployment(prefect_server, worker_log, parameters)

    run = read_run(open_store(str(store)))
    assert run.root == finished.run.root

    stages = [stage.name for stage in run.stages]
    expected = {
        f"{receipt.stage} {receipt.step} · {receipt.address.rsplit('/', 1)[-1]}"
        for stage in run.stages
        for receipt in stage.final
        if receipt.stage != "shards"
    } | {"shards write · 1 of 1", "minhash reduce · 1 of 1"}
    assert len(expected) == 3 * (len(stages) - 1) + 2  # three files
    tasks: list[dict[str, Any]] = []

    def told() -> bool:  # tasks tell the server of their end by events, which take a moment
        query = {"flow_runs": {"id": {"any_": [flow_run["id"]]}}}
        tasks[:] = prefect_server.post("/task_runs/filter", query)
        return expected <= {task["name"] for task in tasks if task["state_type"] == "COMPLETED"}

    wait_for(told, lambda: f"missing {expected - {task['name'] for task in tasks}}", 60)

    artifacts = prefect_server.post("/artifacts/filter", {"artifacts": {"flow_run_id": {"any_": [flow_run["id"]]}}})
    told_by_key = {artifact["key"]: artifact["data"] for artifact in artifacts}
    assert told_by_key.keys() == {"funnel", "ledger"}
    assert all(stage in told_by_key["funnel"] for stage in stages)
    assert str(store / "ledger.duckdb") in told_by_key["ledger"]


@pytest.mark.xdist_group("prefect")
@pytest.mark.timeout(1200)
@pytest.mark.usefixtures("worker_log")
def test_the_deployment_is_scheduled(prefect_server: PrefectServer) -> None:
    deployment = prefect_server.get("/deployments/name/curate/nightly")
    assert deployment["schedules"][0]["active"]
    assert deployment["schedules"][0]["schedule"]["cron"] == "0 3 * * *"
    query = {
        "deployments": {"id": {"any_": [deployment["id"]]}},
        "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}},
    }
    wait_for(lambda: prefect_server.post("/flow_runs/filter", query), lambda: "the schedule has made no flow run", 240)


def test_the_deployment_s_parameters_are_the_flow_s() -> None:
    """Prefect checks them when a run starts, at three in the morning."""
    deployment = deployments()["nightly"]
    source = (ROOT / "pipelines" / "curate.py").read_text()
    parameters = source[source.index("def curate(") : source.index(") -> str:", source.index("def curate("))]
    for name in deployment["parameters"]:
        assert f"    {name}: " in parameters
    load_recipe(deployment["parameters"]["recipe"])


@pytest.fixture(scope="module")
def compose() -> Any:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def test_compose_services_wait_for_what_they_need(compose: Any) -> None:
    services = compose["services"]
    assert services.keys() == {"postgres", "server", "deploy", "worker", "dashboard"}
    for name, service in services.items():
        assert ("healthcheck" in service) == (name != "deploy"), name  # it ends, so nobody asks how it is
        for needed, how in service.get("depends_on", {}).items():
            assert how["condition"] == ("service_completed_successfully" if needed == "deploy" else "service_healthy")
            assert needed in services


def test_compose_mounts_declared_volumes_and_opens_ports_on_this_machine_only(compose: Any) -> None:
    for service in compose["services"].values():
        for volume in service.get("volumes", []):
            source = volume.rpartition("}")[0].partition(":-")[2] or volume.partition(":")[0]
            assert source in compose["volumes"] or volume.startswith("${CRAWL:?")
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
        if "build" in service:
            assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).resolve().is_file()


def test_compose_mounts_what_the_deployment_reads(compose: Any) -> None:
    deployment = deployments()["nightly"]
    mounted = {volume.removesuffix(":ro").rpartition(":")[2] for volume in compose["services"]["worker"]["volumes"]}
    assert mounted == {*deployment["parameters"]["inputs"], deployment["parameters"]["store"]}
    assert compose["services"]["worker"]["command"][4] == deployment["work_pool"]["name"]


def test_every_variable_of_compose_is_explained() -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    head = text[: text.index("\nname:")]
    for name in {part.partition("}")[0].partition(":")[0] for part in text.split("${")[1:]}:
        assert name in head, name


def test_the_image_has_all_folders() -> None:
    """src/gristmill holds links: a folder that is not copied is missing from the package, and nothing says so."""
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    assert len(FOLDERS) == 10
    for folder in ["src", *FOLDERS]:
        assert f"COPY {folder}/ {folder}/" in lines
        assert f"!{folder}" in ignored
    for line in lines:
        if line.startswith("COPY "):
            for source in line.split()[1:-1]:
                assert (ROOT / source).exists()
                assert f"!{source.rstrip('/')}" in ignored
    warming = lines.index("RUN python -m gristmill.pipelines.warm")
    assert "USER gristmill" in lines[:warming]  # kernels lie where that user may write


def test_the_parameters_of_the_schedule_are_those_of_its_flows() -> None:
    for name in ("monthly-crawl", "fill-gaps"):
        deployment = deployments()[name]
        module, _, function = deployment["entrypoint"].rpartition(".")
        flow = getattr(importlib.import_module(module), function)
        assert set(deployment["parameters"]) <= set(inspect.signature(flow.fn).parameters)
