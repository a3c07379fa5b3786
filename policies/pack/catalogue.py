"""The pack's rules, in the order in which they are documented and reported."""

from __future__ import annotations

from typing import Final

from .model import About, Rule
from .rules.audit import vault_logs
from .rules.persons import role_assignments

NAME: Final = "apigee-keyvault"

RULES: Final[tuple[Rule, ...]] = (role_assignments.RULE, vault_logs.RULE)


def page(about: About) -> str:
    """Where a rule is documented, from the repository's root."""
    return f"docs/policies.md#{about.name}"
