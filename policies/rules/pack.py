"""The pack's list of rules, and the pack itself."""

from typing import Final

from pulumi_policy import EnforcementLevel, PolicyPack

from . import person_grants, vault_audit
from .adapter import policies_of
from .model import ResourceRule, StackRule

NAME: Final = "apigee-keyvault"

RULES: Final[tuple[ResourceRule | StackRule, ...]] = (person_grants.RULE, vault_audit.RULE)


def serve() -> None:
    """Serves the pack to the engine. Blocks until the process is stopped, as the SDK does."""
    PolicyPack(
        NAME,
        policies=[policy for rule in RULES for policy in policies_of(rule)],
        enforcement_level=EnforcementLevel.MANDATORY,
    )
