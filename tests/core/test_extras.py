"""Libraries of extras."""

import sys

import pytest

from gristmill.core.errors import UsageError
from gristmill.core.extras import import_torch


def test_a_missing_library_is_told_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)  # what Python itself keeps for a module that cannot be imported
    with pytest.raises(UsageError, match=r"embedding needs torch.*pip install 'gristmill\[models\]'"):
        import_torch("embedding", "models")


def test_torch_is_torch() -> None:
    torch = pytest.importorskip("torch")
    assert import_torch("pretrain", "train") is torch
