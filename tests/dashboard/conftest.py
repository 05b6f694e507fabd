"""The store that the page's tests show."""

from pathlib import Path

import pytest

from tests.dashboard.stores import make_store


@pytest.fixture(scope="session")
def shown_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a finished run, hostile pages among its input."""
    return make_store(tmp_path_factory.mktemp("shown"))
