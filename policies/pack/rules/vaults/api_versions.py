"""No API version is pinned that is about to be gone.

Owns versions that a program writes into a type. Which version an unversioned type stands for is the
provider's, and a new provider's version changes it; a pack doesn't see it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ...model import About, Context, Finding, Resource, ResourceRule

# Microsoft Learn, "Azure Key Vault API retirement": control-plane versions before this one are gone
# from 2027-02-27 on.
_FIRST: Final = 20260201
_VERSION: Final = re.compile(r"/v(\d{8})", re.IGNORECASE)


def judge(resource: Resource, context: Context) -> Iterator[Finding]:
    """Finds a type with a version that retires.

    Args:
        resource: a resource of Key Vault.
        context: of no use to this rule.
    """
    pinned = _VERSION.search(resource.token)
    if pinned and int(pinned[1]) < _FIRST:
        yield Finding(
            resource.urn,
            f"'{resource.name}': its type pins a version of Key Vault's API that is gone from "
            "2027-02-27 on. Use the type without a version, or 2026-02-01 or later.",
        )


RULE = ResourceRule(
    about=About(
        name="retiring-vault-api",
        description="No type pins a version of Key Vault's API that retires.",
        severity="medium",
        controls=("MCSB PV-1",),
        remediation="1. Use the type without an API version, or with 2026-02-01 or later.",
    ),
    types=frozenset({"azure-native:keyvault:*"}),
    judge=judge,
)
