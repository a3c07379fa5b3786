"""Configurations of a stack, as the engine hands them to a program."""

import json
from collections.abc import Mapping
from typing import Any

CI = "33333333-3333-4333-8333-333333333333"
APP = "77777777-7777-4777-8777-777777777777"
SUBSCRIPTION = "22222222-2222-4222-8222-222222222222"
Tree = dict[str, Any]  # as YAML reads it


def valid() -> Tree:
    """A configuration without mistakes, to be changed by a test."""
    return {
        "gcp:project": "sandbox-gateway",
        "azure-native:tenantId": "11111111-1111-4111-8111-111111111111",
        "azure-native:subscriptionId": SUBSCRIPTION,
        "azure-native:location": "westeurope",
        "apigee-keyvault:apigee": {"instance": "europe-west1"},
        "apigee-keyvault:environments": {
            "alpha": {
                "hostnames": ["alpha.api.example.com"],
                "proxies": ["orders-v1"],
                "secrets": {"orders-backend-key": {"callers": ["orders-v1"]}},
                "writers": {"ci": CI},
            },
            "beta": {
                "hostnames": ["beta.api.example.com"],
                "proxies": ["orders-v1"],
                "secrets": {
                    "orders-backend-key": {"callers": ["orders-v1"]},
                    "invoices-backend-key": {
                        "callers": ["orders-v1"],
                        "cache": {"seconds": 300, "measuredMilliseconds": 45},
                    },
                },
                "writers": {"ci": CI},
            },
        },
    }


_PLATFORM = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/platform/providers"
VAULT_ID = f"{_PLATFORM}/Microsoft.KeyVault/vaults/kv-platform"
WORKSPACE_ID = f"{_PLATFORM}/Microsoft.OperationalInsights/workspaces/platform"
SUBNET_ID = f"{_PLATFORM}/Microsoft.Network/virtualNetworks/platform/subnets/endpoints"
DNS_ZONE_ID = f"{_PLATFORM}/Microsoft.Network/privateDnsZones/privatelink.vaultcore.azure.net"


def complete() -> Tree:
    """A configuration without mistakes that says all there is to say."""
    tree = valid()
    tree["apigee-keyvault:protect"] = True
    tree["apigee-keyvault:apigee"] |= {
        "nameSuffix": "team-a",
        "natAddresses": 2,
        "deployer": "serviceAccount:deployer@sandbox-gateway.iam.gserviceaccount.com",
    }
    tree["apigee-keyvault:audit"] = {
        "retentionDays": 365,
        "activityLog": False,
        "signInLogs": True,
        "alerts": {
            "emails": ["oncall@example.com"],
            "webhooks": {"chat": "https://chat.example.com/hooks/vaults"},
        },
    }
    alpha = tree["apigee-keyvault:environments"]["alpha"]
    alpha |= {
        "type": "COMPREHENSIVE",
        "identity": {"kind": "managed", "generations": [1, 2]},
        "vault": {
            "name": "kv-alpha-abc123",
            "sku": "premium",
            "softDeleteDays": 7,
            "recover": True,
            "network": {
                "allowedRanges": ["198.51.100.0/24", "203.0.113.7"],
                "privateEndpoint": {"subnetId": SUBNET_ID, "dnsZoneId": DNS_ZONE_ID},
            },
        },
        "keys": {
            "signing": {"callers": ["orders-v1"], "use": "sign", "type": "EC", "curve": "P-384"},
            "wrapping": {
                "callers": ["orders-v1"],
                "use": "unwrap",
                "type": "RSA",
                "size": 4096,
                "rotateDays": 28,
            },
        },
        "maskedVariables": ["request.header.Authorization"],
        "keystores": {"backend-client": ["backend-client-a", "backend-client-b"]},
        "certificates": {"client-tls": {"callers": ["orders-v1"], "expiresWithinDays": 397}},
    }
    alpha["secrets"]["orders-backend-key"] |= {
        "clients": {"mobile": APP},
        "staleSeconds": 86400,
        "notFoundSeconds": 60,
        "refuseExpired": True,
        "contentType": "text/plain",
        "expiresWithinDays": 90,
        "rotateDays": 60,
    }
    beta = tree["apigee-keyvault:environments"]["beta"]
    beta |= {
        "existing": True,
        "identity": {"kind": "application", "generations": [3], "owners": [CI]},
        "vault": {"id": VAULT_ID, "shared": True},
    }
    return tree


def as_engine_gives(tree: Mapping[str, object]) -> dict[str, str]:
    """Structures as JSON, text as it is."""
    return {
        key: value if isinstance(value, str) else json.dumps(value) for key, value in tree.items()
    }
