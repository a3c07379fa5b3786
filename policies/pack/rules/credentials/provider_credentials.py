"""No provider signs in by something that somebody holds.

Owns what Pulumi's providers for Azure, Entra and Google take as a credential, in their configuration or in
a program. What is in the environment of who runs the engine, no pack can see. Pulumi Registry, "Azure
Native", "Azure AD" and "Google Cloud": installation and configuration.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Final

from ...certainty import Certainty, holds
from ...model import About, Context, Finding, Resource, ResourceRule
from ...tokens import normalise

_STATIC: Final[Mapping[str, tuple[str, ...]]] = {
    "pulumi:providers:azure-native": (
        "clientSecret",
        "clientCertificatePassword",
        "clientCertificatePath",
    ),
    "pulumi:providers:azuread": (
        "clientSecret",
        "clientSecretFilePath",
        "clientCertificate",
        "clientCertificatePassword",
        "clientCertificatePath",
    ),
    "pulumi:providers:gcp": ("credentials", "accessToken"),
}
# Google's file for workload identity federation: it says where a token is, and holds none.
_KEYLESS: Final = frozenset({"external_account", "impersonated_service_account"})


def judge(provider: Resource, context: Context) -> Iterator[Finding]:
    """Finds a provider with a credential.

    Args:
        provider: a provider; its properties are what it was configured with.
        context: of no use to this rule.
    """
    for name in _STATIC[normalise(provider.token)]:
        certainty = holds(provider.properties.get(name), _is_static)
        if certainty is Certainty.NO:
            continue
        decided = certainty is Certainty.YES
        why = f"{name} is set" if decided else f"it isn't known yet whether {name} is a credential"
        yield Finding(
            provider.urn,
            f"Provider '{provider.name}': {why}. Whoever holds it can deploy, from anywhere. Sign in by a "
            "token of the workload's own: useOidc for Azure and Entra, workload identity federation "
            "for Google.",
            decided,
        )


def _is_static(value: object) -> bool:
    if value in (None, "", [], {}):
        return False
    try:
        credential = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return True
    return not (isinstance(credential, dict) and credential.get("type") in _KEYLESS)


RULE = ResourceRule(
    about=About(
        name="static-provider-credential",
        description="Providers sign in by the workload's own token, with no secret, certificate or key.",
        severity="critical",
        controls=("MCSB IM-3", "MCSB IM-8"),
        remediation=(
            "1. Federate the workload that deploys: an identity that trusts its platform's tokens.\n"
            "2. Take the secret, certificate or key out of the configuration, and revoke it."
        ),
    ),
    types=frozenset(_STATIC),
    judge=judge,
)
