"""A vault's `properties`: what Key Vault refuses in them, and how it returns them.

Rules from Microsoft Learn, "Vaults - Create Or Update", "Configure Azure Key Vault networking
settings" and "Assign a Key Vault access policy". What they mean for callers is the data plane's.
"""

from __future__ import annotations

import ipaddress

from sandbox import world
from sandbox.controlplane import errors, sdk_classes
from sandbox.controlplane.azure import networks
from sandbox.controlplane.errors import CloudError
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import Plain

_SKUS = ("standard", "premium")
_RETENTION_DAYS = range(7, 91)
_DEFAULT_DAYS = 90
_MOST_POLICIES = 1_024
_MOST_ADDRESSES = 1_000
_MOST_SUBNETS = 200
_PRIVATE = tuple(  # RFC 1918
    ipaddress.IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
)
_PERMISSIONS = {
    "keys": "pulumi_azure_native.keyvault.KeyPermissions",
    "secrets": "pulumi_azure_native.keyvault.SecretPermissions",
    "certificates": "pulumi_azure_native.keyvault.CertificatePermissions",
    "storage": "pulumi_azure_native.keyvault.StoragePermissions",
}


def complete(context: Context, vault_id: str, given: Plain, before: Plain) -> Plain:
    """The properties as Key Vault returns them.

    `given` are the program's, `before` those of the vault that is there (empty for a new one).
    Raises CloudError.
    """
    _check(given, before)
    kept: list[Plain] = before.get("accessPolicies", [])
    policies: list[Plain] = given.get("accessPolicies", kept)
    _check_policies(policies)
    acls = given.get("networkAcls")
    days = given.get("softDeleteRetentionInDays")
    return {
        "enabledForDeployment": False,
        "enableRbacAuthorization": False,
        "enableSoftDelete": True,
        **{name: value for name, value in given.items() if name != "createMode"},
        **({"enablePurgeProtection": True} if before.get("enablePurgeProtection") else {}),
        **({"networkAcls": _network_acls(context, vault_id, acls)} if acls else {}),
        "accessPolicies": policies,
        "publicNetworkAccess": given.get("publicNetworkAccess", "Enabled").capitalize(),
        "softDeleteRetentionInDays": days or before.get("softDeleteRetentionInDays", _DEFAULT_DAYS),
        "provisioningState": "Succeeded",
        "vaultUri": f"https://{vault_id.rsplit('/', 1)[1].lower()}.vault.azure.net/",
    }


def _refusal(message: str) -> CloudError:
    return errors.arm(400, "BadRequest", message)


def _check(given: Plain, before: Plain) -> None:
    if given["tenantId"].lower() != world.TENANT_ID:
        raise _refusal(f"An invalid value was provided for 'tenantId': '{given['tenantId']}'.")
    if given["sku"]["name"].lower() not in _SKUS or given["sku"]["family"] != "A":
        raise _refusal("An invalid value was provided for 'sku'.")
    if given.get("enablePurgeProtection") is False:
        raise _refusal(
            'The property "enablePurgeProtection" cannot be set to false. Enabling the purge'
            " protection for a vault is an irreversible action."
        )
    if given.get("enableSoftDelete") is False:
        raise _refusal(
            'The property "enableSoftDelete" can be set to false only for creating new vault.'
            " Enabling the 'soft delete' functionality is an irreversible action."
            if before
            # Azure's own words end with the year in which this could still be chosen.
            else 'The property "enableSoftDelete" cannot be set to false: soft delete is on in every'
            " new vault and cannot be turned off."
        )
    if given.get("publicNetworkAccess", "Enabled").lower() not in ("enabled", "disabled"):
        raise _refusal("An invalid value was provided for 'publicNetworkAccess'.")
    days = given.get("softDeleteRetentionInDays")
    if days is not None and days not in _RETENTION_DAYS:
        raise _refusal('The property "softDeleteRetentionInDays" must be between 7 and 90.')
    if days is not None and days != before.get("softDeleteRetentionInDays", days):
        raise _refusal(
            'The property "softDeleteRetentionInDays" has been set already and it can\'t be'
            " modified."
        )


def _check_policies(policies: list[Plain]) -> None:
    if len(policies) > _MOST_POLICIES:
        raise _refusal(f"At most {_MOST_POLICIES} access policies are allowed.")
    for policy in policies:
        if policy["tenantId"].lower() != world.TENANT_ID:
            raise _refusal(
                "An invalid value was provided for 'accessPolicies': the tenant"
                f" '{policy['tenantId']}' is not the vault's."
            )
        for kind, names in policy["permissions"].items():
            known = {permission.value for permission in sdk_classes.enum(_PERMISSIONS[kind])}
            for name in names:
                if name.lower() not in known:
                    raise _refusal(
                        f"An invalid value was provided for 'accessPolicies': '{name}' is no"
                        f" permission to {kind}."
                    )


def _network_acls(context: Context, vault_id: str, acls: Plain) -> Plain:
    """Network rules as Key Vault returns them: every address with its prefix length."""
    addresses, subnets = acls.get("ipRules", []), acls.get("virtualNetworkRules", [])
    _check_count("ipRules", addresses, _MOST_ADDRESSES)
    _check_count("virtualNetworkRules", subnets, _MOST_SUBNETS)
    bypass, action = acls.get("bypass", "AzureServices"), acls.get("defaultAction", "Allow")
    if bypass not in ("AzureServices", "None"):
        raise _refusal(f"An invalid value was provided for 'networkAcls.bypass': '{bypass}'.")
    if action not in ("Allow", "Deny"):
        raise _refusal(
            f"An invalid value was provided for 'networkAcls.defaultAction': '{action}'."
        )
    for rule in subnets:
        networks.subnet(context, rule["id"], vault_id)
    return {
        "bypass": bypass,
        "defaultAction": action,
        "ipRules": [{"value": _range(rule["value"])} for rule in addresses],
        "virtualNetworkRules": [{**rule, "id": rule["id"].lower()} for rule in subnets],
    }


def _check_count(name: str, rules: list[Plain], most: int) -> None:
    if len(rules) > most:
        raise _refusal(
            f"An invalid value was provided for 'networkAcls.{name}': {len(rules)} rules, of which"
            f" {most} are allowed."
        )


def _range(value: str) -> str:
    try:
        network = ipaddress.IPv4Network(value)
    except ValueError:
        network = None
    if network is None or any(network.subnet_of(block) for block in _PRIVATE):
        raise _refusal(
            f"An invalid value was provided for 'ipRules': '{value}' is no public IPv4 address or"
            " range."
        )
    return str(network)
