"""The kernels' cache notices edits, also in files that a kernel only imports."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from gristmill.core import jit
from gristmill.core.jit import cache_folder, kernel


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A tree of sources in the place of Gristmill's."""
    monkeypatch.setattr(jit, "_ROOT", tmp_path)
    _forget()
    yield tmp_path
    _forget()


def _forget() -> None:
    jit._imports.cache_clear()
    jit._digest.cache_clear()


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    _forget()
    return path


def test_a_digest_covers_what_a_file_stands_on(root: Path) -> None:
    base = write(root / "core" / "base.py", "A = 1\n")
    write(root / "core" / "words.py", "from gristmill.core.base import A\n")
    write(root / "core" / "other.py", "B = 1\n")
    top = write(root / "filters" / "top.py", "import numpy\nfrom gristmill.core.words import (\n    A,\n)\n")
    before = jit._digest(top)
    assert jit._digest(top) == before
    write(root / "core" / "other.py", "B = 2\n")
    assert jit._digest(top) == before
    write(base, "A = 2\n")
    assert jit._digest(top) != before


@pytest.mark.parametrize(
    "line",
    [
        "from gristmill.core.base import A",
        "from gristmill.core import base",
        "from gristmill.core import other, base",
        "from gristmill.core import (\n    other,\n    base,\n)",
        "from gristmill.core import base as b",
        "import gristmill.core.base",
        "def f():\n    from gristmill.core.base import A",
    ],
)
def test_every_way_of_importing_is_seen(line: str, root: Path) -> None:
    base = write(root / "core" / "base.py", "A = 1\n")
    write(root / "core" / "other.py", "")
    top = write(root / "filters" / "top.py", f"{line}\n")
    assert base in jit._closure(top)


def test_files_that_import_one_another_come_to_an_end(root: Path) -> None:
    one = write(root / "core" / "one.py", "from gristmill.core import two\n")
    two = write(root / "core" / "two.py", "from gristmill.core import one\n")
    assert jit._closure(one) == {one, two}


def test_the_cache_lies_where_the_user_keeps_caches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert cache_folder() == Path("/somewhere/gristmill/kernels")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/somewhere")
    assert cache_folder() == Path("/somewhere/.cache/gristmill/kernels")


def test_a_kernel_computes_what_its_function_does() -> None:
    @kernel
    def total(values: NDArray[np.int64]) -> np.int64:
        found = np.int64(0)
        for value in values:
            found += value
        return found

    assert total(np.arange(10)) == 45


def test_an_edit_of_an_imported_kernel_is_noticed(tmp_path: Path) -> None:
    """numba alone would hand out the old machine code: its cache looks at the outer kernel's file only."""
    core = tmp_path / "gristmill" / "core"
    core.mkdir(parents=True)
    (core.parent / "__init__.py").touch()  # else the installed package goes first
    (core / "jit.py").write_bytes(Path(jit.__file__).read_bytes())
    (core / "outer.py").write_text(
        "from gristmill.core.inner import inner\nfrom gristmill.core.jit import kernel\n\n"
        "@kernel\ndef outer():\n    return inner() + 1\n"
    )
    environment = os.environ | {"PYTHONPATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    answers = []
    for value in (1, 41):
        text = f"from gristmill.core.jit import kernel\n\n@kernel\ndef inner():\n    return {value}\n"
        (core / "inner.py").write_text(text)
        command = [sys.executable, "-c", "from gristmill.core.outer import outer; print(outer())"]
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        answers.append(int(done.stdout))
    assert answers == [2, 42]
    assert list((tmp_path / "cache").rglob("*.nbc"))
