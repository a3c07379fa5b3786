"""The program that makes a stack's deployer: run once, by a person who owns both clouds.

Either an identity that exists already gets its rights (`deployer`), or CI's own are made for GitHub's
environments (`ci`): one that deploys, in the environment of the stack's name, and one that only reads, in
`preview-STACK`.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
import pulumi_azure_native.resources as resources

# The engine puts this folder alone on the path; the components lie beside it.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from components import naming  # found only now
from components.deployer.ci_identity import CiIdentity, CiIdentityArgs
from components.deployer.deployer_rights import DeployerRights, DeployerRightsArgs
from components.deployer.reader_rights import ReaderRights, ReaderRightsArgs

_SCOPES = {"scopes", "uses"}
_STACK = pulumi.get_stack()
_PROJECT = pulumi.Config("gcp").require("project")


def _checked(name: str, declared: Mapping[str, Any], required: set[str]) -> Mapping[str, Any]:
    """A block of the configuration.

    Raises:
        ValueError: for keys that are missing or unknown.
    """
    missing, unknown = required - declared.keys(), declared.keys() - required - _SCOPES
    if missing or unknown:
        told = [f"{key} is missing" for key in sorted(missing)]
        told += [f"{key} is an unknown key" for key in sorted(unknown)]
        raise ValueError(
            f"{name}: {'; '.join(told)}. It has {', '.join(sorted(required | _SCOPES))}"
        )
    return declared


def _rights(
    declared: Mapping[str, Any], principal_id: pulumi.Input[str], member: str
) -> DeployerRightsArgs:
    subscription_id = pulumi.Config("azure-native").require("subscriptionId")
    return DeployerRightsArgs(
        stack=_STACK,
        principal_id=principal_id,
        scopes=declared.get("scopes", [f"/subscriptions/{subscription_id}"]),
        project=_PROJECT,
        member=member,
        uses=declared.get("uses", []),
    )


def _deployer(declared: Mapping[str, Any]) -> None:
    """Give an identity that exists its rights."""
    rights = DeployerRights(
        "deployer", _rights(declared, declared["principalId"], declared["member"])
    )
    pulumi.export("azureRoleId", rights.azure_role_id)
    pulumi.export("googleRole", rights.google_role)


def _ci(declared: Mapping[str, Any]) -> None:
    """Make CI's identities with their rights."""
    who = {
        part: CiIdentityArgs(
            stack=_STACK,
            environment=environment,
            repository=declared["repository"],
            resource_group_name=naming.ci_group(_STACK),
            location=declared["location"],
            project=_PROJECT,
            pool=declared["pool"],
        )
        for part, environment in (("deployer", _STACK), ("previewer", f"preview-{_STACK}"))
    }
    group = resources.ResourceGroup(
        "ci",
        resource_group_name=naming.ci_group(_STACK),
        location=declared["location"],
        tags=naming.tags(_STACK),
    )
    after = pulumi.ResourceOptions(depends_on=[group])
    made = {part: CiIdentity(part, args, after) for part, args in who.items()}
    given = _rights(declared, made["deployer"].principal_id, who["deployer"].member)
    DeployerRights("deployer", given, pulumi.ResourceOptions(depends_on=[made["deployer"]]))
    ReaderRights(
        "previewer",
        ReaderRightsArgs(
            stack=_STACK,
            principal_id=made["previewer"].principal_id,
            scopes=[*given.scopes, *given.uses],
            project=_PROJECT,
            member=who["previewer"].member,
        ),
        pulumi.ResourceOptions(depends_on=[made["previewer"]]),
    )
    pulumi.export(
        "environments",
        {
            who[part].environment: {
                "AZURE_CLIENT_ID": identity.client_id,
                "GOOGLE_SERVICE_ACCOUNT": identity.service_account,
                "principalId": identity.principal_id,
            }
            for part, identity in made.items()
        },
    )


def _main() -> None:
    """Register what the one block of the configuration asks for.

    Raises:
        ValueError: for none or both, and for what is wrong in it.
    """
    config = pulumi.Config()
    deployer, ci = (config.get_object(name) or {} for name in ("deployer", "ci"))
    if bool(deployer) == bool(ci):
        raise ValueError("give either deployer, who exists, or ci, who is to be made")
    if deployer:
        _deployer(_checked("deployer", deployer, {"principalId", "member"}))
    else:
        _ci(_checked("ci", ci, {"repository", "location", "pool"}))


try:
    _main()
except ValueError as error:
    raise pulumi.RunError(f"Pulumi.{pulumi.get_stack()}.yaml: {error}") from None
