"""`azure-native:authorization:ManagementLockByScope`.

Rules from Microsoft Learn, "Lock your Azure resources to protect your infrastructure" and
"Management Locks - Create Or Update By Scope". What a lock refuses is `locks.py`'s.
"""

from __future__ import annotations

import re

from sandbox.controlplane import errors
from sandbox.controlplane.azure import scopes
from sandbox.controlplane.azure.arm import AzureType
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import Plain

_LEVELS = ("CanNotDelete", "ReadOnly")
_NAME = re.compile(r"[^<>%&:\\?/\x00-\x1f]{1,260}")
_LONGEST_NOTES = 512
_MOST = 20


class ManagementLockByScope(AzureType):
    """A lock on the subscription, a resource group or a resource, and on all beneath."""

    sdk = "pulumi_azure_native.authorization.ManagementLockByScope"
    arm_type = "Microsoft.Authorization/locks"
    path = "{scope}/providers/Microsoft.Authorization/locks/{lockName}"
    name_input = "lockName"
    replace_on = frozenset({"scope", "lockName"})

    def object_id(self, context: Context, inputs: Plain) -> str:
        return self.path.format_map({**inputs, "scope": inputs["scope"].rstrip("/")})

    def complete(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        scope = inputs["scope"].rstrip("/")
        scopes.check_exists(context, scope)
        _check_inputs(inputs)
        prefix = object_id.rsplit("/", 1)[0].lower() + "/"
        on_scope = [lock for lock in context.all(self.token) if lock.id.lower().startswith(prefix)]
        if previous is None and len(on_scope) >= _MOST:
            raise errors.arm(
                409,
                "LockLimitExceeded",
                f"The scope '{scope}' has {_MOST} locks, which is the limit for one scope.",
            )
        return {name: inputs[name] for name in ("level", "notes", "owners") if name in inputs}


def _check_inputs(inputs: Plain) -> None:
    if inputs["level"] not in _LEVELS:
        raise errors.arm(
            400,
            "LockLevelInvalid",
            f"The lock level '{inputs['level']}' is invalid. Supported values are"
            f" '{', '.join(_LEVELS)}'.",
        )
    if not _NAME.fullmatch(inputs["lockName"]):
        raise errors.arm(
            400,
            "InvalidLockName",
            f"The lock name '{inputs['lockName']}' is invalid: 1 to 260 characters, none of"
            " <, >, %, &, :, \\, ?, / or a control character.",
        )
    if len(inputs.get("notes", "")) > _LONGEST_NOTES:
        raise errors.arm(
            400, "InvalidLockNotes", f"The notes must have at most {_LONGEST_NOTES} characters."
        )
