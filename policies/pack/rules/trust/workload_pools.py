"""A Google workload identity pool lets in whom a condition names.

Owns providers of workload identity pools: without a condition every user of the issuer gets in (Google
Cloud, "Best practices for using Workload Identity Federation": every repository of GitHub).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ...certainty import Certainty, holds
from ...model import About, Context, Finding, Resource, ResourceRule

# A condition that names an owner, repository, project or subject, and isn't always true.
_NAMES: Final = re.compile(
    r"(assertion|attribute|google)\.[\w.]+\s*(==|in\b|\.startsWith|\.matches)|\b(startsWith|matches)\("
)
_TRUE: Final = re.compile(r"\|\|\s*true\b|^\s*true\s*$|\b1\s*==\s*1\b")


def judge(provider: Resource, context: Context) -> Iterator[Finding]:
    """Finds a provider without a condition that names somebody.

    Args:
        provider: a provider of a workload identity pool.
        context: of no use to this rule.
    """
    condition = holds(
        provider.properties.get("attributeCondition"),
        lambda value: (
            isinstance(value, str)
            and _NAMES.search(value) is not None
            and _TRUE.search(value) is None
        ),
    )
    if condition is not Certainty.YES:
        yield Finding(
            provider.urn,
            f"Workload identity provider '{provider.name}': attributeCondition isn't set, or names "
            "nobody: whoever has a token of the issuer gets in. Compare an attribute of the assertion "
            "with yours, such as assertion.repository_owner_id == 'NUMBER'.",
            decided=condition is Certainty.NO,
        )


RULE = ResourceRule(
    about=About(
        name="workload-identity-provider",
        description="Google's workload identity providers have a condition that names whom they let in.",
        severity="critical",
        controls=("MCSB IM-3", "Checkov CKV_GCP_125"),
        remediation="1. Set attributeCondition to a comparison with your own repository or project.",
    ),
    types=frozenset({"gcp:iam:workloadidentitypoolprovider"}),
    judge=judge,
)
