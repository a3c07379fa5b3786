"""From where a vault can be called: its firewall and its private endpoints."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from sandbox import world
from tests.sandbox.dataplane.rig import API, GROUP, HOST, SECRETS_OFFICER, VAULT, Rig
from tests.sandbox.dataplane.test_key_vault import refusal

ENDPOINT = f"{GROUP}/providers/Microsoft.Network/privateEndpoints/to-vault"
IN_NETWORK = "10.20.0.77"
OUTSIDE = "203.0.113.7"
OPEN = 404  # let in: there is no such secret
CONNECTION = (403, "Forbidden", "ForbiddenByConnection")
FIREWALL = (403, "Forbidden", "ForbiddenByFirewall")


@contextmanager
def at(rig: Rig, address: str) -> Iterator[httpx.Client]:
    proxy = f"http://{address}:@127.0.0.1:{rig.proxy.port}"
    with httpx.Client(proxy=proxy, verify=rig.authority.client_context()) as client:
        yield client


def call(rig: Rig, address: str) -> httpx.Response:
    bearer = rig.cloud.entra_key.sign(rig.vault_claims())
    with at(rig, address) as client:
        return client.get(
            f"https://{HOST}/secrets/orders?{API}", headers={"authorization": f"Bearer {bearer}"}
        )


def endpoint(rig: Rig, vault: str = VAULT, status: str = "Approved") -> None:
    connection = {
        "privateLinkServiceId": vault,
        "privateLinkServiceConnectionState": {"status": status},
    }
    body = {"subnet": {"id": world.SUBNET}, "privateLinkServiceConnections": [connection]}
    rig.insert("azure-native:network:PrivateEndpoint", ENDPOINT, body)


def closed(rig: Rig, **properties: object) -> None:
    """A vault with network rules whose reader has a role."""
    rig.vault(VAULT, **properties)
    rig.assign(SECRETS_OFFICER)


@pytest.mark.parametrize("acls", [None, {}, {"defaultAction": "Allow"}, {"bypass": "None"}])
def test_an_open_vault_lets_everybody_in(rig: Rig, acls: dict[str, str] | None) -> None:
    closed(rig, networkAcls=acls)
    assert call(rig, OUTSIDE).status_code == OPEN


@pytest.mark.parametrize(
    ("rules", "allowed"),
    [
        (["203.0.113.7/32"], True),
        (["198.51.100.0/24", "203.0.113.0/24"], True),
        (["203.0.113.7"], True),
        (["203.0.113.8/32"], False),
        ([], False),
    ],
)
def test_a_firewall_lets_its_addresses_in_and_no_other(
    rig: Rig, rules: list[str], allowed: bool
) -> None:
    ip_rules = [{"value": value} for value in rules]
    closed(rig, networkAcls={"defaultAction": "Deny", "bypass": "None", "ipRules": ip_rules})
    answer = call(rig, OUTSIDE)
    if allowed:
        assert answer.status_code == OPEN
    else:
        assert refusal(answer) == FIREWALL
        message = answer.json()["error"]["message"]
        assert f"Client address: {OUTSIDE}" in message
        assert "Client address is not authorized and caller is not a trusted service" in message


def test_the_bypass_for_trusted_services_lets_no_caller_in(rig: Rig) -> None:
    closed(rig, networkAcls={"defaultAction": "Deny", "bypass": "AzureServices", "ipRules": []})
    assert refusal(call(rig, OUTSIDE)) == FIREWALL


def test_a_virtual_network_rule_lets_its_subnet_in(rig: Rig) -> None:
    rules = [{"id": world.SUBNET}]
    closed(rig, networkAcls={"defaultAction": "Deny", "virtualNetworkRules": rules})
    assert call(rig, IN_NETWORK).status_code == OPEN
    assert refusal(call(rig, "10.20.1.77")) == FIREWALL


@pytest.mark.parametrize(
    ("bypass", "words"),
    [("AzureServices", "not from a trusted service nor via"), ("None", "bypass is not set to")],
)
def test_without_public_access_no_ip_rule_helps(rig: Rig, bypass: str, words: str) -> None:
    acls = {"defaultAction": "Deny", "bypass": bypass, "ipRules": [{"value": f"{OUTSIDE}/32"}]}
    closed(rig, publicNetworkAccess="Disabled", networkAcls=acls)
    answer = call(rig, OUTSIDE)
    assert refusal(answer) == CONNECTION
    assert words in answer.json()["error"]["message"]


def test_a_private_endpoint_lets_its_network_in_and_nobody_else(rig: Rig) -> None:
    closed(rig, publicNetworkAccess="Disabled")
    assert refusal(call(rig, IN_NETWORK)) == CONNECTION
    endpoint(rig)
    assert call(rig, IN_NETWORK).status_code == OPEN
    for address in (OUTSIDE, "10.21.0.77"):
        assert refusal(call(rig, address)) == CONNECTION


@pytest.mark.parametrize("status", ["Pending", "Rejected", "Disconnected"])
def test_a_private_endpoint_that_is_not_approved_lets_nobody_in(rig: Rig, status: str) -> None:
    closed(rig, publicNetworkAccess="Disabled")
    endpoint(rig, status=status)
    assert refusal(call(rig, IN_NETWORK)) == CONNECTION


def test_a_private_endpoint_of_another_vault_lets_nobody_in(rig: Rig) -> None:
    closed(rig, publicNetworkAccess="Disabled")
    endpoint(rig, vault=f"{VAULT}2")
    assert refusal(call(rig, IN_NETWORK)) == CONNECTION


def test_a_token_is_asked_for_before_the_address(rig: Rig) -> None:
    closed(rig, publicNetworkAccess="Disabled")
    with at(rig, OUTSIDE) as client:
        answer = client.get(f"https://{HOST}/secrets/orders?{API}")
    assert refusal(answer) == (401, "Unauthorized", None)


def test_a_role_does_not_open_a_closed_vault_nor_the_network_a_vault_without_role(
    rig: Rig,
) -> None:
    rig.vault(networkAcls={"defaultAction": "Deny", "ipRules": [{"value": f"{OUTSIDE}/32"}]})
    assert refusal(call(rig, OUTSIDE)) == (403, "Forbidden", "ForbiddenByRbac")
    assert refusal(call(rig, "203.0.113.8")) == FIREWALL


def test_the_audit_row_has_the_callers_address(rig: Rig) -> None:
    closed(rig)
    rig.diagnostics(category="AuditEvent")
    call(rig, OUTSIDE)
    [row] = rig.audit_rows()
    assert row["CallerIpAddress"] == OUTSIDE
