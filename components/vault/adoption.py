"""A vault that exists and belongs to somebody else.

Owns nothing of it: it reads the vault, refuses one whose grants would be void, and hands on where it
is. Its firewall must let Apigee in, and the keys that an environment uses must be in it: its owner
sees to both. Grants on it are `vault_access`'s, diagnostics `audit_trail`'s.
"""

from functools import partial

import pulumi
import pulumi_azure_native.keyvault as keyvault
from pulumi_azure_native.keyvault.outputs import VaultPropertiesResponse

from components import resource_ids


class AdoptedVault(pulumi.ComponentResource):
    """The vault of that resource id, with the outputs of a `KeyVault`.

    Example:
        adopted = AdoptedVault("alpha", vault_id)
        readers = {"1": identity.principal_id}
        VaultAccess("alpha", VaultAccessArgs(subscription_id, adopted.vault_id, readers, {}))

    Arguments:
        vault_id: resource id of a vault under Azure RBAC.

    Attributes:
        vault_id: the vault's resource id.
        vault_name: its name.
        host: the host name that serves its secrets.
        uri: the address of that host.

    Raises:
        ValueError: where `vault_id` is no vault's id.
        pulumi.RunError: at preview already, for a vault in access-policy mode.
    """

    vault_id: pulumi.Output[str]
    vault_name: pulumi.Output[str]
    host: pulumi.Output[str]
    uri: pulumi.Output[str]

    def __init__(
        self, name: str, vault_id: str, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        if not resource_ids.VAULT.allows(vault_id):
            raise ValueError(f"'{vault_id}' is no vault id; use {resource_ids.VAULT.description}")
        super().__init__("apigee-keyvault:components:AdoptedVault", name, None, opts)
        vault = keyvault.Vault.get(f"{name}-adopted", vault_id, pulumi.ResourceOptions(parent=self))
        # All outputs come of the check: nothing is granted on a vault that it refuses.
        vault_name = vault_id.rpartition("/")[2]
        self.uri = vault.properties.apply(partial(_checked_uri, vault_name))
        self.host = self.uri.apply(_host)
        self.vault_name = self.uri.apply(lambda _: vault_name)
        self.vault_id = self.uri.apply(lambda _: vault_id)
        self.register_outputs(
            {
                "vaultId": self.vault_id,
                "vaultName": self.vault_name,
                "host": self.host,
                "uri": self.uri,
            }
        )


def _checked_uri(name: str, properties: VaultPropertiesResponse) -> str:
    """The vault's address. Raises pulumi.RunError where role assignments wouldn't count."""
    if not properties.enable_rbac_authorization:
        raise pulumi.RunError(_migration(name))
    return properties.vault_uri


def _migration(name: str) -> str:
    """Microsoft Learn, 'Migrate from vault access policy to Azure role-based access control'."""
    return (
        f"the vault {name} is in access-policy mode: a role assignment would grant nothing in it,"
        " and whoever may write the vault could let themselves in. Its owner migrates it first:\n"
        f"  1. az keyvault show --name {name} --query properties.accessPolicies\n"
        "     lists who may do what by policy.\n"
        "  2. az role assignment create --assignee-object-id ID --assignee-principal-type"
        " ServicePrincipal --role ROLE --scope VAULT_ID\n"
        "     for each workload that still needs it (secrets get: Key Vault Secrets User). Wait ten"
        " minutes: grants spread, and policies are still in force.\n"
        f"  3. az keyvault update --name {name} --enable-rbac-authorization true\n"
        "     switches; with false, the policies are back.\n"
        "  4. pulumi up"
    )


def _host(uri: str) -> str:
    return uri.removeprefix("https://").rstrip("/")
