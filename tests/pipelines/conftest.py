"""A sample crawl and finished runs over it, made once for all test processes. Tests read them and leave them as they are."""

import fcntl
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from gristmill.pipelines.store import Store
from gristmill.samples.sample import write_sample
from tests.paths import shared
from tests.pipelines.prefect_server import prefect_server  # noqa: F401 - a fixture of all tests here
from tests.pipelines.serial import Finished, finish, write_recipe


@dataclass(frozen=True)
class Crawl:
    """A sample crawl: its folder, its WARCs in order, and the truth about each capture."""

    folder: Path
    warcs: tuple[Path, ...]
    truth: list[dict[str, Any]]


@pytest.fixture(scope="session")
def shared_tmp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all test processes of this session share."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "pipelines"
    folder.mkdir(exist_ok=True)
    return folder


def _once(folder: Path, make: Callable[[Path], object]) -> Path:
    """Have one test process make a folder while the others wait for it."""
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            unfinished = folder.with_suffix(".unfinished")
            make(unfinished)
            unfinished.rename(folder)
    return folder


def _crawl(folder: Path, pages: int, files: int | None, seed: int = 7) -> Crawl:
    _once(folder, lambda target: write_sample(target, pages, seed, files))
    return Crawl(folder, tuple(sorted(folder.rglob("*.warc.gz"))), pq.read_table(folder / "truth.parquet").to_pylist())


@pytest.fixture(scope="session")
def recipe(shared_tmp: Path) -> Path:
    """The default recipe without training."""

    def make(folder: Path) -> None:
        folder.mkdir()
        write_recipe(folder / "untrained.toml")

    return _once(shared_tmp / "recipes", make) / "untrained.toml"


@pytest.fixture(scope="session")
def crawl(shared_tmp: Path) -> Crawl:
    """120 pages in 3 files: every plant at least once."""
    return _crawl(shared_tmp / "crawl", 120, 3)


@pytest.fixture(scope="session")
def small_crawl(shared_tmp: Path) -> Crawl:
    """30 pages in 3 files, for tests that run things again."""
    return _crawl(shared_tmp / "small", 30, 3)


def _finished(folder: Path, recipe: Path, inputs: list[Path]) -> Finished:
    """A finished run, by whichever process came first; the others only collect its receipts."""
    folder.mkdir(exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return finish(recipe, inputs, folder)


@pytest.fixture(scope="session")
def finished(shared_tmp: Path, crawl: Crawl, recipe: Path) -> Finished:
    """The run over `crawl`."""
    return _finished(shared_tmp / "store", recipe, [crawl.folder])


@pytest.fixture
def copied(finished: Finished, tmp_path: Path) -> Store:
    """A copy of the finished store, which a test may spoil."""
    shutil.copytree(finished.plan.store, tmp_path / "copy")
    return Store(str(tmp_path / "copy"))


@pytest.fixture(scope="session", params=["120 pages", pytest.param("1000 pages", marks=pytest.mark.soak)])
def told(request: pytest.FixtureRequest, shared_tmp: Path, recipe: Path) -> tuple[Crawl, Finished]:
    """A crawl whose truth is known, and the run over it."""
    if request.param == "120 pages":
        return request.getfixturevalue("crawl"), request.getfixturevalue("finished")
    large = _crawl(shared_tmp / "large", 1000, None, seed=0)  # as `make run` writes it
    return large, _finished(shared_tmp / "large-store", recipe, [large.folder])


@pytest.fixture(scope="session", params=["one file", pytest.param("all files", marks=pytest.mark.soak)])
def real(request: pytest.FixtureRequest, shared_tmp: Path, recipe: Path) -> Finished:
    """The run over real pages of two crawls, or over one file of them."""
    inputs = [shared("warc", "crawl")]
    if request.param == "one file":
        inputs = sorted(inputs[0].rglob("*.warc.gz"))[:1]
    return _finished(shared_tmp / f"real-{request.param[:3]}", recipe, inputs)
