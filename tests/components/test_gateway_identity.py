"""An environment's identity: its kinds, its generations, and who may act as its account."""

from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from components.identity.gateway_identity import GatewayIdentity, GatewayIdentityArgs
from tests.components.recording import Recording, made_up_guid, record

AGENT = "service-100000000001@gcp-sa-apigee.iam.gserviceaccount.com"
OWNER = "66666666-6666-4666-8666-666666666666"
TRUST = {
    "issuer": "https://accounts.google.com",
    "audiences": ["api://AzureADTokenExchange"],
    "subject": "100200300400500600700",
}


def _args(**given: Any) -> GatewayIdentityArgs:  # noqa: ANN401  arguments of any type
    return GatewayIdentityArgs(
        "alpha", "sandbox-gateway", AGENT, "g", "westeurope", {"a": "b"}, **given
    )


def _identity(**given: Any) -> Callable[[], GatewayIdentity]:  # noqa: ANN401  as above
    return lambda: GatewayIdentity("alpha", _args(**given))


def _facts(recording: Recording) -> dict[str, object]:
    return {r.urn: r.inputs for r in recording.resources if r.custom}


def test_a_second_generation_leaves_the_first_as_it_is() -> None:
    first = _facts(record(_identity(), preview=False))
    both = _facts(record(_identity(generations=(1, 2)), preview=False))
    assert {urn: both[urn] for urn in first} == first
    assert {urn.rpartition("::")[2] for urn in both.keys() - first.keys()} == {
        "alpha-identity-2",
        "alpha-federation-2",
    }


def test_the_first_generation_goes_without_touching_the_second() -> None:
    both = _facts(record(_identity(generations=(1, 2)), preview=False))
    second = _facts(record(_identity(generations=(2,)), preview=False))
    assert {urn: both[urn] for urn in second} == second
    assert {urn.rpartition("::")[2] for urn in both.keys() - second.keys()} == {
        "alpha-identity",
        "alpha-federation",
    }


@pytest.mark.parametrize("generations", [(1,), (2, 3)])
def test_each_managed_identity_has_one_credential_of_its_own(generations: tuple[int, ...]) -> None:
    recording = record(_identity(generations=generations), preview=False)
    identities = [r.inputs["resourceName"] for r in recording.of("UserAssignedIdentity")]
    credentials = [r.inputs for r in recording.of("FederatedIdentityCredential")]
    assert sorted(c["resourceName"] for c in credentials) == sorted(set(identities))
    assert all(TRUST.items() <= c.items() for c in credentials)
    assert len(recording.of("Account")) == 1


def test_no_generation_is_named_as_another_environments_identity() -> None:
    recording = record(_identity(generations=(1, 2)), preview=False)
    names = [r.inputs["resourceName"] for r in recording.of("UserAssignedIdentity")]
    assert names == ["apigee-kv-alpha", "apigee-kv-alpha_2"]


@pytest.mark.parametrize(
    ("kind", "client", "principal"),
    [
        ("managed", "identity", "identity"),
        ("application", "application", "service-principal"),
    ],
)
def test_the_gateway_uses_the_newest_generation_and_all_are_told(
    kind: str, client: str, principal: str
) -> None:
    made = []
    recording = record(
        lambda: made.append(GatewayIdentity("alpha", _args(kind=kind, generations=(1, 2)))),
        preview=False,
    )
    (component,) = (r for r in recording.resources if not r.custom)
    outputs = recording.outputs[component.urn]
    assert outputs["clientIds"] == {
        "1": made_up_guid(f"client alpha-{client}"),
        "2": made_up_guid(f"client alpha-{client}-2"),
    }
    assert outputs["principalIds"] == {
        "1": made_up_guid(f"principal alpha-{principal}"),
        "2": made_up_guid(f"principal alpha-{principal}-2"),
    }
    assert outputs["clientId"] == outputs["clientIds"]["2"]
    assert outputs["principalId"] == outputs["principalIds"]["2"]
    assert sorted(made[0].principal_ids) == sorted(made[0].client_ids) == [1, 2]


def test_an_application_trusts_the_account_and_has_no_credential_of_its_own(preview: bool) -> None:
    recording = record(_identity(kind="application", application_owners=[OWNER]), preview=preview)
    application = recording.one("Application")
    assert application.inputs == {
        "displayName": "apigee-kv-alpha (sandbox-gateway)",
        "preventDuplicateNames": True,
        "signInAudience": "AzureADMyOrg",
        "owners": [OWNER],
    }
    principal = recording.one("ServicePrincipal")
    assert principal.inputs["owners"] == [OWNER]
    assert principal.property_dependencies["clientId"] == {application.urn}
    credential = recording.one("ApplicationFederatedIdentityCredential")
    assert credential.inputs["displayName"] == "apigee-kv-alpha"
    assert credential.property_dependencies["applicationId"] == {application.urn}
    assert credential.property_dependencies["subject"] == {recording.one("Account").urn}
    if not preview:
        assert TRUST.items() <= credential.inputs.items()
    assert {r.type.partition(":")[0] for r in recording.resources if r.custom} == {"gcp", "azuread"}


def test_the_deployer_may_act_as_the_account_where_it_is_given(preview: bool) -> None:
    deployer = "serviceAccount:ci@sandbox-gateway.iam.gserviceaccount.com"
    recording = record(_identity(deployer=deployer), preview=preview)
    grant = recording.one("IAMMember", "alpha-deployer")
    assert grant.inputs["role"] == "roles/iam.serviceAccountUser"
    assert grant.inputs["member"] == deployer
    assert grant.property_dependencies["serviceAccountId"] == {recording.one("Account").urn}
    assert not [g for g in record(_identity(), preview=preview).of("IAMMember") if "dep" in g.name]


@pytest.mark.parametrize(
    "member",
    [
        "serviceAccount:ci@sandbox-gateway.iam.gserviceaccount.com",
        "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/*",
    ],
)
def test_a_workload_may_deploy(member: str) -> None:
    assert _args(deployer=member).deployer == member


@pytest.mark.parametrize(
    ("given", "mistake"),
    [
        ({"kind": "user"}, "kind 'user': use managed or application"),
        ({"generations": ()}, "generations []: use one, from 1 up, or two consecutive"),
        ({"generations": (0,)}, "generations [0]: use"),
        ({"generations": (2, 1)}, "generations [2, 1]: use"),
        ({"generations": (1, 3)}, "generations [1, 3]: use"),
        ({"generations": (1, 2, 3)}, "generations [1, 2, 3]: use"),
        ({"deployer": "user:someone@example.com"}, "isn't a workload"),
        ({"deployer": "group:team@example.com"}, "isn't a workload"),
        ({"deployer": "allUsers"}, "isn't a workload"),
        (
            {
                "deployer": "principal://iam.googleapis.com/locations/global/workforcePools/p/subject/s"
            },
            "isn't a workload",
        ),
        ({"application_owners": [OWNER]}, "only an application has application_owners"),
    ],
)
def test_wrong_arguments_are_refused_with_what_to_use(given: dict[str, Any], mistake: str) -> None:
    with pytest.raises(ValueError, match="the identity of environment alpha: ") as caught:
        _args(**given)
    assert mistake in str(caught.value)


def test_everything_waits_for_what_the_identity_depends_on(preview: bool) -> None:
    def program() -> None:
        earlier = GatewayIdentity("beta", GatewayIdentityArgs("beta", "p", AGENT, "g", "w", {}))
        opts = pulumi.ResourceOptions(depends_on=[earlier])
        GatewayIdentity("alpha", _args(), opts)

    recording = record(program, preview=preview)
    earlier = recording.one("Account", "beta-account")
    waiting = [r for r in recording.resources if r.custom and r.name.startswith("alpha-")]
    assert waiting
    assert all(earlier.urn in r.dependencies for r in waiting)
