"""A key is strong, stays in the vault, and is replaced.

Owns keys that a program declares (Microsoft Learn, "Key types, algorithms, and operations",
"Configure cryptographic key auto-rotation"). Names are those of the resource provider's `KeyProperties`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from ...certainty import Certainty, at, certain, holds, is_one_of
from ...model import About, Context, Finding, Parameter, Resource, ResourceRule
from ...values import UNKNOWN
from .lifetimes import expires_in_time

# An RSA key under 3,072 bits is not for use beyond 2030 (NIST SP 800-57 Part 1, table 2).
_STRONG_BITS: Final = 3072
_CURVES: Final = frozenset({"p-256", "p-384", "p-521"})
_TYPES: Final = {"rsa", "rsa-hsm", "ec", "ec-hsm"}


def judge(key: Resource, context: Context) -> Iterator[Finding]:
    """Finds a key that is weak, leaves the vault, or is never replaced.

    Args:
        key: a key of a key vault.
        context: with the days.
    """
    for certainty, why in _demands(key.properties.get("properties"), context).values():
        if certainty is not Certainty.YES:
            known = certainty is Certainty.NO
            text = why if known else f"it isn't known yet whether this holds: {why}"
            yield Finding(key.urn, f"Key '{key.name}': {text}", decided=known)


def _demands(properties: object, context: Context) -> Mapping[str, tuple[Certainty, str]]:
    return {
        "strength": (
            _strength(properties),
            (
                "properties.kty, keySize or curveName: an RSA key has 3072 or 4096 bits, an EC key "
                "the curve P-256, P-384 or P-521; absent stands for RSA with 2048 bits."
            ),
        ),
        "export": (
            holds(at(properties, "attributes", "exportable"), lambda value: value in (None, False)),
            "properties.attributes.exportable lets the key leave the vault. Leave it out.",
        ),
        "end": (
            max(
                expires_in_time(at(properties, "attributes", "expires"), context),
                _rotates(at(properties, "rotationPolicy")),
            ),
            (
                "it has neither a rotationPolicy with a lifetime action of the type rotate, nor an "
                "expiry (properties.attributes.expires) in time. Give it one."
            ),
        ),
    }


def _strength(properties: object) -> Certainty:
    kind, size, curve = (at(properties, name) for name in ("kty", "keySize", "curveName"))
    if kind is UNKNOWN:
        return Certainty.UNDECIDED
    named = "rsa" if kind is None else str(kind).lower()
    if named not in _TYPES:
        return Certainty.NO
    if named.startswith("ec"):
        # Absent stands for P-256.
        return max(is_one_of(curve, _CURVES), holds(curve, lambda value: value is None))
    return holds(size, lambda value: isinstance(value, int | float) and value >= _STRONG_BITS)


def _rotates(policy: object) -> Certainty:
    actions = at(policy, "lifetimeActions")
    if actions is UNKNOWN:
        return Certainty.UNDECIDED
    if not isinstance(actions, list):
        return Certainty.NO
    # The action's type is an enum of the resource provider: 0, Rotate and rotate stand for the same.
    return max(
        (
            holds(
                at(entry, "action", "type"), lambda value: str(value).lower() in {"rotate", "0.0"}
            )
            for entry in actions
        ),
        default=certain(False),
    )


RULE = ResourceRule(
    about=About(
        name="key-strength",
        description="Keys that a program declares are strong, stay in the vault and are replaced.",
        severity="medium",
        controls=(
            "MCSB DP-6",
            "CIS 8.3.1",
            "CIS 8.3.2",
            "CIS 8.3.9",
            "PSRule AZR-000123",
            "Azure Policy 152b15f7",
            "Azure Policy 49a22571",
            "Azure Policy d8cf8476",
            "Azure Policy 587c79fe",
            "Azure Policy 82067dbb",
            "Azure Policy ff25f3c8",
            "Checkov CKV_AZURE_40",
            "Checkov CKV_AZURE_112",
            "Trivy AZU-0014",
        ),
        remediation=(
            "1. Choose EC with P-256 or RSA with 3072 bits, or stronger.\n"
            "2. Leave attributes.exportable out.\n"
            "3. Add a rotationPolicy with an action of the type rotate, or an expiry."
        ),
        parameters=(
            Parameter(
                "days",
                {"type": "integer", "minimum": 1, "maximum": 3650},
                730,
                "How many days ahead its expiry may lie, at most, where it has no rotation policy.",
            ),
        ),
    ),
    types=frozenset({"azure-native:keyvault:key"}),
    judge=judge,
)
