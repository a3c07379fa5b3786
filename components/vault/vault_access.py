"""Who may reach what is in one vault: workloads alone, each with one role on what it needs.

Owns the role assignments, none of them a person's. Which roles exist is in `roles`; which callers
inside the gateway may ask for which secret is the declaration's business (`declaration`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pulumi
import pulumi_azure_native.authorization as authorization

from components import naming
from components.ordering import child_after
from components.roles import (
    KEY_VAULT_CRYPTO_USER,
    KEY_VAULT_SECRETS_OFFICER,
    KEY_VAULT_SECRETS_USER,
    Role,
)

FIRST_GENERATION = "1"


@dataclass(frozen=True)
class VaultAccessArgs:
    """What the assignments need.

    Attributes:
        subscription_id: the vault's subscription, whose role definitions are used.
        vault_id: the vault's resource id.
        gateway_principal_ids: object ids of the gateway's identity, which reads, by generation:
            `{"1": id}`. During a rotation there are two, and both read.
        writers: object ids of the workloads that write values, by a name for each.
        secrets: names of the only secrets that are granted, where others' lie in the vault too;
            a certificate is read as the secret of its name. Without them the whole vault is
            granted: one environment's own.
        keys: names of the keys that the gateway signs or unwraps by. Without any it can use none;
            in a vault that is granted by `secrets`, it can use these alone.
    """

    subscription_id: str
    vault_id: pulumi.Input[str]
    gateway_principal_ids: Mapping[str, pulumi.Input[str]]
    writers: Mapping[str, pulumi.Input[str]]
    secrets: Sequence[str] | None = None
    keys: Sequence[str] = ()


@dataclass(frozen=True)
class _Scope:
    """What a role is assigned on: `path` beneath the vault, `mark` in the resource's name."""

    path: str = ""
    mark: str = ""


class VaultAccess(pulumi.ComponentResource):
    """The role assignments on one vault, or on some secrets and keys in it.

    Give it `depends_on` the vault's diagnostic setting: then nothing can be read unrecorded.

    Example:
        access = VaultAccess(
            "alpha",
            VaultAccessArgs(
                subscription_id, vault.vault_id, {"1": identity.principal_id}, {"ci": ci_object_id}
            ),
            pulumi.ResourceOptions(depends_on=[audit.settings["alpha"]]),
        )
    """

    def __init__(
        self, name: str, args: VaultAccessArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("apigee-keyvault:components:VaultAccess", name, None, opts)
        children = child_after(self, opts)
        # The name of an assignment changes with all that would replace it. So the new one can be
        # made before the old one is taken away, where the provider would delete first.
        children.delete_before_replace = False
        for generation, reader in args.gateway_principal_ids.items():
            gateway = f"{name}-gateway"
            if generation != FIRST_GENERATION:
                gateway += f"-{generation}"
            for scope in _secret_scopes(args):
                _assign(gateway + scope.mark, args, scope, KEY_VAULT_SECRETS_USER, reader, children)
            for scope in _key_scopes(args):
                key_user = f"{gateway}-keys{scope.mark}"
                _assign(key_user, args, scope, KEY_VAULT_CRYPTO_USER, reader, children)
        for writer, principal_id in args.writers.items():
            for scope in _secret_scopes(args):
                officer = f"{name}-writer-{writer}{scope.mark}"
                _assign(officer, args, scope, KEY_VAULT_SECRETS_OFFICER, principal_id, children)
        self.register_outputs({})


def _secret_scopes(args: VaultAccessArgs) -> Iterator[_Scope]:
    """The vault, or each of its secrets that is granted.

    A grant on a secret lets nobody list the vault, since that asks for a right on the vault itself,
    and none is given: the flow asks for one secret by its name and never lists. A secret is a scope
    before it exists, so its first value can be written under such a grant, too (Microsoft Learn,
    'Provide access to Key Vault keys, certificates, and secrets with Azure role-based access
    control').
    """
    if args.secrets is None:
        yield _Scope()
        return
    for secret in args.secrets:
        yield _Scope(f"/secrets/{secret}", f":{secret}")


def _key_scopes(args: VaultAccessArgs) -> Iterator[_Scope]:
    """Nothing where the gateway uses no keys; else the vault, or each key in a shared one."""
    if args.secrets is None:
        if args.keys:
            yield _Scope()
        return
    for key in args.keys:
        yield _Scope(f"/keys/{key}", f":{key}")


def _assign(
    name: str,
    args: VaultAccessArgs,
    scope: _Scope,
    role: Role,
    principal_id: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> None:
    """Assign a role to a workload."""
    scope_id = pulumi.Output.concat(args.vault_id, scope.path) if scope.path else args.vault_id
    authorization.RoleAssignment(
        name,
        role_assignment_name=pulumi.Output.all(scope_id, principal_id).apply(
            partial(_assignment_name, role)
        ),
        scope=scope_id,
        role_definition_id=role.definition_id(args.subscription_id),
        principal_id=principal_id,
        # Left out, the SDK sends `User`, which Azure refuses for a workload.
        principal_type=authorization.PrincipalType.SERVICE_PRINCIPAL,
        opts=opts,
    )


def _assignment_name(role: Role, scope_and_principal: list[str]) -> str:
    scope, principal_id = scope_and_principal
    return naming.role_assignment(scope, principal_id, role.guid)
