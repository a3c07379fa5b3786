"""The order of all tests."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that take minutes come first, so that no worker is left with them at the end."""
    items.sort(key=lambda item: "end_to_end" not in item.path.parts)
