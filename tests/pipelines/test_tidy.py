"""What killed attempts leave in a store is found and deleted, and nothing else is."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from typer.testing import CliRunner

from gristmill.pipelines.cli import app
from gristmill.pipelines.running import collect_finished
from gristmill.pipelines.store import open_store
from gristmill.pipelines.tidy import garbage
from tests.pipelines.serial import Finished


def lost_attempt(finished: Finished, folder: Path) -> str:
    """A copy of the run's store with one more attempt of some part, and its name."""
    shutil.copytree(finished.plan.store, folder, dirs_exist_ok=True)
    receipt = next(receipt for receipt in finished.receipts if receipt.outputs)
    output = receipt.outputs[0].path
    lost = output.replace(receipt.attempt, "00000000")
    shutil.copyfile(folder / output, folder / lost)
    return lost


def test_a_finished_run_holds_no_garbage(finished: Finished) -> None:
    assert list(garbage(finished.store, timedelta(0), datetime.now(UTC) + timedelta(hours=1))) == []


def test_what_a_killed_attempt_left_is_deleted_and_the_run_stays(finished: Finished, tmp_path: Path) -> None:
    lost = lost_attempt(finished, tmp_path)
    words = ["tidy", "--store", str(tmp_path), "--json"]
    assert json.loads(CliRunner().invoke(app, words).stdout)["objects"] == []  # it is an hour old at most

    told = json.loads(CliRunner().invoke(app, [*words, "--hours", "-1"]).stdout)
    assert [one["path"] for one in told["objects"]] == [lost]
    assert told["bytes"] == (tmp_path / lost).stat().st_size
    assert not told["deleted"]

    assert json.loads(CliRunner().invoke(app, [*words, "--hours", "-1", "--delete"]).stdout)["deleted"]
    assert not (tmp_path / lost).exists()
    assert list(garbage(open_store(str(tmp_path)), timedelta(0), datetime.now(UTC) + timedelta(hours=1))) == []
    assert all((tmp_path / receipt.path).exists() for receipt in finished.receipts)
    assert collect_finished(finished.plan) is not None
