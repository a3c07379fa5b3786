"""A vault is reached from named addresses or networks only.

Owns a vault's network rules (Microsoft Learn, "Configure Azure Key Vault networking settings").
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from ...certainty import Certainty, at, certain, holds, is_one_of
from ...model import About, Context, Finding, Parameter, Resource, ResourceRule
from ...values import UNKNOWN


def judge(vault: Resource, context: Context) -> Iterator[Finding]:
    """Finds a vault that the whole internet may talk to, or nearly.

    Args:
        vault: a key vault.
        context: with the widest range.
    """
    properties = vault.properties.get("properties")
    closed = is_one_of(at(properties, "publicNetworkAccess"), {"disabled"})
    acls = at(properties, "networkAcls")
    denies = is_one_of(at(acls, "defaultAction"), {"deny"})
    if closed is Certainty.YES:
        return
    yield from _findings(vault, max(closed, denies), _OPEN)
    if denies is Certainty.YES:
        yield from _findings(vault, _narrow(at(acls, "ipRules"), context.number("prefix")), _WIDE)
        # Absent stands for AzureServices.
        yield from _findings(vault, is_one_of(at(acls, "bypass"), {"none"}), _BYPASS)


_OPEN = (
    "properties.publicNetworkAccess isn't Disabled and networkAcls.defaultAction isn't Deny, so every "
    "address may ask. Set defaultAction=Deny with ipRules, or close it and use a private endpoint."
)
_WIDE = (
    "properties.networkAcls.ipRules has a range that is too wide, or can't be read. Name the addresses "
    "that calls come from."
)
_BYPASS = (
    "properties.networkAcls.bypass isn't None, so Microsoft's trusted services get past the firewall, "
    "those of other tenants' subscriptions as well. Set bypass=None."
)


def _findings(vault: Resource, certainty: Certainty, why: str) -> Iterator[Finding]:
    if certainty is not Certainty.YES:
        known = certainty is Certainty.NO
        text = why if known else f"it isn't known yet whether this holds: {why}"
        yield Finding(vault.urn, f"Vault '{vault.name}': {text}", decided=known)


def _narrow(rules: object, prefix: int) -> Certainty:
    if rules is UNKNOWN:
        return Certainty.UNDECIDED
    if rules is None:
        return Certainty.YES
    if not isinstance(rules, list):
        return Certainty.NO
    return min((_narrow_rule(at(rule, "value"), prefix) for rule in rules), default=certain(True))


def _narrow_rule(value: object, prefix: int) -> Certainty:
    def narrow(known: object) -> bool:
        try:
            return ipaddress.ip_network(str(known), strict=False).prefixlen >= prefix
        except ValueError:
            return False

    return holds(value, narrow)


RULE = ResourceRule(
    about=About(
        name="vault-network",
        description="Key vaults deny every network but those that are named.",
        severity="high",
        controls=(
            "MCSB NS-2",
            "CIS 8.3.7",
            "PSRule AZR-000355",
            "Azure Policy 55615ac9",
            "Azure Policy 405c5871",
            "Checkov CKV_AZURE_109",
            "Checkov CKV_AZURE_189",
            "Trivy AZU-0013",
        ),
        remediation=(
            "1. Find the addresses that calls come from: the gateway's NAT addresses, the writers'.\n"
            "2. Set networkAcls with defaultAction Deny, bypass None and ipRules for these.\n"
            "3. Or set publicNetworkAccess to Disabled and give the vault a private endpoint."
        ),
        parameters=(
            Parameter(
                "prefix",
                {"type": "integer", "minimum": 8, "maximum": 32},
                24,
                "The shortest prefix that a range in ipRules may have: 24 is 256 addresses.",
            ),
        ),
    ),
    types=frozenset({"azure-native:keyvault:vault"}),
    judge=judge,
)
