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
