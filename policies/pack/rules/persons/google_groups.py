"""No person is in a Google group, or owns one by making it.

Owns Cloud Identity's groups and memberships. Whether a group has a role is the rule's on members.
"""

from collections.abc import Iterator
from typing import Final

from ...certainty import at, holds
from ...model import About, Context, Finding, Resource, ResourceRule
from ...tokens import normalise
from .faults import Fault, finding, unless
from .google_members import is_service_account

_GROUP: Final = "gcp:cloudidentity:group"
_MEMBERSHIP: Final = "gcp:cloudidentity:groupmembership"


def judge(resource: Resource, context: Context) -> Iterator[Finding]:
    """Finds a membership that isn't a service account's, and a group whose maker owns it.

    Args:
        resource: a group or a membership.
        context: of no use to this rule.

    Yields:
        At most one finding; undecided where a value that decides isn't known yet.
    """
    if normalise(resource.token) == _GROUP:
        yield from finding(resource, "Google group", [_of_group(resource)], _MEND)
    else:
        yield from finding(resource, "Google group's member", _of_membership(resource), _MEND)


def _of_group(group: Resource) -> Fault:
    config = group.properties.get("initialGroupConfig")
    # The provider's default is EMPTY; unspecified is the service's own choice.
    return unless(
        holds(config, lambda known: known is None or known == "EMPTY"),
        "initialGroupConfig",
        "isn't EMPTY, so whoever deploys becomes the owner",
    )


def _of_membership(membership: Resource) -> list[Fault]:
    keys = [
        (f"{key}.id", at(membership.properties, key, "id"))
        for key in ("preferredMemberKey", "memberKey")
        if membership.properties.get(key) is not None
    ]
    if not keys:
        return [Fault("preferredMemberKey", "is absent, so no workload is proven")]
    return [
        unless(
            holds(email, is_service_account),
            where,
            "isn't a service account's address, so it may be a person or a group",
        )
        for where, email in keys
    ]


_MEND: Final = (
    "Give the role to the service account itself; where a group must be, let it have service "
    "accounts alone."
)

RULE: Final = ResourceRule(
    about=About(
        name="google-group-membership",
        description="Google groups have service accounts alone as members.",
        severity="high",
        controls=("MCSB PA-3",),
        remediation=(
            "1. Give the role to the service account, without a group.\n"
            "2. Where a group must be, let preferredMemberKey.id be a service account's e-mail "
            "address.\n"
            "3. Leave initialGroupConfig out, so that whoever deploys isn't made an owner."
        ),
    ),
    types=frozenset({_GROUP, _MEMBERSHIP}),
    judge=judge,
)
