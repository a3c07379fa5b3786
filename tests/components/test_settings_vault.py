"""Mistakes in the declaration of a vault, its network and its adoption."""

from collections.abc import Callable

import pytest

from tests.components.configurations import DNS_ZONE_ID, SUBNET_ID, VAULT_ID, Tree, complete
from tests.components.mistakes import Case, accepted, alpha, beta, ids, reported, reported_after

VAULT = "environments.alpha.vault"
NETWORK = f"{VAULT}.network"
ENDPOINT = f"{NETWORK}.privateEndpoint"
ADOPTED = "environments.beta.vault"
OWNERS = "is the business of whoever owns the adopted vault"
PUBLIC = "use a range by its first address, such as 203.0.113.0/24, without private addresses"
VAULT_NAME = "use 3 to 24 lower-case letters, digits and single hyphens, starting with a letter"


def _vault(tree: Tree) -> Tree:
    block: Tree = alpha(tree)["vault"]
    return block


def test_a_complete_declaration_becomes_settings() -> None:
    vault = accepted(complete()).environments["alpha"].vault
    assert (vault.name, vault.sku, vault.soft_delete_days) == ("kv-alpha-abc123", "premium", 7)
    assert (vault.id, vault.recover, vault.shared) == (None, True, False)
    assert vault.network is not None
    assert vault.network.allowed_ranges == ("198.51.100.0/24", "203.0.113.7/32")
    assert vault.network.private_endpoint is not None
    assert vault.network.private_endpoint.subnet_id == SUBNET_ID
    assert vault.network.private_endpoint.dns_zone_id == DNS_ZONE_ID


def test_without_a_vault_block_a_vault_is_made_that_any_address_reaches() -> None:
    tree = complete()
    del alpha(tree)["vault"]
    vault = accepted(tree).environments["alpha"].vault
    assert (vault.id, vault.name, vault.sku, vault.soft_delete_days) == (None, None, "standard", 90)
    assert (vault.recover, vault.shared, vault.network) == (False, False, None)


CASES: list[Case] = [
    (
        lambda t: _vault(t).update(sku="Premium"),
        (f"{VAULT}.sku", "is none of what can be chosen", "use 'standard' or 'premium'"),
    ),
    (
        lambda t: _vault(t).update(softDeleteDays=6),
        (f"{VAULT}.softDeleteDays", "is out of bounds", "use 7 to 90 days"),
    ),
    (
        lambda t: _vault(t).update(softDeleteDays=91),
        (f"{VAULT}.softDeleteDays", "is out of bounds", "use 7 to 90 days"),
    ),
    (
        lambda t: _vault(t).update(recover="true"),
        (f"{VAULT}.recover", "has the wrong type", "give true or false, unquoted"),
    ),
    (
        lambda t: _vault(t).pop("name"),
        (
            f"{VAULT}.recover",
            "doesn't say which vault",
            f"give the deleted vault's name as {VAULT}.name",
        ),
    ),
    (
        lambda t: _vault(t).update(name="KV-alpha"),
        (f"{VAULT}.name", "is not a legal vault name", VAULT_NAME),
    ),
    (
        lambda t: _vault(t).update(name="kv--alpha"),
        (f"{VAULT}.name", "is not a legal vault name", VAULT_NAME),
    ),
    (
        lambda t: _vault(t).update(name="kv-" + "a" * 22),
        (f"{VAULT}.name", "is not a legal vault name", VAULT_NAME),
    ),
    (
        lambda t: beta(t).update(vault={"name": "kv-alpha-abc123"}),
        (f"{ADOPTED}.name", f"names the vault of {VAULT}.name again", "remove one of the two"),
    ),
    (
        lambda t: beta(t)["vault"].update(id="/subscriptions/1/vaults/kv-platform"),
        (
            f"{ADOPTED}.id",
            "is not a legal vault id",
            (
                "use its whole id: /subscriptions/.../resourceGroups/.../providers/Microsoft.KeyVault"
                "/vaults/..."
            ),
        ),
    ),
    (
        lambda t: beta(t)["vault"].update(id=VAULT_ID.replace("22222222-2", "32222222-2")),
        (
            f"{ADOPTED}.id",
            "lies in another subscription than azure-native:subscriptionId",
            "adopt a vault of the stack's subscription",
        ),
    ),
    *(
        (
            lambda t, key=key, value=value: beta(t)["vault"].update({key: value}),
            (f"{ADOPTED}.{key}", OWNERS, f"remove it, or {ADOPTED}.id"),
        )
        for key, value in (
            ("name", "kv-beta"),
            ("sku", "standard"),
            ("softDeleteDays", 90),
            ("recover", True),
            ("network", {"allowedRanges": ["203.0.113.0/24"]}),
        )
    ),
    (
        lambda t: _vault(t)["network"].update(allowedRanges=["203.0.113.7/24"]),
        (f"{NETWORK}.allowedRanges[0]", "is not a public IPv4 range", PUBLIC),
    ),
    *(
        (
            lambda t, block=block: _vault(t)["network"].update(allowedRanges=[block]),
            (f"{NETWORK}.allowedRanges[0]", "is not a public IPv4 range", PUBLIC),
        )
        for block in ("0.0.0.0/0", "10.1.2.0/24", "172.16.0.0/12", "192.168.1.1", "::/0", "host")
    ),
    (
        lambda t: _vault(t)["network"].update(allowedRanges=["203.0.113.0/25", "203.0.113.64/26"]),
        (
            f"{NETWORK}.allowedRanges[1]",
            f"overlaps {NETWORK}.allowedRanges[0]",
            "remove the smaller of the two",
        ),
    ),
    (
        lambda t: _vault(t)["network"]["privateEndpoint"].pop("subnetId"),
        (
            f"{ENDPOINT}.subnetId",
            "is missing",
            "give the resource id of the subnet that it lies in",
        ),
    ),
    (
        lambda t: _vault(t)["network"]["privateEndpoint"].update(
            dnsZoneId=DNS_ZONE_ID.replace("vaultcore", "blob")
        ),
        (
            f"{ENDPOINT}.dnsZoneId",
            "is not a legal id of a vaults' private DNS zone",
            (
                "use its whole id: /subscriptions/.../resourceGroups/.../providers/Microsoft.Network"
                "/privateDnsZones/privatelink.vaultcore.azure.net"
            ),
        ),
    ),
]


@pytest.mark.parametrize(("change", "mistake"), CASES, ids=ids(CASES))
def test_each_mistake_is_reported_once_and_nothing_else_is(
    change: Callable[[Tree], object], mistake: tuple[str, str, str]
) -> None:
    assert reported_after(change) == [mistake]


def test_a_network_that_lets_nobody_in_is_a_mistake() -> None:
    tree = complete()
    alpha(tree)["vault"]["network"] = {}
    accepted(tree)  # the gateway's own addresses get in
    tree["apigee-keyvault:apigee"]["natAddresses"] = 0
    assert reported(tree) == [
        (
            NETWORK,
            "lets nobody in",
            "give allowedRanges or a privateEndpoint, or let apigee.natAddresses be 1 or more",
        )
    ]


def test_environments_share_a_vault_only_where_each_says_so_and_no_secret_is_twice() -> None:
    tree = complete()
    alpha(tree)["vault"] = {"id": VAULT_ID.upper()}
    assert [(path, mend) for path, _, mend in reported(tree)] == [
        (
            f"{VAULT}.id",
            "give each a vault of its own, or set vault.shared to true in all of them",
        ),
        (
            "environments.beta.secrets.orders-backend-key",
            "rename one of the two: what one environment may read, another one mustn't",
        ),
    ]
    alpha(tree)["vault"]["shared"] = True
    alpha(tree)["secrets"] = {"ALPHA-key": {"callers": ["orders-v1"]}}
    accepted(tree)
