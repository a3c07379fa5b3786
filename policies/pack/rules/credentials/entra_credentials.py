"""No application has a password or certificate.

Owns credentials of Entra's applications, service principals and users, as resources and inline. A
federated credential is none: nobody holds it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ...model import About, Context, Finding, Resource, ResourceRule
from ...tokens import normalise

_INLINE: Final = {
    "azuread:index:application": ("password", "passwords"),
    "azuread:index:user": ("password",),
}


def judge(resource: Resource, context: Context) -> Iterator[Finding]:
    """Finds a credential, or an application with one.

    Args:
        resource: a credential, or what may have one inline.
        context: of no use to this rule.
    """
    inline = _INLINE.get(normalise(resource.token))
    if inline is None:
        what = "it is a credential that somebody holds, and Pulumi's state with it"
    else:
        # A value that isn't known is one nevertheless.
        found = [name for name in inline if resource.properties.get(name) not in (None, [])]
        if not found:
            return
        what = f"{found[0]} gives it a credential that somebody holds"
    yield Finding(
        resource.urn,
        f"'{resource.name}': {what}. Use a federated credential: the workload proves who it is with a "
        "token of its own platform.",
    )


RULE = ResourceRule(
    about=About(
        name="static-entra-credential",
        description="Applications, service principals and users get no password or certificate here.",
        severity="critical",
        controls=("MCSB IM-3", "MCSB IM-8"),
        remediation=(
            "1. Add a federated credential for the workload.\n"
            "2. Remove the password or certificate, and whoever's copy of it."
        ),
    ),
    types=frozenset(
        {
            "azuread:index:application",
            "azuread:index:applicationpassword",
            "azuread:index:applicationcertificate",
            "azuread:index:serviceprincipalpassword",
            "azuread:index:serviceprincipalcertificate",
            "azuread:index:serviceprincipaltokensigningcertificate",
            "azuread:index:synchronizationsecret",
            "azuread:index:user",
        }
    ),
    judge=judge,
)
