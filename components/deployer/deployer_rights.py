"""The rights of the one workload that deploys a stack: all that its work takes, and no more.

Owns the roles made for it and their assignments. What each resource type takes is listed in
`azure_needs` and `google_needs`; what the workload is and how it signs in is its owner's business. It
never gets rights over the whole tenant (`azure_needs.BY_PERSONS`), nor over values in a vault.
Somebody who owns the subscription and the project deploys this once (`bootstrap/`).

    DeployerRights(
        "deployer",
        DeployerRightsArgs(
            stack="prod",
            principal_id="55555555-5555-4555-8555-555555555555",
            scopes=["/subscriptions/22222222-2222-4222-8222-222222222222"],
            project="my-project",
            member="serviceAccount:deployer@my-project.iam.gserviceaccount.com",
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
from components.deployer import azure_needs, conditions, google_needs
from components.deployer.need import union
from components.identity.gateway_identity import LOG_ROLE
from components.roles import ASSIGNED, RBAC_ADMINISTRATOR

_TITLE = "Deploys apigee-keyvault: {0}"
_GROUP_DEPTH = 5  # parts of a resource group's id, the empty one in front of it among them


@dataclass(frozen=True)
class DeployerRightsArgs:
    """Who deploys, and where.

    Attributes:
        stack: the stack that it deploys, which the roles are named after.
        principal_id: object id of its service principal in Entra, or of its managed identity; never
            a person's.
        scopes: where it deploys in Azure and assigns roles: the subscription's id, or ids of resource
            groups that exist, and ids of vaults elsewhere that are adopted. Without the subscription
            it can make no resource group and export no Activity Log.
        project: id of the Google project.
        member: the same workload in Google's IAM: `serviceAccount:EMAIL`, or a principal of a
            workload identity pool.
        uses: ids of what it joins elsewhere in Azure, and assigns nothing on: a subnet, its virtual
            network, a private DNS zone, a workspace.

    Raises:
        ValueError: for ids that name nothing of that kind, or a member that isn't a workload.
    """

    stack: str
    principal_id: pulumi.Input[str]
    scopes: Sequence[str]
    project: str
    member: str
    uses: Sequence[str] = ()

    def __post_init__(self) -> None:
        where = f"the deployer of {self.stack}"
        _check(where, naming.STACK, "stack", self.stack)
        _check(where, naming.GOOGLE_PROJECT, "project", self.project)
        _check(where, naming.GOOGLE_WORKLOAD, "member", self.member)
        if isinstance(self.principal_id, str):
            _check(where, naming.GUID, "principal_id", self.principal_id)
        if not self.scopes:
            raise ValueError(f"{where}: no scopes: give the subscription, or resource groups in it")
        for scope in self.scopes:
            _check(where, resource_ids.DEPLOYED_INTO, "scopes", scope)
        for resource_id in self.uses:
            _check(where, resource_ids.RESOURCE, "uses", resource_id)
        folded = [one.lower() for one in (*self.scopes, *self.uses)]
        twice = sorted({one for one in folded if folded.count(one) > 1})
        if twice:
            raise ValueError(f"{where}: {twice[0]} is given twice: remove one")


def _check(where: str, rule: naming.NameRule, field: str, value: str) -> None:
    if not rule.allows(value):
        raise ValueError(f"{where}: {field} {value!r} is no {rule.kind}: use {rule.description}")


class DeployerRights(pulumi.ComponentResource):
    """Two roles of its own, and the assignments that make the workload a deployer.

    In Azure, beside its own role, it is a Role Based Access Control Administrator under a condition: it
    may assign the roles that the program assigns, to workloads other than itself. In Google it may
    grant the one role that the program grants in the project. Roles spread: let minutes pass before
    it deploys.

    Attributes:
        azure_role_id: resource id of its role in Azure.
        google_role: name of its role in the Google project.
    """

    azure_role_id: pulumi.Output[str]
    google_role: pulumi.Output[str]

    def __init__(
        self, name: str, args: DeployerRightsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("apigee-keyvault:components:DeployerRights", name, None, opts)
        self._children = pulumi.ResourceOptions(parent=self)
        self.azure_role_id = self._azure(name, args)
        self.google_role = self._google(name, args)
        self.register_outputs({"azureRoleId": self.azure_role_id, "googleRole": self.google_role})

    def _azure(self, name: str, args: DeployerRightsArgs) -> pulumi.Output[str]:
        subscription_id = resource_ids.subscription(args.scopes[0])
        groups = {_group(one).lower(): _group(one) for one in (*args.scopes, *args.uses)}
        role = authorization.RoleDefinition(
            f"{name}-role",
            role_definition_id=naming.deployer_role_guid(args.stack, subscription_id),
            scope=f"/subscriptions/{subscription_id}",
            role_name=naming.deployer_role(args.stack),
            role_type="CustomRole",
            description=_TITLE.format(args.stack),
            assignable_scopes=[groups[key] for key in sorted(groups)],
            permissions=[
                authorization.PermissionArgs(actions=union(azure_needs.BY_CUSTOM_ROLE)),
            ],
            opts=self._children,
        )
        for scope in (*args.scopes, *args.uses):
            self._assign(f"{name}-deploys:{naming.scope_key(scope)}", args, scope, role.id)
        administrator = RBAC_ADMINISTRATOR.definition_id(subscription_id)
        condition = pulumi.Output.from_input(args.principal_id).apply(
            partial(conditions.azure, ASSIGNED)
        )
        for scope in args.scopes:
            self._assign(
                f"{name}-assigns:{naming.scope_key(scope)}", args, scope, administrator, condition
            )
        return role.id

    def _assign(
        self,
        name: str,
        args: DeployerRightsArgs,
        scope: str,
        role_id: pulumi.Input[str],
        condition: pulumi.Input[str] | None = None,
    ) -> None:
        authorization.RoleAssignment(
            name,
            role_assignment_name=pulumi.Output.all(scope, args.principal_id, role_id).apply(
                _assignment_name
            ),
            scope=scope,
            role_definition_id=role_id,
            principal_id=args.principal_id,
            # Left out, the SDK sends `User`. Azure refuses it for a workload, and this for a person.
            principal_type=authorization.PrincipalType.SERVICE_PRINCIPAL,
            condition=condition,
            condition_version=None if condition is None else conditions.VERSION,
            description=_TITLE.format(args.stack),
            # The name changes with all that would replace it: the new one can come first.
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=False),
        )

    def _google(self, name: str, args: DeployerRightsArgs) -> pulumi.Output[str]:
        deploys, grants = (
            projects.IAMCustomRole(
                f"{name}-google-{part}",
                role_id=naming.deployer_google_role(args.stack, part),
                project=args.project,
                title=f"{naming.deployer_role(args.stack)}: {part}",
                permissions=union(needs),
                opts=self._children,
            )
            for part, needs in (
                ("deploy", google_needs.BY_CUSTOM_ROLE),
                ("grant", google_needs.BY_CONDITION),
            )
        )
        projects.IAMMember(
            f"{name}-google-deploys",
            project=args.project,
            role=deploys.name,
            member=args.member,
            opts=self._children,
        )
        projects.IAMMember(
            f"{name}-google-grants",
            project=args.project,
            role=grants.name,
            member=args.member,
            condition=projects.IAMMemberConditionArgs(
                title="the gateway's role alone", expression=conditions.google([LOG_ROLE])
            ),
            opts=self._children,
        )
        return deploys.name


def _group(scope: str) -> str:
    """The resource group that a scope lies in, or the subscription."""
    return "/".join(scope.split("/")[:_GROUP_DEPTH])


def _assignment_name(parts: list[str]) -> str:
    scope, principal_id, role_id = parts
    return naming.role_assignment(scope, principal_id, role_id.rsplit("/", 1)[1])
