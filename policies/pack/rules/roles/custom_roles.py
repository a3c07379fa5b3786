"""A custom role names what it may do, and can't make itself wider.

Owns Azure's custom roles and Google's. Microsoft Learn, "Azure custom roles": what notActions takes
away another role may give, so it excuses nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ...certainty import Certainty, at, certain, holds
from ...model import About, Context, Finding, Parameter, Resource, ResourceRule
from ...values import UNKNOWN

# Lower-cased: rights by which a role's holder gets more rights.
_GRANTING: Final = frozenset(
    {
        "microsoft.authorization/roleassignments/write",
        "microsoft.authorization/roledefinitions/write",
        "microsoft.authorization/elevateaccess/action",
        "microsoft.keyvault/vaults/accesspolicies/write",
        "iam.serviceaccountkeys.create",
        "iam.serviceaccounts.getaccesstoken",
        "iam.serviceaccounts.getopenidtoken",
        "iam.serviceaccounts.implicitdelegation",
        "iam.serviceaccounts.signblob",
        "iam.serviceaccounts.signjwt",
        "iam.serviceaccounts.actas",
        "iam.roles.update",
        "iam.roles.create",
    }
)


def judge(role: Resource, context: Context) -> Iterator[Finding]:
    """Finds a custom role with a wildcard, with a right to grant, or for everything.

    Args:
        role: a custom role of either cloud.
        context: with the rights that are allowed all the same.
    """
    allowed = context.texts("rights")
    rights = list(_rights(role))
    worst = max((_excessive(right, allowed) for right in rights), default=certain(not rights))
    scopes = _listed(role.properties.get("assignableScopes"))
    everywhere = max((holds(scope, _is_wide) for scope in scopes), default=certain(False))
    for certainty, why in (
        (worst, "it has a wildcard or a right to grant, or names no right"),
        (everywhere, "assignableScopes holds the root or a management group"),
    ):
        if certainty is not Certainty.NO:
            known = certainty is Certainty.YES
            yield Finding(
                role.urn,
                f"Custom role '{role.name}': {why if known else 'it is not known whether ' + why}. Name "
                "each right that is needed, on a subscription or below.",
                decided=known,
            )


def _rights(role: Resource) -> Iterator[object]:
    permissions = role.properties.get("permissions")
    for entry in _listed(permissions):
        if not isinstance(entry, dict):
            yield entry
            continue
        for name in ("actions", "dataActions"):
            yield from _listed(at(entry, name))


def _listed(value: object) -> list[object]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _excessive(right: object, allowed: frozenset[str]) -> Certainty:
    if right is UNKNOWN:
        return Certainty.UNDECIDED
    text = right.strip().lower() if isinstance(right, str) else "*"
    if text in allowed:
        return Certainty.NO
    return certain("*" in text or text in _GRANTING or text.endswith(".setiampolicy"))


def _is_wide(scope: object) -> bool:
    text = str(scope).strip().lower().rstrip("/")
    return text == "" or text.startswith("/providers/microsoft.management/managementgroups")


RULE = ResourceRule(
    about=About(
        name="custom-role-too-wide",
        description="Custom roles name each right, and have none by which more could be had.",
        severity="high",
        controls=(
            "MCSB PA-7",
            "CIS 5.4",
            "Azure Policy a451c1ef",
            "Checkov CKV_AZURE_39",
            "Trivy AZU-0030",
            "Trivy AZU-0052",
        ),
        remediation=(
            "1. Replace each wildcard by the rights that are needed.\n"
            "2. Take rights to grant out; notActions is no remedy.\n"
            "3. Limit assignableScopes to a subscription or resource group."
        ),
        parameters=(
            Parameter(
                "rights",
                {"type": "array", "items": {"type": "string", "pattern": "^[^*]{8,}$"}},
                [],
                "Rights to grant that a custom role may have all the same, such as a deployer's "
                "`resourcemanager.projects.setIamPolicy`, which a condition limits where it is granted.",
            ),
        ),
    ),
    types=frozenset(
        {
            "azure-native:authorization:roledefinition",
            "gcp:projects:iamcustomrole",
            "gcp:organizations:iamcustomrole",
        }
    ),
    judge=judge,
)
