"""What a change would replace or delete, and what stands still meanwhile.

Owns what is said of it. Whether the old one goes first is the engine's: its steps are in order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from validation.preview.model import DELETED, REPLACED, Preview, Step, kind

# What it means for requests when one of these is another one, or is gone, whatever the order.
_MEANS: Final[Mapping[str, str]] = {
    "azure-native:keyvault:vault": "another vault is empty: its values must be written anew",
    "azure-native:keyvault:key": "another key: what was signed or wrapped by the old one stays its",
    "azure-native:managedidentity:userassignedidentity": (
        "another identity: roles and trust take minutes to spread to it"
    ),
    "azuread:index:application": "another application: trust takes minutes to spread to it",
    "azuread:index:serviceprincipal": "another principal: roles take minutes to spread to it",
    "azure-native:authorization:roleassignment": "Azure takes up to 10 minutes to spread it",
    "gcp:serviceaccount:account": "another account: the trust in it takes minutes to spread",
    "gcp:apigee:environment": "what is deployed in it is gone until it is deployed anew",
    "gcp:apigee:environmentkeyvaluemaps": "requests are refused until its entries are back",
    "gcp:apigee:environmentkeyvaluemapsentries": "what it allows is refused until it is back",
    "azure-native:operationalinsights:workspace": "what was recorded stays in the old one",
    "azure-native:monitor:diagnosticsetting": "what happens meanwhile is not recorded",
}


@dataclass(frozen=True)
class Replacement:
    """One resource that is replaced, or deleted for good.

    Attributes:
        name: its logical name.
        type: its type token.
        reasons: the properties for which it is replaced; none where it is deleted.
        interrupts: whether it is gone for a moment, or for good.
        means: what that means for requests and records; may be empty.
    """

    name: str
    type: str
    reasons: Sequence[str]
    interrupts: bool
    means: str


def replaced(preview: Preview) -> list[Replacement]:
    """Every resource that would be replaced: those that are gone meanwhile first."""
    first: dict[str, str] = {}
    named: dict[str, Step] = {}
    for step in preview.steps:
        if step.op in {"create-replacement", "import-replacement", "delete-replaced"}:
            first.setdefault(step.urn, step.op)
        if step.op in REPLACED:
            named[step.urn] = step
    found = [
        _of(step, tuple(sorted(step.replacing)), interrupts=first.get(urn) == "delete-replaced")
        for urn, step in named.items()
    ]
    return sorted(found, key=lambda r: (not r.interrupts, r.type, r.name))


def deleted(preview: Preview) -> list[Replacement]:
    """Every resource that would be deleted for good."""
    kept = {step.urn for step in preview.steps if step.op not in DELETED}
    found = [
        _of(step, (), interrupts=True)
        for step in preview.steps
        if step.op in DELETED and step.urn not in kept
    ]
    return sorted(found, key=lambda r: (not r.means, r.type, r.name))


def _of(step: Step, reasons: tuple[str, ...], *, interrupts: bool) -> Replacement:
    return Replacement(step.name, step.type, reasons, interrupts, _MEANS.get(kind(step.type), ""))
