from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.cloud import Cloud
from tests.sandbox.controlplane.rig import Clouds


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Signing keys: costly to make, and nothing here depends on them."""
    return tmp_path_factory.mktemp("pki")


@pytest.fixture
def clouds(tmp_path: Path, pki: Path) -> Iterator[Clouds]:
    """Both clouds with nothing but what every user has, and configured providers."""
    program = tmp_path / "program"
    program.mkdir()
    clouds = Clouds(Cloud.open(tmp_path / "state.db", pki), program)
    yield clouds
    clouds.close()
