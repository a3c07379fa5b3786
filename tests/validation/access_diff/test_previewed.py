"""What resources give, type by type: each in exactly these words, with exactly this danger."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.validation.previews import UNKNOWN, create, delete, same, state, written
from validation.access_diff.model import compare
from validation.access_diff.previewed.resources import accesses
from validation.preview.reading import read

_VAULT = (
    "/subscriptions/22222222-2222-4222-8222-222222222222/resourceGroups/g/providers"
    "/Microsoft.KeyVault/vaults/kv-alpha"
)
_ROLES = "/subscriptions/22222222-2222-4222-8222-222222222222/providers/Microsoft.Authorization/roleDefinitions"
_READER = f"{_ROLES}/4633458b-17de-408a-b874-0445c86b69e6"
_OFFICER = f"{_ROLES}/b86a8fe4-44ce-4948-aee5-eccb2c155cd7"
_CRYPTO = f"{_ROLES}/12338af0-0e69-4776-bea7-57ae8d297424"
_OWNER = f"{_ROLES}/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
_ID = "10483f6b-052c-4033-a4cd-c8d47b8d0a74"
_ASSIGNMENT = "azure-native:authorization:RoleAssignment"
_KV = "azure-native:keyvault:Vault"
_ENTRY = "gcp:apigee/environmentKeyvaluemapsEntries:EnvironmentKeyvaluemapsEntries"
_MAP = "organizations/o/environments/alpha/keyvaluemaps"


def _assigned(role: str, scope: str = _VAULT, **more: object) -> dict[str, Any]:
    inputs = {"roleDefinitionId": role, "scope": scope, "principalId": _ID}
    return state(
        _ASSIGNMENT, "alpha-gateway", {**inputs, **more}, component=("VaultAccess", "alpha")
    )


def _vault(**properties: object) -> dict[str, Any]:
    inputs = {"vaultName": "kv-alpha", "properties": properties}
    return state(_KV, "alpha-vault", inputs, component=("KeyVault", "alpha"))


_WORKLOAD = {"principalType": "ServicePrincipal"}
_DENY = {"defaultAction": "Deny", "bypass": "None"}
_CASES: dict[str, tuple[dict[str, Any], set[str]]] = {
    "reader": (
        _assigned(_READER, **_WORKLOAD),
        {f"VALUE Azure alpha: workload {_ID} may read secrets of vault kv-alpha"},
    ),
    "reader of one secret": (
        _assigned(_READER, f"{_VAULT}/secrets/orders", **_WORKLOAD),
        {f"VALUE Azure alpha: workload {_ID} may read secret orders in vault kv-alpha"},
    ),
    "role id in another case": (
        _assigned(_READER.upper(), **_WORKLOAD),
        {f"VALUE Azure alpha: workload {_ID} may read secrets of vault kv-alpha"},
    ),
    "writer": (
        _assigned(_OFFICER, **_WORKLOAD),
        {f"RIGHTS Azure alpha: workload {_ID} may read and write secrets of vault kv-alpha"},
    ),
    "user of keys": (
        _assigned(_CRYPTO, **_WORKLOAD),
        {f"VALUE Azure alpha: workload {_ID} may use keys of vault kv-alpha"},
    ),
    "another role": (
        _assigned(_OWNER, "/subscriptions/2222", **_WORKLOAD),
        {
            (
                f"RIGHTS Azure alpha: workload {_ID} may have the role"
                " 8e3af657-a8ff-443c-a75c-2fe8c4bcb635 on scope /subscriptions/2222"
            )
        },
    ),
    "a person": (
        _assigned(_READER, principalType="User"),
        {f"PERSON Azure alpha: User {_ID} may read secrets of vault kv-alpha"},
    ),
    "no type, which is a person": (
        _assigned(_READER),
        {f"PERSON Azure alpha: person (no type given) {_ID} may read secrets of vault kv-alpha"},
    ),
    "all unknown": (
        _assigned(UNKNOWN, UNKNOWN, principalId=UNKNOWN, **_WORKLOAD),
        {
            (
                "RIGHTS Azure alpha: workload of alpha-gateway (to be made) may have the role"
                " (known after deployment) on scope of a vault to be made"
            )
        },
    ),
    "vault open by default": (
        _vault(),
        {"NETWORK Azure alpha: any address may reach vault kv-alpha"},
    ),
    "vault that allows by default": (
        _vault(networkAcls={"defaultAction": "Allow", "bypass": "None"}),
        {"NETWORK Azure alpha: any address may reach vault kv-alpha"},
    ),
    "vault closed": (_vault(publicNetworkAccess="Disabled"), set()),
    "vault with rules": (
        _vault(
            networkAcls={
                "defaultAction": "deny",
                "ipRules": [{"value": "198.51.100.0/24"}, {"value": UNKNOWN}],
                "virtualNetworkRules": [{"id": "subnet-1"}],
            }
        ),
        {
            "NETWORK Azure alpha: Azure's trusted services may reach vault kv-alpha",
            "NETWORK Azure alpha: addresses 198.51.100.0/24 may reach vault kv-alpha",
            "NETWORK Azure alpha: addresses (known after deployment) may reach vault kv-alpha",
            "NETWORK Azure alpha: subnet subnet-1 may reach vault kv-alpha",
        },
    ),
    "vault with an access policy": (
        _vault(networkAcls=_DENY, accessPolicies=[{"objectId": _ID}]),
        {f"PERSON Azure alpha: principal {_ID} may have an access policy on vault kv-alpha"},
    ),
    "access policy": (
        state(
            "azure-native:keyvault:AccessPolicy",
            "p",
            {"vaultName": "kv-x", "policy": {"objectId": _ID}},
        ),
        {f"PERSON Azure : principal {_ID} may have an access policy on vault kv-x"},
    ),
    "private endpoint": (
        state("azure-native:network:PrivateEndpoint", "alpha-pe", {"subnet": {"id": "/s"}}),
        {
            "NETWORK Azure : private network of /s may reach what the endpoint alpha-pe leads to",
        },
    ),
    "federated credential of Google": (
        state(
            "azure-native:managedidentity:FederatedIdentityCredential",
            "alpha-federation",
            {"issuer": "https://accounts.google.com", "subject": "1234", "resourceName": "idn"},
            component=("GatewayIdentity", "alpha"),
        ),
        {"TRUST Entra alpha: Google service account 1234 may act as identity idn"},
    ),
    "federated credential of an application, unknown": (
        state(
            "azuread:index/applicationFederatedIdentityCredential:"
            "ApplicationFederatedIdentityCredential",
            "f",
            {"issuer": "https://accounts.google.com", "subject": UNKNOWN, "displayName": "app"},
        ),
        {"TRUST Entra : Google service account of f (to be made) may act as identity app"},
    ),
    "federated credential of another issuer": (
        state(
            "azure-native:managedidentity:FederatedIdentityCredential",
            "f",
            {"issuer": "https://token.actions.githubusercontent.com", "subject": "repo:a/b"},
        ),
        {
            (
                "TRUST Entra : repo:a/b of https://token.actions.githubusercontent.com may act as"
                " identity f"
            )
        },
    ),
    "Google member": (
        state(
            "gcp:serviceaccount/iAMMember:IAMMember",
            "m",
            {
                "serviceAccountId": "projects/p/serviceAccounts/a@p.iam.gserviceaccount.com",
                "role": "roles/iam.serviceAccountTokenCreator",
                "member": "serviceAccount:agent@gcp-sa-apigee.iam.gserviceaccount.com",
            },
        ),
        {
            (
                "TRUST Google : serviceAccount:agent@gcp-sa-apigee.iam.gserviceaccount.com may have"
                " roles/iam.serviceAccountTokenCreator on service account a@p.iam.gserviceaccount.com"
            )
        },
    ),
    "Google person": (
        state(
            "gcp:projects/iAMMember:IAMMember",
            "m",
            {"project": "p", "role": "roles/viewer", "member": "user:alice@example.com"},
        ),
        {"PERSON Google : user:alice@example.com may have roles/viewer on project p"},
    ),
    "Google workforce": (
        state(
            "gcp:projects/iAMMember:IAMMember",
            "m",
            {
                "project": "p",
                "role": "roles/viewer",
                "member": "principal://iam.googleapis.com/locations/global/workforcePools/w/subject/a",
            },
        ),
        {
            (
                "PERSON Google : principal://iam.googleapis.com/locations/global/workforcePools/w"
                "/subject/a may have roles/viewer on project p"
            )
        },
    ),
    "Google member, unknown": (
        state(
            "gcp:projects/iAMMember:IAMMember",
            "m",
            {"project": "p", "role": "roles/logging.logWriter", "member": UNKNOWN},
        ),
        {
            (
                "VALUE Google : a member known after deployment (m) may have roles/logging.logWriter on"
                " project p"
            )
        },
    ),
    "Google binding": (
        state(
            "gcp:projects/iAMBinding:IAMBinding",
            "b",
            {
                "project": "p",
                "role": "roles/resourcemanager.projectIamAdmin",
                "members": ["serviceAccount:a@x", "domain:example.com"],
            },
        ),
        {
            (
                "RIGHTS Google : serviceAccount:a@x may have roles/resourcemanager.projectIamAdmin on"
                " project p"
            ),
            (
                "PERSON Google : domain:example.com may have roles/resourcemanager.projectIamAdmin on"
                " project p"
            ),
        },
    ),
    "Google policy": (
        state(
            "gcp:apigee/environmentIamPolicy:EnvironmentIamPolicy",
            "p",
            {
                "envId": "e",
                "policyData": json.dumps(
                    {"bindings": [{"role": "roles/owner", "members": ["allUsers"]}]}
                ),
            },
        ),
        {"PERSON Google : allUsers may have roles/owner on environment e"},
    ),
    "Google policy, unknown": (
        state("gcp:organizations/iAMPolicy:IAMPolicy", "p", {"orgId": "1", "policyData": UNKNOWN}),
        {
            (
                "VALUE Google : a member known after deployment (p) may have a role known after"
                " deployment on organization 1"
            )
        },
    ),
    "entry of the gateway's map": (
        state(
            _ENTRY,
            "e",
            {
                "envKeyvaluemapId": f"{_MAP}/azure-key-vault",
                "name": "grant.orders.orders.v1",
                "value": "allowed",
            },
        ),
        {"VALUE Apigee alpha: proxy orders.v1 may ask for secret orders"},
    ),
    "entry of a map to be made": (
        state(
            _ENTRY,
            "alpha-unwrap.k.p",
            {"envKeyvaluemapId": UNKNOWN, "name": "unwrap.k.p", "value": "allowed"},
            component=("GatewayEnvironment", "alpha"),
        ),
        {"VALUE Apigee alpha: proxy p may wrap and unwrap by key k"},
    ),
    "setting of the gateway's map": (
        state(
            _ENTRY,
            "e",
            {"envKeyvaluemapId": f"{_MAP}/azure-key-vault", "name": "vault.host", "value": "h"},
        ),
        set(),
    ),
    "entry of another map": (
        state(
            _ENTRY, "e", {"envKeyvaluemapId": f"{_MAP}/other", "name": "grant.a.b", "value": "x"}
        ),
        set(),
    ),
    "deployed proxy": (
        state(
            "gcp:apigee/environmentApiRevisionDeployment:EnvironmentApiRevisionDeployment",
            "d",
            {"environment": "alpha", "api": "orders-v1", "serviceAccount": "a@x"},
        ),
        {"TRUST Google alpha: proxy orders-v1 may run as service account a@x"},
    ),
    "deployed shared flow": (
        state(
            "gcp:apigee/sharedflowDeployment:SharedflowDeployment",
            "d",
            {"environment": UNKNOWN, "sharedflowId": "flow", "serviceAccount": UNKNOWN},
            component=("GatewayEnvironment", "alpha"),
        ),
        {
            "TRUST Google alpha: shared flow flow may run as service account of d (to be made)",
        },
    ),
    "deployment that can mint nothing": (
        state("gcp:apigee/sharedflowDeployment:SharedflowDeployment", "d", {"environment": "a"}),
        set(),
    ),
    "a type that nobody reads": (
        state("azuread:index/groupMember:GroupMember", "m", {"groupObjectId": "g"}),
        {
            (
                "PERSON Entra : whoever m names may be given access by a"
                " azuread:index/groupMember:GroupMember: look at it"
            )
        },
    ),
    "a service account's key": (
        state("gcp:serviceaccount/key:Key", "k", {"serviceAccountId": "a"}),
        {
            (
                "PERSON Google : whoever k names may be given access by a"
                " gcp:serviceaccount/key:Key: look at it"
            )
        },
    ),
    "a type that gives nothing": (
        state("azure-native:operationalinsights:Workspace", "w", {"sku": {}}),
        set(),
    ),
}


@pytest.mark.parametrize(("resource", "expected"), _CASES.values(), ids=_CASES.keys())
def test_each_resource_gives_exactly_this(
    tmp_path: Path, resource: dict[str, Any], expected: set[str]
) -> None:
    before, after = accesses(read(written(tmp_path, create(resource))))
    assert before == set()
    assert {
        f"{a.danger.name} {a.cloud} {a.environment}: {a.who} may {a.may} {a.what}" for a in after
    } == expected


def test_ids_are_told_by_the_names_of_the_identities_in_the_same_preview(tmp_path: Path) -> None:
    identity = state(
        "azure-native:managedidentity:UserAssignedIdentity",
        "alpha-identity",
        {},
        {"principalId": _ID, "name": "apigee-kv-alpha"},
    )
    account = state(
        "gcp:serviceaccount/account:Account", "a", {}, {"uniqueId": "1234", "email": "a@x"}
    )
    federation = state(
        "azure-native:managedidentity:FederatedIdentityCredential",
        "f",
        {"issuer": "https://accounts.google.com", "subject": "1234"},
    )
    steps = (same(identity), same(account), create(federation), create(_assigned(_READER)))
    _, after = accesses(read(written(tmp_path, *steps)))
    assert {a.who for a in after} == {"Google service account a@x", "identity apigee-kv-alpha"}


def test_what_goes_is_lost_and_what_stays_is_kept(tmp_path: Path) -> None:
    reader, writer = _assigned(_READER, **_WORKLOAD), _assigned(_OFFICER, **_WORKLOAD)
    writer["urn"] += "-writer"
    preview = read(written(tmp_path, same(reader), delete(writer)))
    diff = compare(*accesses(preview))
    assert [a.may for a in diff.kept] == ["read"]
    assert [a.may for a in diff.lost] == ["read and write"]
    assert diff.gained == []
