"""The providers are named and versioned without their SDKs, and as these say."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import resources

import pytest

from sandbox.controlplane import packages
from sandbox.controlplane.registry import PACKAGES

_LOADED = """
import sys
from sandbox import cli, engine
print(sorted({name.partition(".")[0] for name in sys.modules if name.startswith("pulumi")}))
"""


def test_every_package_is_named() -> None:
    assert set(packages.NAMES) == set(PACKAGES)


@pytest.mark.parametrize("name", packages.NAMES)
def test_a_packages_version_is_its_plugins(name: str) -> None:
    file = resources.files(f"pulumi_{name.replace('-', '_')}").joinpath("pulumi-plugin.json")
    described = json.loads(file.read_text())
    assert (described["name"], described["version"]) == (name, packages.version(name))


def test_the_command_loads_no_sdk_before_it_runs_the_engine() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", _LOADED], capture_output=True, text=True, check=True
    )
    assert loaded.stdout.strip() == "[]"
