"""What a change of each input does to the types of gcp outside Apigee.

From Terraform's documentation of the types ("Changing this forces a new resource").
"""

from __future__ import annotations

from tests.sandbox.controlplane import rig
from tests.sandbox.controlplane.replacements.row import Row

ROWS: tuple[Row, ...] = (
    Row(
        rig.ACCOUNT,
        delete_first="project",
        create_first="accountId",
        updated="createIgnoreAlreadyExists deletionPolicy description disabled displayName",
    ),
    Row(
        rig.CUSTOM_ROLE,
        delete_first="project",
        create_first="roleId",
        updated="deletionPolicy description permissions stage title",
    ),
    Row(
        rig.ACCOUNT_MEMBER,
        create_first="condition member role serviceAccountId",
    ),
    Row(
        rig.PROJECT_MEMBER,
        create_first="condition member project role",
    ),
    Row(
        rig.PROJECT_BINDING,
        create_first="condition project role",
        updated="members",
    ),
    Row(
        rig.SERVICE,
        create_first="project service",
        updated=(
            "checkIfServiceHasUsageOnDestroy deletionPolicy disableDependentServices "
            "disableOnDestroy"
        ),
    ),
    Row(
        rig.SERVICE_IDENTITY,
        create_first="project service",
    ),
)
