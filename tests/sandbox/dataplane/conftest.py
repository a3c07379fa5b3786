from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.dataplane.rig import Rig, running


@pytest.fixture
def rig(tmp_path: Path, pki: Path) -> Iterator[Rig]:
    """An empty data plane: the starting world only."""
    with running(tmp_path, pki) as started:
        yield started


@pytest.fixture
def trusted(rig: Rig) -> Rig:
    """With an account, an identity that trusts it, and a vault; nothing granted yet."""
    rig.account()
    rig.identity()
    rig.credential()
    rig.vault()
    return rig
