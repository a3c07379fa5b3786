"""Fixtures of the gateway's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.cloud import Cloud
from tests.sandbox.gateway.rig import Site


@pytest.fixture
def site(tmp_path: Path, pki: Path) -> Iterator[Site]:
    """An organization with the environment `alpha` and nothing deployed."""
    made = Site(Cloud.open(tmp_path / "state.db", pki))
    yield made
    made.cloud.store.close()
