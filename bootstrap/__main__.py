"""The program that makes a stack's deployer: run once, by a person who owns both clouds."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi

# The engine puts this folder alone on the path; the components lie beside it.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from components.deployer.deployer_rights import (  # found only now
    DeployerRights,
    DeployerRightsArgs,
)

_REQUIRED = {"principalId", "member"}
_OPTIONAL = {"scopes", "uses"}


def _arguments(declared: Mapping[str, Any]) -> DeployerRightsArgs:
    """The declared deployer.

    Raises:
        ValueError: for keys that are missing or unknown, and for what the component refuses.
    """
    missing, unknown = _REQUIRED - declared.keys(), declared.keys() - _REQUIRED - _OPTIONAL
    if missing or unknown:
        told = [f"{name} is missing" for name in sorted(missing)]
        told += [f"{name} is an unknown key" for name in sorted(unknown)]
        raise ValueError(
            f"deployer: {'; '.join(told)}. It has {', '.join(sorted(_REQUIRED | _OPTIONAL))}"
        )
    subscription_id = pulumi.Config("azure-native").require("subscriptionId")
    return DeployerRightsArgs(
        stack=pulumi.get_stack(),
        principal_id=declared["principalId"],
        scopes=declared.get("scopes", [f"/subscriptions/{subscription_id}"]),
        project=pulumi.Config("gcp").require("project"),
        member=declared["member"],
        uses=declared.get("uses", []),
    )


try:
    arguments = _arguments(pulumi.Config().require_object("deployer"))
except ValueError as error:
    raise pulumi.RunError(f"Pulumi.{pulumi.get_stack()}.yaml: {error}") from None

rights = DeployerRights("deployer", arguments)
pulumi.export("azureRoleId", rights.azure_role_id)
pulumi.export("googleRole", rights.google_role)
