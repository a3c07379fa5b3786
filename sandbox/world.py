"""What exists before the first `pulumi up`: what a user of both clouds already has.

A tenant with one subscription, a Google project, an Apigee organization with one instance, and a CI
workload that is trusted (by federation, like the gateway) to write secret values. Owns these names
and their seeding, not the rules that apply to them.
"""

from __future__ import annotations

from sandbox.clock import Clock
from sandbox.store import Store

TENANT_ID = "11111111-1111-4111-8111-111111111111"
SUBSCRIPTION_ID = "22222222-2222-4222-8222-222222222222"
SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION_ID}"

PROJECT_ID = "sandbox-gateway"
PROJECT_NUMBER = "100000000001"
ORGANIZATION = "sandbox-gateway"
INSTANCE = "europe-west1"
APIGEE_SERVICE_AGENT = f"service-{PROJECT_NUMBER}@gcp-sa-apigee.iam.gserviceaccount.com"

WRITER_PRINCIPAL_ID = "33333333-3333-4333-8333-333333333333"
WRITER_CLIENT_ID = "44444444-4444-4444-8444-444444444444"
WRITER_SERVICE_ACCOUNT = f"secret-writer@{PROJECT_ID}.iam.gserviceaccount.com"
WRITER_UNIQUE_ID = "100000000000000000001"

# Everybody who acts in the clouds has to be a known principal; the deployer is the one who runs `pulumi up`.
DEPLOYER_PRINCIPAL_ID = "55555555-5555-4555-8555-555555555555"

GOOGLE_ISSUER = "https://accounts.google.com"
EXCHANGE_AUDIENCE = "api://AzureADTokenExchange"

_WRITER_GROUP = f"{SUBSCRIPTION}/resourceGroups/platform"
_WRITER_IDENTITY = (
    f"{_WRITER_GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/secret-writer"
)


def seed(store: Store, clock: Clock) -> None:
    """Put the starting world into an empty store; a second call changes nothing."""
    with store.transaction():
        if store.setting("world.seeded"):
            return
        # Long enough ago that nothing of it is still propagating.
        before = clock.now() - 86_400
        for type_, object_id, body in _objects():
            store.insert(type_, object_id, body, before)
        store.set_setting("world.seeded", "1")


def _objects() -> list[tuple[str, str, dict[str, object]]]:
    account = f"projects/{PROJECT_ID}/serviceAccounts/{WRITER_SERVICE_ACCOUNT}"
    return [
        (
            "gcp:projects/project:Project",
            PROJECT_ID,
            {"projectId": PROJECT_ID, "number": PROJECT_NUMBER},
        ),
        (
            "gcp:apigee/organization:Organization",
            f"organizations/{ORGANIZATION}",
            {"name": ORGANIZATION, "projectId": PROJECT_ID, "billingType": "PAYG"},
        ),
        (
            "gcp:apigee/instance:Instance",
            f"organizations/{ORGANIZATION}/instances/{INSTANCE}",
            {"name": INSTANCE, "location": INSTANCE, "orgId": f"organizations/{ORGANIZATION}"},
        ),
        (
            "azure-native:resources:ResourceGroup",
            _WRITER_GROUP,
            {"name": "platform", "location": "westeurope", "tags": {}},
        ),
        (
            "azure-native:managedidentity:UserAssignedIdentity",
            _WRITER_IDENTITY,
            {
                "name": "secret-writer",
                "location": "westeurope",
                "tags": {},
                "clientId": WRITER_CLIENT_ID,
                "principalId": WRITER_PRINCIPAL_ID,
                "tenantId": TENANT_ID,
            },
        ),
        (
            "azure-native:managedidentity:FederatedIdentityCredential",
            f"{_WRITER_IDENTITY}/federatedIdentityCredentials/ci",
            {
                "name": "ci",
                "issuer": GOOGLE_ISSUER,
                "subject": WRITER_UNIQUE_ID,
                "audiences": [EXCHANGE_AUDIENCE],
            },
        ),
        (
            "gcp:serviceaccount/account:Account",
            account,
            {
                "accountId": "secret-writer",
                "email": WRITER_SERVICE_ACCOUNT,
                "name": account,
                "project": PROJECT_ID,
                "uniqueId": WRITER_UNIQUE_ID,
                "disabled": False,
                "description": "",
                "displayName": "",
            },
        ),
    ]
