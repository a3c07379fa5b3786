"""Who may reach the secrets of one vault: workloads alone, each with one role on this vault alone.

Owns the role assignments. Which roles exist is in `roles`; which callers inside the gateway may
ask for which secret is the declaration's business (`declaration`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import pulumi
import pulumi_azure_native.authorization as authorization

from components import naming
from components.ordering import child_after
from components.roles import KEY_VAULT_SECRETS_OFFICER, KEY_VAULT_SECRETS_USER, Role


@dataclass(frozen=True)
class VaultAccessArgs:
    """What the assignments need.

    Attributes:
        subscription_id: the subscription whose role definitions are used.
        vault_id: resource id of the vault, the scope of every assignment.
        gateway_principal_id: object id of the gateway's identity, which reads.
        writers: object ids of the workloads that write values, by a name for each.
    """

    subscription_id: str
    vault_id: pulumi.Input[str]
    gateway_principal_id: pulumi.Input[str]
    writers: Mapping[str, pulumi.Input[str]]


class VaultAccess(pulumi.ComponentResource):
    """The role assignments on one vault.

    Give it `depends_on` the vault's diagnostic setting: then nothing can be read unrecorded.
    """

    def __init__(
        self, name: str, args: VaultAccessArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("apigee-keyvault:components:VaultAccess", name, None, opts)
        children = child_after(self, opts)
        # The name of an assignment changes with all that would replace it. So the new one can be
        # made before the old one is taken away, where the provider would delete first.
        children.delete_before_replace = False
        self._assign(
            f"{name}-gateway", args, KEY_VAULT_SECRETS_USER, args.gateway_principal_id, children
        )
        for writer, principal_id in args.writers.items():
            self._assign(
                f"{name}-writer-{writer}", args, KEY_VAULT_SECRETS_OFFICER, principal_id, children
            )
        self.register_outputs({})

    def _assign(
        self,
        name: str,
        args: VaultAccessArgs,
        role: Role,
        principal_id: pulumi.Input[str],
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Assign a role on the vault to a workload."""
        authorization.RoleAssignment(
            name,
            role_assignment_name=pulumi.Output.all(args.vault_id, principal_id).apply(
                partial(_assignment_name, role)
            ),
            scope=args.vault_id,
            role_definition_id=role.definition_id(args.subscription_id),
            principal_id=principal_id,
            # Left out, the SDK sends `User`, which Azure refuses for a workload.
            principal_type=authorization.PrincipalType.SERVICE_PRINCIPAL,
            opts=opts,
        )


def _assignment_name(role: Role, scope_and_principal: list[str]) -> str:
    scope, principal_id = scope_and_principal
    return naming.role_assignment(scope, principal_id, role.guid)
