"""Providers that the engine makes of the configuration are judged too, by way of their resources."""

from __future__ import annotations

import pytest

from tests.policies.fixtures import FixtureResource
from tests.policies.served_pack import PACK, served

_GROUP = "azure-native:resources:ResourceGroup"
_RULE = "static-provider-credential"


def _provider(name: str, **inputs: object) -> FixtureResource:
    return FixtureResource("pulumi:providers:azure-native", name, inputs, {})


def _found(provider: FixtureResource) -> list[tuple[str, str]]:
    groups = [FixtureResource(_GROUP, name, {"location": "westeurope"}, {}) for name in ("a", "b")]
    with served(PACK, "update") as pack:
        pack.set({})
        found = pack.analyze_each(groups, provider)
    return [(d.policy, d.urn) for d in found if d.policy == _RULE]


def test_a_default_providers_secret_is_found_once() -> None:
    provider = _provider("default_3_29_0", clientSecret="canary")
    assert _found(provider) == [(_RULE, provider.urn)]


@pytest.mark.parametrize(
    "provider",
    [
        _provider("default_3_29_0", useOidc="true"),
        # The engine asks about this one itself.
        _provider("explicit", clientSecret="canary"),
    ],
)
def test_a_keyless_one_is_not_and_one_that_a_program_makes_is_not_judged_twice(
    provider: FixtureResource,
) -> None:
    assert _found(provider) == []
