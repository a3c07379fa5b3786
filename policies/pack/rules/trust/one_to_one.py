"""One identity trusts one workload, and one workload is one identity.

Owns how many federated credentials an identity has, and how many identities a subject. Two of either
kind make it unclear in the logs who did something, and one's access is the other's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ...model import About, Context, Finding, Resource, StackRule
from ...values import UNKNOWN

_MANAGED: Final = "azure-native:managedidentity:federatedidentitycredential"
_APPLICATIONS: Final = (
    "azuread:index:applicationfederatedidentitycredential",
    "azuread:index:applicationflexiblefederatedidentitycredential",
)
# What a credential's identity was computed from, by type; and where its id stands.
_OWNER: Final = {
    _MANAGED: ("resourceName", "id"),
    **dict.fromkeys(_APPLICATIONS, ("applicationId", "applicationId")),
}


def judge(resources: Mapping[str, Sequence[Resource]], context: Context) -> Iterator[Finding]:
    """Finds credentials that share an identity or a subject.

    Args:
        resources: federated credentials, by normalised type.
        context: of no use to this rule.
    """
    by_owner: dict[object, list[Resource]] = defaultdict(list)
    by_subject: dict[object, list[Resource]] = defaultdict(list)
    for kind, (source, path) in _OWNER.items():
        for credential in resources.get(kind, ()):
            owner = _owner(credential, source, path)
            if owner is None:
                yield _undecided(credential)
            else:
                by_owner[kind, owner].append(credential)
            subject = credential.properties.get("subject")
            if isinstance(subject, str):
                by_subject[credential.properties.get("issuer"), subject].append(credential)
    yield from _shared(by_owner, "its identity has another federated credential")
    yield from _shared(by_subject, "its subject is that of another identity's credential")


def _owner(credential: Resource, source: str, path: str) -> object:
    """What tells the identity: its id, or what the id was computed from; None where neither does."""
    value = credential.properties.get(path)
    if isinstance(value, str):
        return value.lower().partition("/federatedidentitycredentials/")[0]
    sources = credential.dependencies.get(source, ())
    if sources:
        return tuple(sorted(sources))
    name = credential.properties.get(source)
    return None if name is UNKNOWN or name is None else name


def _shared(groups: Mapping[object, Sequence[Resource]], why: str) -> Iterator[Finding]:
    for group in groups.values():
        for credential in group if len(group) > 1 else ():
            yield Finding(
                credential.urn,
                f"Federated credential '{credential.name}': {why}. Give each workload an identity of "
                "its own; to rotate one, make a second identity.",
            )


def _undecided(credential: Resource) -> Finding:
    return Finding(
        credential.urn,
        f"Federated credential '{credential.name}': it isn't known whose it is. Compute it from the "
        "identity's own resource.",
        decided=False,
    )


RULE = StackRule(
    about=About(
        name="one-credential-per-identity",
        description="An identity has one federated credential, and a subject is in one credential.",
        severity="high",
        controls=("MCSB IM-3",),
        remediation=(
            "1. Make an identity for each workload.\n"
            "2. Give each one federated credential, with that workload's subject."
        ),
    ),
    types=frozenset(_OWNER),
    judge=judge,
)
