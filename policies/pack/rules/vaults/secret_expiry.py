"""A secret ends on a day, and says what it is.

Owns secrets that a program declares; a value among them is another rule's.
"""

from collections.abc import Iterator

from ...certainty import Certainty, at, is_text
from ...model import About, Context, Finding, Resource, ResourceRule
from .lifetimes import DAYS, expires_in_time


def judge(secret: Resource, context: Context) -> Iterator[Finding]:
    """Finds a secret without an expiry that is near enough, or without a content type.

    Args:
        secret: a secret of a key vault.
        context: with the days.
    """
    expiry = expires_in_time(at(secret.properties, "properties", "attributes", "expires"), context)
    type_ = is_text(at(secret.properties, "properties", "contentType"))
    for certainty, why in (
        (
            expiry,
            (
                "properties.attributes.expires isn't set, is past, or lies more than "
                f"{context.number(DAYS.name)} days ahead. Set it, in seconds since 1970."
            ),
        ),
        (type_, "properties.contentType isn't set. Say what the value is, such as text/plain."),
    ):
        if certainty is not Certainty.YES:
            known = certainty is Certainty.NO
            text = why if known else f"it isn't known yet whether this holds: {why}"
            yield Finding(secret.urn, f"Secret '{secret.name}': {text}", decided=known)


RULE = ResourceRule(
    about=About(
        name="secret-expiry",
        description="Secrets that a program declares have an expiry within bounds, and a content type.",
        severity="medium",
        controls=(
            "MCSB DP-6",
            "CIS 8.3.3",
            "CIS 8.3.4",
            "Azure Policy 98728c90",
            "Azure Policy 342e8053",
            "Azure Policy b0eb591a",
            "Azure Policy e8d99835",
            "Azure Policy 75262d3e",
            "Checkov CKV_AZURE_41",
            "Checkov CKV_AZURE_114",
            "Trivy AZU-0015",
            "Trivy AZU-0017",
        ),
        remediation=(
            "1. Set properties.attributes.expires and properties.contentType.\n"
            "2. Have it rotated before that day."
        ),
        parameters=(DAYS,),
    ),
    types=frozenset({"azure-native:keyvault:secret"}),
    judge=judge,
)
