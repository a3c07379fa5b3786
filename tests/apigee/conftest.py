"""What the tests of the bundles share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for signing keys: making them takes long."""
    return tmp_path_factory.mktemp("keys")
