"""The one way to declare a kernel: numba's compiler with a cache that notices edits in every source file.

numba stamps a cached kernel with its own file only; after an edit of a kernel imported from elsewhere it hands out the
old machine code. So the cache lives in a folder named by a digest of all of Gristmill's sources.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba

Function = TypeVar("Function", bound=Callable[..., Any])

_ROOT = Path(__file__).parent.parent
_KERNEL_FOLDERS = ("core", "crawl", "extract", "filters", "dedup", "tokenize")


def _source_digest() -> str:
    digest = hashlib.sha256(numba.__version__.encode())
    for folder in _KERNEL_FOLDERS:
        for path in sorted((_ROOT / folder).rglob("*.py")):
            source = path.read_bytes()
            if b"core.jit" in source:
                digest.update(path.relative_to(_ROOT).as_posix().encode() + b"\0" + source)
    return digest.hexdigest()[:16]


def cache_folder() -> Path:
    """Where compiled kernels of this version of the sources are kept (XDG_CACHE_HOME is honoured)."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "gristmill" / _source_digest()


numba.config.CACHE_DIR = str(cache_folder())


def kernel(function: Function) -> Function:
    """Compile a function on its first call, without the interpreter lock, and keep the machine code on disk."""
    compiled: Function = numba.njit(nogil=True, cache=True)(function)
    return compiled
