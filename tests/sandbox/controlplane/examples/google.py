"""One example of every gcp type outside Apigee."""

from __future__ import annotations

from sandbox import world
from tests.sandbox.controlplane import rig
from tests.sandbox.controlplane.examples.example import Example, Made
from tests.sandbox.controlplane.rig import Plain


def _account_member(made: Made) -> Plain:
    account = made[rig.ACCOUNT]
    return {
        "serviceAccountId": account["name"],
        "role": "roles/iam.serviceAccountTokenCreator",
        "member": account["member"],
    }


def _project_member(made: Made) -> Plain:
    return {
        "project": world.PROJECT_ID,
        "role": "roles/logging.logWriter",
        "member": made[rig.ACCOUNT]["member"],
    }


def _project_binding(made: Made) -> Plain:
    return {
        "project": world.PROJECT_ID,
        "role": "roles/logging.viewer",
        "members": [made[rig.ACCOUNT]["member"]],
    }


EXAMPLES: tuple[Example, ...] = (
    Example(rig.ACCOUNT, {"accountId": "runtime"}),
    # Deleted, it is marked so and still there; creating it once more takes it back.
    Example(
        rig.CUSTOM_ROLE,
        {"roleId": "reader", "title": "Reader", "permissions": ["apigee.environments.get"]},
        twice="already exists and must be imported",
        gone="already been deleted",
        stays=True,
    ),
    # A member is added to a policy: once more changes nothing.
    Example(rig.ACCOUNT_MEMBER, _account_member, twice=None),
    Example(rig.PROJECT_MEMBER, _project_member, twice=None),
    # A binding takes over the members that its role has; without any it is still read.
    Example(rig.PROJECT_BINDING, _project_binding, twice=None, stays=True),
    # Enabling is idempotent, and a destroyed service stays enabled (`disableOnDestroy`).
    Example(rig.SERVICE, {"service": "logging.googleapis.com"}, twice=None, stays=True),
    # Made once, an agent is there for ever.
    Example(rig.SERVICE_IDENTITY, {"service": "apigee.googleapis.com"}, twice=None, stays=True),
)
