"""The order of all tests, and the one thing that nearly all share: keys."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for signing keys and the authority's: making them takes long, and no test changes them."""
    return tmp_path_factory.mktemp("pki")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that take minutes come first, so that no worker is left with them at the end."""
    items.sort(key=lambda item: "end_to_end" not in item.path.parts)
