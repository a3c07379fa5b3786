"""Configurations of a stack, as the engine hands them to a program."""

import json
from collections.abc import Mapping
from typing import Any

CI = "33333333-3333-4333-8333-333333333333"
Tree = dict[str, Any]  # as YAML reads it


def valid() -> Tree:
    """A configuration without mistakes, to be changed by a test."""
    return {
        "gcp:project": "sandbox-gateway",
        "azure-native:tenantId": "11111111-1111-4111-8111-111111111111",
        "azure-native:subscriptionId": "22222222-2222-4222-8222-222222222222",
        "azure-native:location": "westeurope",
        "apigee-keyvault:apigee": {"instance": "europe-west1", "projectNumber": "100000000001"},
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


def as_engine_gives(tree: Mapping[str, object]) -> dict[str, str]:
    """Structures as JSON, text as it is."""
    return {
        key: value if isinstance(value, str) else json.dumps(value) for key, value in tree.items()
    }
