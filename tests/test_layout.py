"""The folders at the root are one package, `gristmill`, through links; what would quietly break that is checked here."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.paths import ROOT

FOLDERS = (
    "pipelines", "crawl", "extract", "filters", "dedup", "tokenize", "dashboard", "core", "recipes", "samples",
)  # fmt: skip
PACKAGE = ROOT / "src" / "gristmill"


def tracked(*folders: str) -> list[Path]:
    """Files under version control, relative to the root; skips the test where there is no version control."""
    command = ["git", "ls-files", "-z", "--", *folders]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a clone: git does not list the files")
    return [Path(name) for name in listed.split("\0") if name]


def python(*arguments: str, **environment: str) -> str:
    """What a fresh interpreter at the root prints."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=os.environ | environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("folder", FOLDERS)
def test_each_folder_is_reached_through_a_relative_link(folder: str) -> None:
    link = PACKAGE / folder
    assert link.is_symlink()
    assert not link.readlink().is_absolute()
    assert link.samefile(ROOT / folder)
    assert not (ROOT / folder / "__init__.py").exists()


def test_there_is_no_other_link() -> None:
    assert sorted(path.name for path in PACKAGE.iterdir() if path.is_symlink()) == sorted(FOLDERS)


def test_no_file_takes_the_name_of_another_module() -> None:
    taken = sys.stdlib_module_names | packages_distributions().keys()
    assert [str(path) for path in tracked(*FOLDERS) if path.suffix == ".py" and path.stem in taken] == []


@pytest.mark.parametrize("name", ["tokenize", "inspect", "linecache"])
def test_the_standard_library_is_itself_at_the_root(name: str) -> None:
    told = python("-c", f"import {name}; print({name}.__file__)", PYTHONPATH=".").strip()
    assert Path(told).is_relative_to(Path(os.__file__).parent)
    assert python("-c", "import tokenize; tokenize.open") == ""


def test_modules_are_imported_under_one_name() -> None:
    modules = sorted(
        ".".join(["gristmill", *path.with_suffix("").parts])
        for path in tracked(*FOLDERS)
        if path.suffix == ".py" and path.name != "__init__.py"
    )
    for name in (
        "gristmill.dashboard.app",  # a script: it draws its page when it is run
        "gristmill.pipelines.warm",  # runs every kernel, and imports nothing that others do not
        "gristmill.tokenize.model",  # these two need the extra `train`, and import nothing of ours but parameters
        "gristmill.tokenize.optimiser",
    ):
        modules.remove(name)
    program = f"""
import importlib, sys
for name in {modules!r}:
    importlib.import_module(name)
print(sorted(set(sys.modules) & {set(FOLDERS) - {"tokenize"}!r}))
print(sys.modules["tokenize"].__file__)
"""
    bare, tokenizer = python("-W", "ignore", "-c", program).splitlines()[-2:]
    assert bare == "[]"
    assert Path(tokenizer).is_relative_to(Path(os.__file__).parent)


STAGES = ("crawl", "extract", "filters", "dedup", "tokenize")
MAY_IMPORT = {
    "core": {"core"},
    "samples": {"core", "samples"},
    "pipelines": {"core", "samples", "pipelines", *STAGES},
    "dashboard": {"core", "pipelines", "dashboard"},
} | {stage: {"core", stage} for stage in STAGES}


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_imports_go_one_way(folder: str) -> None:
    for path in tracked(folder):
        if path.suffix == ".py":
            found = set(re.findall(r"^\s*(?:from|import) gristmill\.(\w+)", (ROOT / path).read_text("utf-8"), re.M))
            assert found <= MAY_IMPORT[folder], path


def test_only_the_pipeline_knows_prefect() -> None:
    known = [
        path.parts[0]
        for path in tracked(*FOLDERS)
        if path.suffix == ".py" and re.search(r"^\s*(?:from|import) prefect\b", (ROOT / path).read_text("utf-8"), re.M)
    ]
    assert set(known) == {"pipelines"}


def test_a_kernel_is_declared_in_one_way() -> None:
    source = "import numba\n\nnumba.njit(len)\n"
    assert "TID251" in ruff(source, "filters/some_filter.py")
    assert "TID251" in ruff("import filters.urls\n", "pipelines/some_step.py")
    assert "TID251" not in ruff(source, "core/jit.py")


def ruff(source: str, path: str) -> str:
    """What ruff's rule on banned names says about a source at a path."""
    command = [sys.executable, "-m", "ruff", "check", "--select", "TID251", "--stdin-filename", path, "-"]
    return subprocess.run(command, cwd=ROOT, input=source, capture_output=True, text=True, check=False).stdout


@dataclass(frozen=True)
class Distributions:
    """Names of the files that an sdist and a wheel were made from, and of those in them, relative to the root."""

    source: frozenset[str]
    sdist: frozenset[str]
    wheel: frozenset[str]


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Distributions:
    """An sdist of the tracked files, and the wheel built from that sdist, with nothing fetched from anywhere."""
    pytest.importorskip("build")
    pytest.importorskip("setuptools")
    copy, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    source = [path for path in tracked() if (ROOT / path).exists() or (ROOT / path).is_symlink()]
    for path in source:
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, copy / path, follow_symlinks=False)
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(copy)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    with tarfile.open(next(out.glob("*.tar.gz"))) as sdist, zipfile.ZipFile(next(out.glob("*.whl"))) as wheel:
        return Distributions(
            frozenset(map(str, source)),
            frozenset(name.partition("/")[2] for name in sdist.getnames()),
            frozenset(name.removeprefix("gristmill/") for name in wheel.namelist()),
        )


@pytest.mark.xdist_group("distributions")
def test_the_wheel_from_the_sdist_holds_every_file(distributions: Distributions) -> None:
    wanted = {name for name in distributions.source if name.partition("/")[0] in FOLDERS}
    assert wanted - distributions.wheel == set()
    assert {"__init__.py", "__main__.py", "py.typed"} <= distributions.wheel


@pytest.mark.xdist_group("distributions")
def test_the_sdist_can_be_tested(distributions: Distributions) -> None:
    wanted = {name for name in distributions.source if name.partition("/")[0] in ("tests", "docs")}
    assert wanted - distributions.sdist == set()
