"""Sandboxes for end-to-end tests: one for a test alone, and one deployed once for those who share it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.bench import STACK, Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A sandbox for one test."""
    made = Bench(tmp_path / "sandbox")
    yield made
    made.stop()


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A sandbox in which the program has been deployed with the policy pack, shared by a module."""
    made = Bench(tmp_path_factory.mktemp("deployed") / "sandbox")
    made.pulumi("stack", "init", STACK)
    made.up(*made.pack())
    made.spread()
    yield made
    made.stop()
