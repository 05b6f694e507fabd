"""The one way to declare a kernel: numba's compiler with a cache that notices edits in imported files too.

numba stamps a cached kernel with its own file only; after an edit of a kernel imported from elsewhere it hands out the
old machine code. So each file's kernels are cached in a folder named by a digest of that file and of all of Gristmill's
files that it imports, directly or not. Compiling everything takes a minute; an edit costs only what stands on it.
"""

import hashlib
import os
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba

Function = TypeVar("Function", bound=Callable[..., Any])

_ROOT = Path(__file__).resolve().parent.parent
_IMPORT = re.compile(r"^\s*(?:from|import)\s+gristmill\.(\w+)(?:\.(\w+))?(?:\s+import\s+(\([^)]*\)|.+))?", re.MULTILINE)


def kernel(function: Function) -> Function:
    """Compile a function on its first call, without the interpreter lock, and keep the machine code on disk."""
    return _compile(function)


def inlined(function: Function) -> Function:
    """The same for a kernel that allocates no array: it becomes part of its callers and counts no references.

    An array that a kernel hands to another, or takes out of a tuple, has its references counted atomically, which costs
    10 ns each time: reading text with one call a character took five times as long with counting as without.
    """
    return _compile(function, forceinline=True, _nrt=False)


def _compile(function: Function, **options: bool) -> Function:
    settings: Any = numba.config
    settings.CACHE_DIR = str(cache_folder() / _digest(Path(function.__code__.co_filename).resolve()))
    njit: Any = numba.njit  # its types do not know all of its options
    compiled: Function = njit(nogil=True, cache=True, **options)(function)
    return compiled


def cache_folder() -> Path:
    """Where compiled kernels are kept (XDG_CACHE_HOME is honoured)."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "gristmill" / "kernels"


@cache
def _digest(path: Path) -> str:
    """Digest of a file and of everything of Gristmill that it stands on."""
    digest = hashlib.sha256(numba.__version__.encode())
    for source in sorted(_closure(path)):
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()[:16]


def _closure(path: Path) -> set[Path]:
    found, pending = {path}, [path]
    while pending:
        for imported in _imports(pending.pop()):
            if imported not in found:
                found.add(imported)
                pending.append(imported)
    return found


@cache
def _imports(path: Path) -> tuple[Path, ...]:
    found = []
    for folder, module, names in _IMPORT.findall(path.read_text("utf-8")):
        modules = [module] if module else re.findall(r"\w+", names)
        found += [_ROOT / folder / f"{name}.py" for name in modules]
    return tuple(path for path in found if path.exists())
