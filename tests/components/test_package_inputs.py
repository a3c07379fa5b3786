"""What becomes of the inputs that another language's program gives the components."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
import pytest
from pulumi.output import UNKNOWN, Unknown

from components.audit.audit_trail import AuditTrail, AuditTrailArgs
from components.identity.gateway_identity import GatewayIdentity, GatewayIdentityArgs
from components.vault.adoption import AdoptedVault
from components.vault.declared_keys import VaultKey
from components.vault.key_vault import KeyVault, KeyVaultArgs
from components.vault.network import PrivateEndpoint, VaultNetwork
from package import catalog, inputs
from package.provider import Components
from tests.components.recording import Recording, record
from tests.components.test_key_vault import ADOPTED, TENANT

SUBNET = (
    "/subscriptions/22222222-2222-4222-8222-222222222222/resourceGroups/n/providers"
    "/Microsoft.Network/virtualNetworks/n/subnets/s"
)
WORKSPACE = ADOPTED.replace("KeyVault/vaults", "OperationalInsights/workspaces")
KEY_VAULT: dict[str, Any] = {  # as the protocol has it: each number a float
    "environment": "alpha",
    "resourceGroupName": "g",
    "location": "westeurope",
    "tenantId": TENANT,
    "tags": {"a": "b"},
    "softDeleteDays": 30.0,
    "network": {
        "allowedRanges": ["203.0.113.0/24"],
        "privateEndpoint": {"subnetId": SUBNET, "dnsZoneId": "zone"},
    },
    "keys": {"signing": {"operations": ["sign"], "type": "EC", "rotateDays": 90.0}},
}
IDENTITY: dict[str, Any] = {
    "environment": "alpha",
    "project": "sandbox-gateway",
    "apigeeServiceAgent": "agent@example.com",
    "resourceGroupName": "g",
    "location": "westeurope",
    "tags": {},
    "generations": [1.0, 2.0],
}
IN_PYTHON: Mapping[str, tuple[type[pulumi.ComponentResource], object, dict[str, Any]]] = {
    "KeyVault": (
        KeyVault,
        KeyVaultArgs(
            "alpha",
            "g",
            "westeurope",
            TENANT,
            {"a": "b"},
            soft_delete_days=30,
            network=VaultNetwork(
                ["203.0.113.0/24"], private_endpoint=PrivateEndpoint(SUBNET, "zone")
            ),
            keys={"signing": VaultKey(["sign"], type="EC", rotate_days=90)},
        ),
        KEY_VAULT,
    ),
    "GatewayIdentity": (
        GatewayIdentity,
        GatewayIdentityArgs(
            "alpha",
            "sandbox-gateway",
            "agent@example.com",
            "g",
            "westeurope",
            {},
            generations=[1, 2],
        ),
        IDENTITY,
    ),
    "AdoptedVault": (AdoptedVault, ADOPTED, {"vaultId": ADOPTED}),
    "AuditTrail": (
        AuditTrail,
        AuditTrailArgs("audit", "g", "westeurope", None, {}, {}, workspace_id=WORKSPACE),
        {
            "workspaceName": "audit",
            "resourceGroupName": "g",
            "location": "westeurope",
            "vaultIds": {},
            "tags": {},
            "workspaceId": WORKSPACE,
        },
    ),
}
"""Components made in Python and through the package: class, arguments, inputs."""


@pytest.fixture(scope="module")
def served() -> Components:
    return Components()


@pytest.mark.parametrize("name", IN_PYTHON)
def test_inputs_become_what_a_program_in_python_gives(name: str) -> None:
    _, in_python, given = IN_PYTHON[name]
    component = catalog.components()[f"apigee-keyvault:components:{name}"]
    assert inputs.arguments(component, given) == [in_python]


def _registered(recording: Recording) -> object:
    resources = sorted(recording.resources, key=lambda one: one.urn)
    return _comparable(
        {
            "resources": [(r.urn, r.parent, r.inputs, r.property_dependencies) for r in resources],
            "outputs": recording.outputs,
        }
    )


def _comparable(value: object) -> object:
    """With one word for all unknowns, which never equal each other."""
    if isinstance(value, Mapping):
        return {key: _comparable(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_comparable(one) for one in value]
    return "unknown" if isinstance(value, Unknown) else value


_EXISTING: dict[str, dict[str, Any]] = {
    ADOPTED: {
        "name": "owned",
        "properties": {
            "vaultUri": "https://owned.vault.azure.net/",
            "enableRbacAuthorization": True,
        },
    },
    WORKSPACE: {"name": "owned", "customerId": "c"},
}


@pytest.mark.parametrize("name", IN_PYTHON)
def test_a_component_made_through_the_package_registers_what_python_registers(
    name: str, served: Components, preview: bool
) -> None:
    made_by, in_python, given = IN_PYTHON[name]
    token = f"apigee-keyvault:components:{name}"
    results = []

    def through_the_package() -> None:
        results.append(served.construct("alpha", token, given))

    made = record(through_the_package, preview=preview, existing=_EXISTING)
    by_python = record(
        lambda: made_by("alpha", in_python),  # type: ignore[arg-type]  # each its own
        preview=preview,
        existing=_EXISTING,
    )
    assert _registered(made) == _registered(by_python)
    outputs = catalog.components()[token].outputs
    state = results[0].state
    assert state.keys() == {output.key for output in outputs}
    keys = [key for value in state.values() if isinstance(value, Mapping) for key in value]
    assert keys == (["1", "2"] * 2 if name == "GatewayIdentity" else [])


def _mistakes(component: str, given: Mapping[str, Any]) -> list[str]:
    known = catalog.components()[f"apigee-keyvault:components:{component}"]
    with pytest.raises(pulumi.InputPropertiesError) as caught:
        inputs.arguments(known, given)
    assert caught.value.errors == []  # the engine would print values with them
    return caught.value.message.splitlines()


def test_all_mistakes_are_told_at_once_each_with_its_path() -> None:
    given = {
        **{key: value for key, value in KEY_VAULT.items() if key != "tenantId"},
        "locaton": "westeurope",
        "protect": "canary-value",
        "tags": ["a"],
        "network": {"allowedRanges": "203.0.113.0/24", "privateEndpoint": "canary-value"},
        "keys": {
            "one": {"operations": [1.0]},
            "three": {"operations": ["sign"], "rotateDays": 1.0},
            "two": {"operations": ["sign"], "size": 2.5},
        },
    }
    assert _mistakes("KeyVault", given) == [
        "keys.one.operations[0]: must be a text",
        "keys.three: a key rotates after 28 days at the earliest",
        "keys.two.size: must be a whole number",
        "locaton: there is no such input; did you mean location?",
        "network.allowedRanges: must be a list",
        "network.privateEndpoint: must be an object",
        "protect: must be true or false",
        "tags: must be an object",
        "tenantId: is missing; give it",
    ]


def test_a_components_own_refusal_names_inputs_as_the_schema_does(served: Components) -> None:
    assert _mistakes("KeyVault", {**KEY_VAULT, "softDeleteDays": 3.0}) == [
        "softDeleteDays: use 7 to 90"
    ]
    refused: list[str] = []

    def adopts() -> None:
        with pytest.raises(pulumi.InputPropertiesError) as caught:
            served.construct("a", "apigee-keyvault:components:AdoptedVault", {"vaultId": "canary"})
        refused.append(caught.value.message)

    record(adopts, preview=False)
    assert refused[0].startswith("'canary' is no vault id; use its whole id")


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
def test_an_output_is_handed_on_or_refused_as_python_would(known: bool) -> None:
    def program() -> None:
        value = pulumi.Output.from_input("value") if known else UNKNOWN
        component = catalog.components()["apigee-keyvault:components:KeyVault"]
        (made,) = inputs.arguments(component, {**KEY_VAULT, "resourceGroupName": value})
        assert made.resource_group_name is value
        (said,) = _mistakes("KeyVault", {**KEY_VAULT, "tags": {"a": value}})
        assert said.startswith("tags.a: must be plain")

    record(program, preview=True)
