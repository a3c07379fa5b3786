"""Sandboxes for end-to-end tests: one for a test alone, and one deployed once for those who share it."""

from __future__ import annotations

import shutil
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


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a sandbox in which the program was deployed with the pack, and which rests."""
    made = Bench(tmp_path_factory.mktemp("template") / "sandbox")
    try:
        made.pulumi("stack", "init", STACK)
        made.up(*made.pack())
        made.spread()
    finally:
        made.stop()
    return made.paths.root


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory, template: Path) -> Iterator[Bench]:
    """A sandbox in which the program has been deployed with the policy pack, shared by a module."""
    made = _copy(template, tmp_path_factory.mktemp("deployed"))
    yield made
    made.stop()


@pytest.fixture
def deployed_alone(tmp_path: Path, template: Path) -> Iterator[Bench]:
    """A sandbox in which the program has been deployed with the policy pack, for one test."""
    made = _copy(template, tmp_path)
    yield made
    made.stop()


def _copy(template: Path, folder: Path) -> Bench:
    # The plugins lead to the sandbox that they were installed for, so each has its own.
    shutil.copytree(
        template, folder / "copy", symlinks=True, ignore=shutil.ignore_patterns("pulumi-home")
    )
    return Bench(folder / "copy")
