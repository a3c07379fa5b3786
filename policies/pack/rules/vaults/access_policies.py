"""Who may use a vault follows from Azure roles alone.

Owns a vault's permission model. In the legacy one a Contributor may grant themselves any access, and
no rule on role assignments sees it (Microsoft Learn, "Azure RBAC vs. access policies").
"""

from collections.abc import Iterator

from ...certainty import Certainty, at, is_true
from ...model import About, Context, Finding, Resource, ResourceRule
from ...values import UNKNOWN

_MEND = "Set properties.enableRbacAuthorization=true, leave accessPolicies out, and assign roles."


def judge(resource: Resource, context: Context) -> Iterator[Finding]:
    """Finds a vault in the legacy model, and an access policy.

    Args:
        resource: a vault, or an access policy of one.
        context: of no use to this rule.
    """
    if not resource.token.lower().endswith(":vault"):
        yield Finding(
            resource.urn,
            f"Access policy '{resource.name}': it gives access that no role assignment shows. {_MEND}",
        )
        return
    model = is_true(at(resource.properties, "properties", "enableRbacAuthorization"))
    policies = at(resource.properties, "properties", "accessPolicies")
    if model is Certainty.NO:
        why = "properties.enableRbacAuthorization isn't true, and absent stands for false"
    elif policies is not UNKNOWN and policies:
        why = (
            "properties.accessPolicies isn't empty: what it lists comes back with the legacy model"
        )
    elif model is Certainty.UNDECIDED or policies is UNKNOWN:
        why = "properties.enableRbacAuthorization or accessPolicies isn't known"
        yield Finding(resource.urn, f"Vault '{resource.name}': {why}. {_MEND}", decided=False)
        return
    else:
        return
    yield Finding(resource.urn, f"Vault '{resource.name}': {why}. {_MEND}")


RULE = ResourceRule(
    about=About(
        name="vault-access-policies",
        description="Key vaults are in RBAC mode and have no access policies.",
        severity="high",
        controls=(
            "MCSB PA-7",
            "CIS 8.3.6",
            "PSRule AZR-000388",
            "PSRule AZR-000118",
            "Azure Policy 12d4fa5e",
        ),
        remediation=(
            "1. Assign roles to those who have access policies now.\n"
            "2. Set properties.enableRbacAuthorization to true.\n"
            "3. Remove accessPolicies, and resources of type AccessPolicy."
        ),
    ),
    types=frozenset({"azure-native:keyvault:vault", "azure-native:keyvault:accesspolicy"}),
    judge=judge,
)
