"""An environment: made with its type, or used as it is and never changed."""

from typing import Any

import pytest

from components.gateway import existing_environment
from components.gateway.gateway_environment import (
    MASKED_VARIABLES,
    GatewayEnvironment,
    GatewayEnvironmentArgs,
)
from tests.components.recording import EXISTING, Inputs, Recording, record

PATH = "organizations/sandbox-gateway/environments/alpha"


def _args(**given: Any) -> GatewayEnvironmentArgs:  # noqa: ANN401  arguments of any type
    return GatewayEnvironmentArgs(
        environment="alpha",
        project="sandbox-gateway",
        instance="europe-west1",
        hostnames=["alpha.api.example.com"],
        key_value_map_entries={"token.seconds": "600"},
        service_account="apigee-kv-alpha@sandbox-gateway.iam.gserviceaccount.com",
        shared_flow="azure-key-vault",
        shared_flow_revision="7",
        proxy_revisions={"orders-v1": "3"},
        **given,
    )


def _record(preview: bool, **given: Any) -> Recording:  # noqa: ANN401  as above
    return record(lambda: GatewayEnvironment("alpha", _args(**given)), preview=preview)


def _record_existing(preview: bool) -> Recording:
    existing: dict[str, Inputs] = {
        **EXISTING,
        PATH: {"name": "alpha", "type": "INTERMEDIATE"},
        f"{PATH}/debugmask": {
            "name": f"{PATH}/debugmask",
            "variables": [*MASKED_VARIABLES, "private.of.others"],
        },
    }
    return record(
        lambda: GatewayEnvironment("alpha", _args(existing=True)),
        preview=preview,
        existing=existing,
    )


OWN = ("request.header.Authorization", "partnerResponse.content")


def test_what_an_environments_proxies_hand_on_is_masked_beside_the_flows_messages() -> None:
    recording = _record(preview=False, masked_variables=[*OWN, MASKED_VARIABLES[0]])
    mask = recording.one("EnvironmentDebugmask").inputs
    assert mask["variables"] == [*MASKED_VARIABLES, *OWN]


def test_an_existing_environments_mask_must_have_them_too() -> None:
    args = _args(existing=True, masked_variables=OWN)
    assert set(OWN) <= set(args.debug_mask)
    told = existing_environment.mistakes("INTERMEDIATE", MASKED_VARIABLES, args.debug_mask)
    (mistake,) = told
    assert mistake.endswith(
        "add the variables partnerResponse.content, request.header.Authorization"
    )


@pytest.mark.parametrize(
    ("billing_type", "type_", "expected"),
    [
        ("PAYG", "INTERMEDIATE", {"type": "INTERMEDIATE"}),
        ("PAYG", "COMPREHENSIVE", {"type": "COMPREHENSIVE"}),
        ("SUBSCRIPTION", "COMPREHENSIVE", {}),
        ("EVALUATION", "INTERMEDIATE", {}),
    ],
)
def test_a_type_is_set_only_where_the_organization_pays_by_type(
    billing_type: str, type_: str, expected: dict[str, str], preview: bool
) -> None:
    recording = _record(preview, type=type_, billing_type=billing_type)
    assert recording.one("Environment").inputs == {
        "name": "alpha",
        "orgId": "organizations/sandbox-gateway",
        **expected,
    }


@pytest.mark.parametrize("type_", ["BASE", "intermediate", ""])
def test_a_type_that_cannot_run_the_shared_flow_is_refused(type_: str) -> None:
    with pytest.raises(
        ValueError, match=r"environment alpha: .* use INTERMEDIATE or COMPREHENSIVE"
    ):
        _args(type=type_)


@pytest.mark.parametrize("protect", [True, False])
def test_protection_covers_the_environment_and_nothing_that_releases_replace(
    preview: bool, protect: bool
) -> None:
    recording = _record(preview, protect=protect)
    protected = {r.name for r in recording.resources if r.options.protect}
    assert protected == ({"alpha-environment"} if protect else set())


def test_an_existing_environment_gets_the_declaration_and_the_deployments_alone(
    preview: bool,
) -> None:
    recording = _record_existing(preview)
    assert sorted(recording.reads.values()) == [PATH, f"{PATH}/debugmask"]
    assert {r.type.rpartition(":")[2] for r in recording.resources if r.custom} == {
        "EnvironmentKeyvaluemaps",
        "EnvironmentKeyvaluemapsEntries",
        "EnvironmentApiRevisionDeployment",
        "SharedflowDeployment",
    }


def test_what_runs_in_an_existing_environment_is_as_in_a_new_one(preview: bool) -> None:
    new, existing = _record(preview), _record_existing(preview)
    for kind in ("SharedflowDeployment", "EnvironmentApiRevisionDeployment"):
        assert existing.one(kind).inputs == new.one(kind).inputs
        assert existing.one(kind).urn == new.one(kind).urn
    assert existing.one("EnvironmentKeyvaluemaps").inputs["envId"] == PATH


@pytest.mark.parametrize(
    ("type_", "hidden", "expected"),
    [
        ("INTERMEDIATE", ["a", "b", "c"], []),
        ("COMPREHENSIVE", ["b", "a"], []),
        (None, ["a", "b"], []),
        ("BASE", ["a", "b"], ["it is of type BASE"]),
        ("INTERMEDIATE", ["a"], ["has to add the variables b"]),
        ("BASE", [], ["it is of type BASE", "has to add the variables a, b"]),
    ],
)
def test_an_existing_environment_that_would_fail_or_leak_is_told_what_to_mend(
    type_: str | None, hidden: list[str], expected: list[str]
) -> None:
    found = existing_environment.mistakes(type_, hidden, ("b", "a"))
    assert len(found) == len(expected)
    assert all(part in mistake for part, mistake in zip(expected, found, strict=True))


def test_a_suffix_names_the_proxy_that_is_deployed(preview: bool) -> None:
    recording = _record(preview, name_suffix="team-a")
    deployment = recording.one("EnvironmentApiRevisionDeployment")
    assert (deployment.name, deployment.inputs["api"]) == ("alpha-orders-v1", "orders-v1-team-a")
