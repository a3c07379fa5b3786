"""Applications, service principals and their credentials: what azuread and Graph do with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox import world
from sandbox.controlplane.registry import PACKAGES
from sandbox.controlplane.resource_type import Context
from tests.sandbox.controlplane.rig import (
    APPLICATION,
    APPLICATION_CREDENTIAL,
    ASSIGNMENT,
    SECRETS_USER,
    SERVICE_PRINCIPAL,
    VAULT,
    Clouds,
    Deployed,
    Plain,
    Refused,
    vault,
)


@pytest.fixture
def app(clouds: Clouds) -> Deployed:
    return clouds.entra.create(APPLICATION, {"displayName": "reader"})


@pytest.fixture
def principal(clouds: Clouds, app: Deployed) -> Deployed:
    return clouds.entra.create(SERVICE_PRINCIPAL, {"clientId": app["clientId"]})


def trust(app: Deployed, name: str = "apigee", **other: object) -> Plain:
    return {
        "applicationId": app.id,
        "displayName": name,
        "issuer": world.GOOGLE_ISSUER,
        "subject": "1",
        "audiences": [world.EXCHANGE_AUDIENCE],
        **other,
    }


# Ids and defaults


def test_ids_are_as_the_provider_makes_them(
    clouds: Clouds, app: Deployed, principal: Deployed
) -> None:
    assert app.id == f"/applications/{app['objectId']}"
    assert principal.id == f"/servicePrincipals/{principal['objectId']}"
    made = clouds.entra.create(APPLICATION_CREDENTIAL, trust(app))
    assert made.id == f"{app['objectId']}/federatedIdentityCredential/{made['credentialId']}"
    assert made["applicationId"] == app.id
    assert len({app["objectId"], app["clientId"], principal["objectId"]}) == 3


def test_defaults_that_the_provider_adds_come_back(
    clouds: Clouds, app: Deployed, principal: Deployed
) -> None:
    assert app.inputs["__defaults"] == ["preventDuplicateNames", "signInAudience"]
    assert (app["signInAudience"], app["preventDuplicateNames"]) == ("AzureADMyOrg", False)
    assert app["api"]["requestedAccessTokenVersion"] == 1
    assert principal.inputs["__defaults"] == ["accountEnabled"]
    assert (principal["accountEnabled"], principal["type"]) == (True, "Application")
    assert "useExisting" not in principal.outputs
    # The provider removes the one who runs it from the owners.
    assert (app["owners"], principal["owners"]) == ([], [])


def test_a_principal_shows_what_its_application_says(
    clouds: Clouds, app: Deployed, principal: Deployed
) -> None:
    clouds.entra.update(app, {"displayName": "renamed"})
    shown = clouds.entra.read(principal)
    assert shown is not None
    assert shown["displayName"] == "renamed"


# Creating what exists


def test_an_equal_application_is_silently_a_second_one(clouds: Clouds, app: Deployed) -> None:
    second = clouds.entra.create(APPLICATION, {"displayName": "reader"})
    assert second.id != app.id
    assert second["clientId"] != app["clientId"]


def test_prevent_duplicate_names_refuses_an_equal_name_but_not_its_own(
    clouds: Clouds, app: Deployed
) -> None:
    careful = {"displayName": "READER", "preventDuplicateNames": True}
    with pytest.raises(Refused, match=f"{app['objectId']}.*`prevent_duplicate_names` was spec"):
        clouds.entra.create(APPLICATION, careful)
    clouds.entra.update(app, careful)
    assert app["displayName"] == "READER"


def test_a_second_principal_is_refused_unless_the_first_is_taken_over(
    clouds: Clouds, app: Deployed, principal: Deployed
) -> None:
    inputs = {"clientId": app["clientId"].upper()}
    with pytest.raises(Refused, match=f'ID "{principal["objectId"]}" already exists'):
        clouds.entra.create(SERVICE_PRINCIPAL, inputs)
    taken = {**inputs, "useExisting": True, "notes": "taken over"}
    adopted = clouds.entra.create(SERVICE_PRINCIPAL, taken)
    assert (adopted.id, adopted["notes"]) == (principal.id, "taken over")
    # A known trap: the destroy of what was taken over destroys it.
    clouds.entra.delete(adopted)
    assert clouds.entra.read(principal) is None
    clouds.entra.delete(adopted)


def test_a_credentials_name_and_its_issuer_with_subject_are_used_once(
    clouds: Clouds, app: Deployed
) -> None:
    clouds.entra.create(APPLICATION_CREDENTIAL, trust(app))
    with pytest.raises(Refused, match=r"409 \(409 Conflict\).*with name apigee already exists"):
        clouds.entra.create(APPLICATION_CREDENTIAL, trust(app, subject="2"))
    with pytest.raises(Refused, match="combination of issuer and subject must be unique"):
        clouds.entra.create(APPLICATION_CREDENTIAL, trust(app, "other"))
    another = clouds.entra.create(APPLICATION, {"displayName": "other"})
    clouds.entra.create(APPLICATION_CREDENTIAL, trust(another))


def test_an_application_takes_twenty_credentials(clouds: Clouds, app: Deployed) -> None:
    for number in range(20):
        clouds.entra.create(
            APPLICATION_CREDENTIAL, trust(app, f"trust-{number}", subject=str(number))
        )
    with pytest.raises(Refused, match="limit of 20"):
        clouds.entra.create(APPLICATION_CREDENTIAL, trust(app, "trust-20", subject="20"))


# What replaces, what is updated


@pytest.mark.parametrize(
    ("name", "value", "replaces"),
    [
        ("displayName", "renamed", True),
        ("issuer", "https://other.example.com", False),
        ("subject", "2", False),
        ("audiences", ["api://other"], False),
        ("description", "of alpha", False),
    ],
)
def test_of_a_credential_only_name_and_application_replace(
    clouds: Clouds, app: Deployed, name: str, value: object, replaces: bool
) -> None:
    made = clouds.entra.create(APPLICATION_CREDENTIAL, trust(app))
    changed = {**trust(app), name: value}
    found = clouds.entra.diff(made, changed)
    assert found.replaced == ({name} if replaces else set())
    if replaces:
        # Created first, and so refused: the old one still has its issuer and subject.
        assert not found.deletes_first
        with pytest.raises(Refused, match="must be unique"):
            clouds.entra.create(APPLICATION_CREDENTIAL, changed)
        return
    before = made["credentialId"]
    clouds.entra.update(made, changed)
    assert (made[name], made["credentialId"]) == (value, before)


def test_another_application_replaces_a_credential_and_a_principal(
    clouds: Clouds, app: Deployed, principal: Deployed
) -> None:
    made = clouds.entra.create(APPLICATION_CREDENTIAL, trust(app))
    other = clouds.entra.create(APPLICATION, {"displayName": "other"})
    assert clouds.entra.diff(made, trust(other)).replaced == {"applicationId"}
    moved = clouds.entra.diff(principal, {"clientId": other["clientId"]})
    assert moved.replaced == {"clientId"}


def test_an_application_changes_in_place_and_keeps_its_ids(clouds: Clouds, app: Deployed) -> None:
    changed = {"displayName": "renamed", "notes": "of alpha", "tags": ["b", "a"]}
    assert clouds.entra.diff(app, changed).replaced == set()
    before = (app["clientId"], app["objectId"])
    clouds.entra.update(app, changed)
    assert (app["clientId"], app["objectId"]) == before
    assert (app["displayName"], app["notes"], app["tags"]) == ("renamed", "of alpha", ["a", "b"])


def test_the_order_of_owners_and_tags_means_nothing(clouds: Clouds) -> None:
    owners = [world.WRITER_PRINCIPAL_ID, world.DEPLOYER_PRINCIPAL_ID]
    made = clouds.entra.create(
        APPLICATION, {"displayName": "owned", "owners": owners, "tags": ["b", "a"]}
    )
    turned = {"displayName": "owned", "owners": owners[::-1], "tags": ["a", "b"]}
    assert clouds.entra.diff(made, turned).changed == set()


def test_tags_that_are_left_out_stay(clouds: Clouds) -> None:
    made = clouds.entra.create(APPLICATION, {"displayName": "tagged", "tags": ["HideApp"]})
    assert made["featureTags"][0]["hide"]
    assert clouds.entra.diff(made, {"displayName": "tagged"}).changed == set()
    clouds.entra.update(made, {"displayName": "tagged", "notes": "n"})
    assert made["tags"] == ["HideApp"]


# Refusals


@pytest.mark.parametrize(
    ("token", "inputs", "message"),
    [
        (APPLICATION, {"displayName": ""}, '"display_name" to not be an empty string'),
        (
            APPLICATION,
            {"displayName": "a", "signInAudience": "Everybody"},
            'expected sign_in_audience to be one of .*"AzureADMyOrg"',
        ),
        (
            APPLICATION,
            {"displayName": "a", "signInAudience": "PersonalMicrosoftAccount"},
            "`requested_access_token_version` must be 2",
        ),
        (APPLICATION, {"displayName": "a", "owners": ["me"]}, 'expected "owners.*valid UUID'),
        (APPLICATION, {"displayName": "a", "bogus": 1}, "Invalid or unknown key"),
        (APPLICATION, {}, "Missing required argument"),
        (SERVICE_PRINCIPAL, {"clientId": "reader"}, 'expected "client_id" to be a valid UUID'),
        (
            APPLICATION_CREDENTIAL,
            {
                "applicationId": "88888888-8888-4888-8888-888888888888",
                "displayName": "n" * 121,
                "issuer": "https://a.example",
                "subject": "1",
                "audiences": ["a", "b"],
            },
            r"(?s)parsing the Application ID.*range \(1 - 120\).*1 item maximum",
        ),
    ],
)
def test_what_the_provider_calls_invalid_is_refused_before_any_call(
    clouds: Clouds, token: str, inputs: Plain, message: str
) -> None:
    with pytest.raises(Refused, match=message):
        clouds.entra.check(token, "it", inputs)


@pytest.mark.parametrize(
    ("token", "inputs"),
    [
        (APPLICATION, {"displayName": "a", "password": {"displayName": "canary"}}),
        (APPLICATION, {"displayName": "a", "web": {"redirectUris": []}}),
        (APPLICATION, {"displayName": "a", "fallbackPublicClientEnabled": True}),
        (
            SERVICE_PRINCIPAL,
            {"clientId": world.WRITER_CLIENT_ID, "samlSingleSignOn": {"relayState": "/x"}},
        ),
    ],
)
def test_what_the_sandbox_does_not_execute_is_refused_by_name(
    clouds: Clouds, token: str, inputs: Plain
) -> None:
    [strange] = set(inputs) - {"displayName", "clientId"}
    with pytest.raises(Refused, match=f"doesn't execute '{strange}'"):
        clouds.entra.check(token, "it", inputs)


@pytest.mark.parametrize(
    "change",
    [
        {"displayName": "ab"},
        {"displayName": "-abc"},
        {"displayName": "a b c"},
        {"subject": ""},
        {"subject": "repo:org/*"},
        {"issuer": "https://*.example.com"},
        {"audiences": []},
        {"audiences": ["*"]},
        {"issuer": "https://a.example/" + "x" * 600},
    ],
)
def test_what_graph_calls_invalid_in_a_credential_is_refused(
    clouds: Clouds, app: Deployed, change: Plain
) -> None:
    with pytest.raises(Refused, match=r"400 \(400 Bad Request\).*InvalidFederatedIdentityCred"):
        clouds.entra.create(APPLICATION_CREDENTIAL, trust(app, **change))
    made = clouds.entra.create(APPLICATION_CREDENTIAL, trust(app))
    if "displayName" not in change:
        with pytest.raises(Refused, match="InvalidFederatedIdentityCredentialValue"):
            clouds.entra.update(made, {**trust(app), **change})


def test_what_is_not_in_the_directory_is_refused(clouds: Clouds, app: Deployed) -> None:
    stranger = "88888888-8888-4888-8888-888888888888"
    with pytest.raises(Refused, match="does not reference a valid application object"):
        clouds.entra.create(SERVICE_PRINCIPAL, {"clientId": stranger})
    with pytest.raises(Refused, match=f"Request_ResourceNotFound: Resource '{stranger}'"):
        clouds.entra.create(APPLICATION, {"displayName": "owned", "owners": [stranger]})
    gone = trust(app) | {"applicationId": f"/applications/{stranger}"}
    with pytest.raises(Refused, match=f"retrieving Application .*Resource '{stranger}'"):
        clouds.entra.create(APPLICATION_CREDENTIAL, gone)


def test_another_tenant_is_refused(clouds: Clouds) -> None:
    other = clouds.launch("azuread", settings={"tenantId": "88888888-8888-4888-8888-888888888888"})
    with pytest.raises(Refused, match="pulumi config set azuread:tenantId"):
        other.create(APPLICATION, {"displayName": "reader"})


# What goes with what


def test_an_applications_principal_and_credentials_go_with_it(
    clouds: Clouds, app: Deployed, principal: Deployed
) -> None:
    made = clouds.entra.create(APPLICATION_CREDENTIAL, trust(app))
    clouds.entra.delete(app)
    assert clouds.entra.read(principal) is None
    assert clouds.entra.read(made) is None


def test_a_second_delete_fails_as_the_provider_does(clouds: Clouds, app: Deployed) -> None:
    clouds.entra.delete(app)
    with pytest.raises(Refused, match=r"404 \(404 Not Found\).*Request_ResourceNotFound"):
        clouds.entra.delete(app)
    with pytest.raises(Refused, match="Request_ResourceNotFound"):
        clouds.entra.update(app, {"displayName": "renamed"})


def test_a_service_principal_can_be_granted_a_role_and_an_application_cannot(
    clouds: Clouds, app: Deployed, principal: Deployed
) -> None:
    clouds.azure.create("azure-native:resources:ResourceGroup", {"resourceGroupName": "group"})
    made = clouds.azure.create(VAULT, vault())
    grant = {
        "scope": made.id,
        "principalId": principal["objectId"],
        "principalType": "ServicePrincipal",
        "roleDefinitionId": SECRETS_USER,
    }
    assert clouds.azure.create(ASSIGNMENT, grant)["principalId"] == principal["objectId"]
    with pytest.raises(Refused, match="UnmatchedPrincipalType"):
        clouds.azure.create(ASSIGNMENT, {**grant, "principalType": "User"}, "other")
    for stranger in (app["objectId"], app["clientId"]):
        with pytest.raises(Refused, match="PrincipalNotFound"):
            clouds.azure.create(ASSIGNMENT, {**grant, "principalId": stranger}, "other")


# After a crash


def found(clouds: Clouds, token: str, inputs: Plain) -> str | None:
    """What recovery finds for declared inputs."""
    type_ = PACKAGES["azuread"].type(token)
    existing = type_.existing(Context(clouds.cloud, Path(), {"tenantId": world.TENANT_ID}), inputs)
    return None if existing is None else existing.id


def test_what_exists_is_found_by_its_declared_inputs(
    clouds: Clouds, app: Deployed, principal: Deployed
) -> None:
    made = clouds.entra.create(APPLICATION_CREDENTIAL, trust(app))
    assert found(clouds, APPLICATION, {"displayName": "reader"}) == app.id
    assert found(clouds, SERVICE_PRINCIPAL, {"clientId": app["clientId"]}) == principal.id
    assert found(clouds, APPLICATION_CREDENTIAL, trust(app)) == made.id
    assert found(clouds, APPLICATION, {"displayName": "other"}) is None
    assert found(clouds, APPLICATION_CREDENTIAL, trust(app, "other")) is None
    # Not known before the application is in the state.
    assert found(clouds, SERVICE_PRINCIPAL, {"clientId": "unknown"}) is None


def test_of_several_applications_of_a_name_the_newest_is_found(
    clouds: Clouds, app: Deployed
) -> None:
    clouds.cloud.clock.advance(60)
    newer = clouds.entra.create(APPLICATION, {"displayName": "reader"})
    assert found(clouds, APPLICATION, {"displayName": "reader"}) == newer.id


def test_what_is_imported_needs_no_change(
    clouds: Clouds, app: Deployed, principal: Deployed
) -> None:
    made = clouds.entra.create(APPLICATION_CREDENTIAL, trust(app))
    program = {
        app.id: (APPLICATION, {"displayName": "reader"}),
        principal.id: (SERVICE_PRINCIPAL, {"clientId": app["clientId"]}),
        made.id: (APPLICATION_CREDENTIAL, trust(app)),
    }
    for object_id, (token, inputs) in program.items():
        imported = clouds.entra.import_(token, object_id)
        assert imported is not None
        assert clouds.entra.diff(imported, inputs).changed == set(), token
