"""Resource classes by name: each type stands for the class that has its token."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sandbox.controlplane import sdk_classes
from sandbox.controlplane.registry import PACKAGES
from sandbox.controlplane.resource_type import ResourceType

_TYPES = [type_ for package in PACKAGES.values() for type_ in package.types.values()]


@pytest.mark.parametrize("type_", _TYPES, ids=lambda type_: type_.token)
def test_a_types_token_is_that_of_the_installed_sdks_class(type_: ResourceType) -> None:
    loaded = sdk_classes.load(type_.sdk)
    assert type_.token == loaded.pulumi_type  # type: ignore[attr-defined]  # set by the SDK


def test_no_sdk_is_loaded_before_a_type_is_used() -> None:
    program = (
        "import sys, sandbox.service;"
        "print([n for n in sys.modules if n.startswith(('pulumi_azure', 'pulumi_gcp'))])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert ran.stdout == "[]\n"


def test_threads_that_ask_at_once_all_get_their_class() -> None:
    program = """
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from sandbox.controlplane import sdk_classes
names = [f"pulumi_gcp.projects.{n}" for n in ("Service", "ServiceIdentity", "IAMMember", "IAMBinding")]
names += [f"pulumi_azure_native.network.{n}" for n in ("PrivateEndpoint", "PrivateDnsZoneGroup")]
together = Barrier(len(names))
def load(name):
    together.wait()
    return sdk_classes.load(name).__name__
with ThreadPoolExecutor(len(names)) as pool:
    print(list(pool.map(load, names)) == [name.rpartition(".")[2] for name in names])
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.stdout == "True\n", ran.stderr
