"""A role holds for one vault, or for what is in it.

Owns the scope of role assignments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ...certainty import Certainty, holds
from ...model import About, Context, Finding, Parameter, Resource, ResourceRule

# A name can't be dots alone, so that no path leads up again; nothing is decoded, as Azure doesn't.
_NAME: Final = r"(?!\.+(?:/|$))[^/%?#\s]+"
_VAULT: Final = re.compile(
    rf"/subscriptions/{_NAME}/resourcegroups/{_NAME}/providers/microsoft\.keyvault/vaults/{_NAME}"
    rf"(/(secrets|keys|certificates)/{_NAME})?/?",
    re.IGNORECASE,
)


def judge(assignment: Resource, context: Context) -> Iterator[Finding]:
    """Finds an assignment whose scope is wider than a vault.

    Args:
        assignment: a role assignment.
        context: with the other scopes.
    """
    others = context.texts("scopes")
    narrow = holds(
        assignment.properties.get("scope"),
        lambda scope: (
            isinstance(scope, str)
            and (_VAULT.fullmatch(scope) is not None or scope.rstrip("/").lower() in others)
        ),
    )
    if narrow is Certainty.YES:
        return
    why = "scope isn't a key vault, or a secret, key or certificate in one"
    if narrow is Certainty.UNDECIDED:
        why = "scope isn't known"
    yield Finding(
        assignment.urn,
        f"Role assignment '{assignment.name}': {why}. Assign the role on the vault, or list another "
        "scope in the rule's parameter scopes.",
        decided=narrow is Certainty.NO,
    )


RULE = ResourceRule(
    about=About(
        name="scope-beyond-vault",
        description="Azure roles are assigned on one key vault or what is in it.",
        severity="high",
        controls=("MCSB PA-7", "PSRule AZR-000205"),
        remediation="1. Set scope to the vault's id, or to that of a secret in it.",
        parameters=(
            Parameter(
                "scopes",
                {
                    "type": "array",
                    "items": {"type": "string", "pattern": "^/subscriptions/[^/]+/."},
                },
                [],
                "Other scopes on which roles may be assigned: resource ids, in full.",
            ),
        ),
    ),
    types=frozenset({"azure-native:authorization:roleassignment"}),
    judge=judge,
)
