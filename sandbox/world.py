"""What exists before the first `pulumi up`: what a user of both clouds already has.

A tenant with one subscription and a virtual network in it, a Google project with a deployer who
owns it, an Apigee organization with one instance, and a CI workload that is trusted (by federation,
like the gateway) to write secret values. Owns these names and their seeding, not the rules that
apply to them.
"""

from __future__ import annotations

from sandbox.clock import Clock
from sandbox.store import Store

TENANT_ID = "11111111-1111-4111-8111-111111111111"
SUBSCRIPTION_ID = "22222222-2222-4222-8222-222222222222"
SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION_ID}"

# Where private endpoints can lie: networks belong to somebody else than the program.
NETWORK = (
    f"{SUBSCRIPTION}/resourceGroups/platform/providers/Microsoft.Network/virtualNetworks/platform"
)
SUBNET = f"{NETWORK}/subnets/endpoints"
NETWORK_LOCATION = "westeurope"

# Vault names are unique over all of Azure: this one belongs to another tenant.
FOREIGN_VAULT = "contoso-vault"

PROJECT_ID = "sandbox-gateway"
PROJECT_NUMBER = "100000000001"
ORGANIZATION = "sandbox-gateway"
INSTANCE = "europe-west1"
# Isn't there at the start: whoever grants it a role has to make it.
APIGEE_SERVICE_AGENT = f"service-{PROJECT_NUMBER}@gcp-sa-apigee.iam.gserviceaccount.com"

WRITER_PRINCIPAL_ID = "33333333-3333-4333-8333-333333333333"
WRITER_CLIENT_ID = "44444444-4444-4444-8444-444444444444"
WRITER_SERVICE_ACCOUNT = f"secret-writer@{PROJECT_ID}.iam.gserviceaccount.com"
WRITER_UNIQUE_ID = "100000000000000000001"

# Everybody who acts in the clouds has to be a known principal; the deployer is the one who runs `pulumi up`.
DEPLOYER_PRINCIPAL_ID = "55555555-5555-4555-8555-555555555555"
# In Google it owns the project.
DEPLOYER_ACCOUNT = f"deployer@{PROJECT_ID}.iam.gserviceaccount.com"
_DEPLOYER_UNIQUE_ID = "100000000000000000002"

# Where a caller is that doesn't say where: an address that RFC 5737 sets aside for documentation.
VISITOR_ADDRESS = "198.51.100.10"

# Where the gateway's calls leave from as long as the instance has no active NAT address.
APIGEE_DYNAMIC_ADDRESS = "203.0.113.20"

GOOGLE_ISSUER = "https://accounts.google.com"
EXCHANGE_AUDIENCE = "api://AzureADTokenExchange"

# What provisioning an Apigee organization by a program needs has been enabled.
_ENABLED = ("apigee", "cloudresourcemanager", "iam", "serviceusage")

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


_Object = tuple[str, str, dict[str, object]]


def _objects() -> list[_Object]:
    return [*_google_objects(), *_azure_objects()]


def _google_objects() -> list[_Object]:
    owner: dict[str, object] = {
        "project": PROJECT_ID,
        "role": "roles/owner",
        "member": _member(DEPLOYER_ACCOUNT),
    }
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
        *(_service(name) for name in _ENABLED),
        _account(WRITER_SERVICE_ACCOUNT, WRITER_UNIQUE_ID),
        _account(DEPLOYER_ACCOUNT, _DEPLOYER_UNIQUE_ID),
        (
            "gcp:projects/iAMMember:IAMMember",
            f"{PROJECT_ID}/roles/owner/{_member(DEPLOYER_ACCOUNT)}",
            owner,
        ),
    ]


def _member(email: str) -> str:
    return f"serviceAccount:{email}"


def _service(name: str) -> _Object:
    service = f"{name}.googleapis.com"
    body: dict[str, object] = {"project": PROJECT_ID, "service": service}
    return ("gcp:projects/service:Service", f"{PROJECT_ID}/{service}", body)


def _account(email: str, unique_id: str) -> _Object:
    name = f"projects/{PROJECT_ID}/serviceAccounts/{email}"
    return (
        "gcp:serviceaccount/account:Account",
        name,
        {
            "accountId": email.partition("@")[0],
            "email": email,
            "member": _member(email),
            "name": name,
            "project": PROJECT_ID,
            "uniqueId": unique_id,
            "disabled": False,
            "description": "",
            "displayName": "",
        },
    )


def _azure_objects() -> list[_Object]:
    return [
        (
            "azure-native:network:VirtualNetwork",
            NETWORK,
            {"name": "platform", "location": NETWORK_LOCATION},
        ),
        (
            "azure-native:network:Subnet",
            SUBNET,
            {"name": "endpoints", "addressPrefix": "10.20.0.0/24"},
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
    ]
