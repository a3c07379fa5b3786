"""Management locks at work: what a lock refuses, for every type of Resource Manager.

Rules from Microsoft Learn, "Lock your Azure resources to protect your infrastructure". The lock
itself, as a resource, is `management_lock.py`'s. The data plane isn't locked.
"""

from __future__ import annotations

from typing import Final, Literal

from sandbox.controlplane import errors
from sandbox.controlplane.resource_type import Context

LOCK: Final = "azure-native:authorization:ManagementLockByScope"
_PART: Final = "/providers/microsoft.authorization/locks/"


def check_unlocked(context: Context, object_id: str, operation: Literal["delete", "write"]) -> None:
    """Refuse an operation on an id at or beneath a locked scope, extension resources included.

    `CanNotDelete` refuses deletes, `ReadOnly` writes too. Nothing is deleted either while something
    in it is locked: a resource group above all. Raises CloudError (409 ScopeLocked).
    """
    target = object_id.lower()
    if _PART in target:
        return
    locked = []
    for lock in context.all(LOCK):
        scope = lock.id[: lock.id.lower().rindex(_PART)]
        inherited = f"{target}/".startswith(f"{scope.lower()}/")
        nested = scope.lower().startswith(f"{target}/")
        if operation == "delete":
            refused = inherited or nested
        else:
            refused = inherited and lock.body["level"] == "ReadOnly"
        if refused:
            locked.append(scope)
    if locked:
        raise errors.arm(
            409,
            "ScopeLocked",
            f"The scope '{object_id}' cannot perform {operation} operation because following"
            f" scope(s) are locked: '{','.join(dict.fromkeys(locked))}'. Please remove the lock and"
            " try again.",
        )
