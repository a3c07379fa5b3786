"""The configuration of as many environments as wanted, for the program and for the bare one.

Owns what is declared. The bare program (`bare/`) has the same written out in its code.
"""

from __future__ import annotations

from pathlib import Path

import yaml

SECRETS = 20
"""How many secrets each environment has."""

_CLOUDS = {
    "gcp:project": "sandbox-gateway",
    "azure-native:tenantId": "11111111-1111-4111-8111-111111111111",
    "azure-native:subscriptionId": "22222222-2222-4222-8222-222222222222",
    "azure-native:location": "westeurope",
}
_PROXY = "orders-v1"
_CI = "33333333-3333-4333-8333-333333333333"

Configuration = dict[str, object]


def of_program(environments: int, secrets: int = SECRETS) -> Configuration:
    """What the program itself reads: a whole declaration."""
    return {
        **_CLOUDS,
        "apigee-keyvault:apigee": {"instance": "europe-west1"},
        "apigee-keyvault:environments": {
            f"env-{number:03}": {
                "hostnames": [f"env-{number:03}.api.example.com"],
                "proxies": [_PROXY],
                "secrets": {f"secret-{n:02}": {"callers": [_PROXY]} for n in range(secrets)},
                "writers": {"ci": _CI},
            }
            for number in range(environments)
        },
    }


def of_bare_program(environments: int, secrets: int = SECRETS) -> Configuration:
    """What the bare program reads: the same clouds, and two numbers."""
    return {
        **_CLOUDS,
        "bare:environments": str(environments),
        "bare:secrets": str(secrets),
    }


def write(configuration: Configuration, stack_file: Path) -> None:
    """Make a configuration that of a stack, whose file keeps what else is in it."""
    content = yaml.safe_load(stack_file.read_text()) if stack_file.exists() else None
    stack_file.write_text(yaml.safe_dump({**(content or {}), "config": configuration}))
