from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.cloud import Cloud
from tests.sandbox.controlplane.examples.every import make_all
from tests.sandbox.controlplane.examples.example import Made
from tests.sandbox.controlplane.rig import Clouds


@pytest.fixture
def clouds(tmp_path: Path, pki: Path) -> Iterator[Clouds]:
    """Both clouds with nothing but what every user has, and configured providers."""
    program = tmp_path / "program"
    program.mkdir()
    clouds = Clouds(Cloud.open(tmp_path / "state.db", pki), program)
    yield clouds
    clouds.close()


@pytest.fixture
def made(clouds: Clouds) -> Made:
    """One object of every type."""
    return make_all(clouds)
