"""The rights of who previews a stack, and compares it at night: to read what the deployer writes.

Owns one role in each cloud and its assignments. Nothing in a vault can be read with it: Azure's *Reader*
has no data action, and in Google the reading part of the deployer's own list is all.

    ReaderRights(
        "previewer",
        ReaderRightsArgs(
            stack="prod",
            principal_id="66666666-6666-4666-8666-666666666666",
            scopes=["/subscriptions/22222222-2222-4222-8222-222222222222"],
            project="my-project",
            member="serviceAccount:previewer@my-project.iam.gserviceaccount.com",
        ),
    )
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import pulumi
import pulumi_azure_native.authorization as authorization
import pulumi_gcp.projects as projects

from components import naming, resource_ids
from components.deployer import google_needs
from components.deployer.need import union
from components.roles import READER

_READS = (".get", ".list", ".getIamPolicy")


@dataclass(frozen=True)
class ReaderRightsArgs:
    """Who reads, and where.

    Attributes:
        stack: the stack, which the role in Google is named after.
        principal_id: object id of its managed identity or service principal, never a person's.
        scopes: what it reads in Azure: the subscription's id, or ids of resource groups and vaults.
        project: id of the Google project.
        member: the same workload in Google's IAM.
    """

    stack: str
    principal_id: pulumi.Input[str]
    scopes: Sequence[str]
    project: str
    member: str


def permissions() -> list[str]:
    """What reading all that the program makes in Google takes: the reading part of the needs."""
    needs = {**google_needs.BY_CUSTOM_ROLE, **google_needs.BY_CONDITION}
    return [right for right in union(needs) if right.endswith(_READS)]


class ReaderRights(pulumi.ComponentResource):
    """A role in each cloud that reads and changes nothing."""

    def __init__(
        self, name: str, args: ReaderRightsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("apigee-keyvault:components:ReaderRights", name, None, opts)
        for scope in args.scopes:
            role_id = READER.definition_id(resource_ids.subscription(scope))
            authorization.RoleAssignment(
                f"{name}-reads:{naming.scope_key(scope)}",
                role_assignment_name=pulumi.Output.from_input(args.principal_id).apply(
                    partial(naming.role_assignment, scope, role_guid=READER.guid)
                ),
                scope=scope,
                role_definition_id=role_id,
                principal_id=args.principal_id,
                principal_type=authorization.PrincipalType.SERVICE_PRINCIPAL,
                description=f"Previews apigee-keyvault: {args.stack}",
                # The name changes with all that would replace it: the new one can come first.
                opts=pulumi.ResourceOptions(parent=self, delete_before_replace=False),
            )
        children = pulumi.ResourceOptions(parent=self)
        role = projects.IAMCustomRole(
            f"{name}-google-read",
            role_id=naming.deployer_google_role(args.stack, "read"),
            project=args.project,
            title=f"{naming.deployer_role(args.stack)}: read",
            permissions=permissions(),
            opts=children,
        )
        projects.IAMMember(
            f"{name}-google-reads",
            project=args.project,
            role=role.name,
            member=args.member,
            opts=children,
        )
        self.register_outputs({})
