"""Resource ids of what exists in Azure already and is adopted or referred to.

Owns their patterns and what can be read from one. Azure compares ids without case, and so does
all that is here. Microsoft Learn, 'Resource naming rules and restrictions'.
"""

import re

from components.naming import NameRule

_SUBSCRIPTION = r"/subscriptions/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_GROUP = rf"{_SUBSCRIPTION}/resourceGroups/[-\w.()]{{1,90}}"
_VAULT_PATH = r"Microsoft\.KeyVault/vaults/[a-z][a-z0-9-]{1,22}[a-z0-9]"
VAULT_DNS_ZONE = "privatelink.vaultcore.azure.net"


def _rule(kind: str, provider_path: str, example: str) -> NameRule:
    return NameRule(
        kind,
        re.compile(rf"{_GROUP}/providers/{provider_path}", re.IGNORECASE),
        f"its whole id: /subscriptions/.../resourceGroups/.../providers/{example}",
    )


VAULT = _rule(
    "vault id",
    _VAULT_PATH,
    "Microsoft.KeyVault/vaults/...",
)
WORKSPACE = _rule(
    "workspace id",
    r"Microsoft\.OperationalInsights/workspaces/[a-z0-9][a-z0-9-]{2,61}[a-z0-9]",
    "Microsoft.OperationalInsights/workspaces/...",
)
SUBNET = _rule(
    "subnet id",
    r"Microsoft\.Network/virtualNetworks/[-\w.]{1,64}/subnets/[-\w.]{1,80}",
    "Microsoft.Network/virtualNetworks/.../subnets/...",
)
DNS_ZONE = _rule(
    "id of a vaults' private DNS zone",
    rf"Microsoft\.Network/privateDnsZones/{re.escape(VAULT_DNS_ZONE)}",
    f"Microsoft.Network/privateDnsZones/{VAULT_DNS_ZONE}",
)

RESOURCE = _rule("resource id", r"[A-Za-z.]+(/[-\w.]+){2,}", "PROVIDER/TYPE/NAME")
DEPLOYED_INTO = NameRule(
    "id of a subscription, resource group or vault",
    re.compile(rf"{_SUBSCRIPTION}|{_GROUP}(/providers/{_VAULT_PATH})?", re.IGNORECASE),
    "its whole id, such as /subscriptions/... or /subscriptions/.../resourceGroups/...",
)


def subscription(resource_id: str) -> str:
    """The subscription that a resource lies in, in lower case."""
    return resource_id.split("/")[2].lower()


def managed_identity(subscription_id: str, group: str, name: str) -> str:
    """The id of a user-assigned identity."""
    return (
        f"/subscriptions/{subscription_id}/resourceGroups/{group}"
        f"/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}"
    )
