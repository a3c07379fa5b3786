"""The organization's part: read, never made; its service agent, egress addresses and names."""

import re
from typing import Any

import pytest

from components import naming
from components.gateway.apigee_gateway import ApigeeGateway, ApigeeGatewayArgs
from tests.components.recording import Recording, record


def _record(preview: bool, **given: Any) -> Recording:  # noqa: ANN401  arguments of any type
    args = ApigeeGatewayArgs("sandbox-gateway", "flow.zip", {"orders-v1": "o.zip"}, **given)
    return record(lambda: ApigeeGateway("gateway", args), preview=preview)


def _outputs(recording: Recording) -> dict[str, Any]:
    (component,) = (r for r in recording.resources if not r.custom)
    return recording.outputs[component.urn]


def test_the_organization_is_read_and_neither_made_nor_changed(preview: bool) -> None:
    recording = _record(preview)
    assert list(recording.reads.values()) == ["organizations/sandbox-gateway"]
    assert not recording.of("Organization")
    assert not recording.of("Instance")
    assert _outputs(recording)["billingType"] == "PAYG"


def test_the_service_agent_is_made_once_the_services_are_on(preview: bool) -> None:
    recording = _record(preview)
    agent = recording.one("ServiceIdentity")
    assert agent.inputs == {"project": "sandbox-gateway", "service": "apigee.googleapis.com"}
    assert {s.urn for s in recording.of("Service")} <= agent.dependencies
    if not preview:
        email = "service-100000000001@gcp-sa-apigee.iam.gserviceaccount.com"
        assert _outputs(recording)["serviceAgent"] == email


def test_identities_can_wait_for_every_service_and_for_the_agent(preview: bool) -> None:
    made: list[ApigeeGateway] = []
    args = ApigeeGatewayArgs("sandbox-gateway", "flow.zip", {})
    record(lambda: made.append(ApigeeGateway("gateway", args)), preview=preview)
    assert [type(s).__name__ for s in made[0].services] == [*["Service"] * 3, "ServiceIdentity"]


def test_a_suffix_is_part_of_every_name_in_the_organization_and_of_no_logical_name(
    preview: bool,
) -> None:
    recording = _record(preview, name_suffix="team-a")
    assert recording.one("Sharedflow").inputs["name"] == "azure-key-vault-team-a"
    assert recording.one("Api").inputs["name"] == "orders-v1-team-a"
    plain = _record(preview)
    assert {r.urn for r in recording.resources} == {r.urn for r in plain.resources}
    if not preview:
        assert _outputs(recording)["proxyRevisions"] == {"orders-v1": "7"}


def test_another_stack_under_these_names_meets_a_refusal_before_it_uploads_anything(
    preview: bool,
) -> None:
    claims = {}
    for suffix in (None, "team-a", "f" * naming.MAX_NAME_SUFFIX_LENGTH):
        recording = _record(preview, name_suffix=suffix)
        claim = recording.one("Account")
        # What Google calls a service account, by its own rule: one that exists is refused.
        assert re.fullmatch(r"[a-z][-a-z0-9]{4,28}[a-z0-9]", claim.inputs["accountId"])
        assert not claim.inputs.get("createIgnoreAlreadyExists")
        assert "nameSuffix" in claim.name
        assert "nameSuffix" in claim.inputs["description"]
        assert {s.urn for s in recording.of("Service")} <= claim.dependencies
        for bundle in (recording.one("Sharedflow"), recording.one("Api")):
            assert claim.urn in bundle.dependencies
        claims[recording.one("Sharedflow").inputs["name"]] = claim.inputs["accountId"]
    assert [*claims] == [*claims.values()]
    assert len(claims) == 3


@pytest.mark.parametrize("protect", [True, False])
def test_every_egress_address_is_activated_and_told(preview: bool, protect: bool) -> None:
    recording = _record(preview, instance="europe-west1", nat_addresses=2, protect=protect)
    addresses = recording.of("NatAddress")
    assert [(a.name, a.inputs) for a in addresses] == [
        (
            f"gateway-nat-{number}",
            {
                "name": f"key-vault-{number}",
                "instanceId": "organizations/sandbox-gateway/instances/europe-west1",
                "activate": True,
            },
        )
        for number in (1, 2)
    ]
    assert [a.options.protect for a in addresses] == [protect, protect]
    if not preview:
        assert _outputs(recording)["natAddresses"] == ["203.0.113.1", "203.0.113.2"]


def test_no_address_is_reserved_unasked(preview: bool) -> None:
    recording = _record(preview, instance="europe-west1")
    assert not recording.of("NatAddress")
    assert _outputs(recording)["natAddresses"] == []


def test_addresses_of_no_instance_are_refused() -> None:
    with pytest.raises(ValueError, match="name the instance"):
        ApigeeGatewayArgs("sandbox-gateway", "flow.zip", {}, nat_addresses=1)
    with pytest.raises(ValueError, match="nat_addresses -1: use 0 or more"):
        ApigeeGatewayArgs("sandbox-gateway", "flow.zip", {}, nat_addresses=-1)
