"""Where test material lies that is not part of the repository; tests that need it are skipped, with a reason, without it."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("GRISTMILL_TEST_DATA") or ROOT.parent / "shared") / "data"


def shared(*parts: str) -> Path:
    """A file or folder of the shared test material; skips the test if it is not there."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"test material is not here: {'/'.join(parts)}")
    return path
