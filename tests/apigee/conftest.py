"""What the tests of the bundles share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.apigee import scene as scenes
from tests.apigee.scene import Edit, Scene


@pytest.fixture
def scene(tmp_path: Path, pki: Path) -> Iterator[Scene]:
    """Both bundles as they are, nothing cached."""
    opened = scenes.open_scene(tmp_path, pki)
    yield opened
    opened.cloud.store.close()


@pytest.fixture
def changed(tmp_path: Path, pki: Path) -> Iterator[Callable[..., Scene]]:
    """Makes a scene whose sample proxy has these edits."""
    opened: list[Scene] = []

    def change(*edits: Edit) -> Scene:
        sources = scenes.edited_sources(tmp_path, *edits)
        opened.append(scenes.open_scene(tmp_path, pki, sources))
        return opened[0]

    yield change
    opened[0].cloud.store.close()
