"""The built-in Azure roles that are assigned here: their ids, each written once.

Owns ids and names only. Who gets which role is `vault_access`'s business, and for the workload that
deploys `deployer`'s; what else exists in Azure (Owner, Contributor, ...) is the policy pack's and
validation's. Ids: Microsoft Learn, 'Azure built-in roles for Security' and 'for Privileged'.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Role:
    """A built-in Azure role.

    Attributes:
        name: the role's display name, as the portal and audit rows show it.
        guid: the role definition's GUID, equal in every tenant.
    """

    name: str
    guid: str

    def definition_id(self, subscription_id: str) -> str:
        """The role definition's resource id as Azure returns it: prefixed by the subscription."""
        return (
            f"/subscriptions/{subscription_id}/providers/Microsoft.Authorization"
            f"/roleDefinitions/{self.guid}"
        )


KEY_VAULT_SECRETS_USER = Role("Key Vault Secrets User", "4633458b-17de-408a-b874-0445c86b69e6")
KEY_VAULT_SECRETS_OFFICER = Role(
    "Key Vault Secrets Officer", "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"
)
# Signs, verifies, wraps and unwraps by a key, and reads its public half; never its private one.
KEY_VAULT_CRYPTO_USER = Role("Key Vault Crypto User", "12338af0-0e69-4776-bea7-57ae8d297424")

ASSIGNED = (KEY_VAULT_SECRETS_USER, KEY_VAULT_SECRETS_OFFICER, KEY_VAULT_CRYPTO_USER)
"""All that the program can assign; its deployer may assign no others."""

# Reads everything on the control plane, and no value.
READER = Role("Reader", "acdd72a7-3385-48ef-bd42-f606fba81ae7")

# The deployer's own: who has it may assign roles, as far as its condition allows.
RBAC_ADMINISTRATOR = Role(
    "Role Based Access Control Administrator", "f58310d9-a9f6-439a-9e8d-f62e7b41a168"
)
