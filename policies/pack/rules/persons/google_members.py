"""What Google's identifiers of principals say of who is behind them.

Owns the forms that are workloads (Google Cloud, "Principal identifiers" and "Resource types with
built-in identities"); what has none of these forms isn't one. Compared with case, as Google does.

A workload identity pool vouches for what its provider's issuer says; that this is no person's
account, and which of the pool's subjects may come, is trust, and judged there.
"""

from __future__ import annotations

import re
from typing import Final

from ...certainty import Certainty, is_one_of
from ...values import UNKNOWN
from .faults import Fault

# Also Google's own agents and default accounts. An account of another domain isn't a service
# account, whatever stands before it.
_ACCOUNT: Final = r"[^@\s:,]+@[a-z0-9.-]+\.gserviceaccount\.com"
_ACCOUNT_EMAIL: Final = re.compile(_ACCOUNT)

_WORKLOAD: Final = re.compile(
    rf"serviceAccount:{_ACCOUNT}"
    # A service account of Kubernetes.
    r"|serviceAccount:[a-z0-9.:-]+\.svc\.id\.goog\[[a-z0-9.-]+/[a-z0-9.-]+\]"
    # Federated workloads.
    r"|principal(Set)?://iam\.googleapis\.com/projects/[^/\s]+/locations/global"
    r"/workloadIdentityPools/[^/\s]+/\S+"
    # All service accounts of a project, folder or organization.
    r"|principalSet://cloudresourcemanager\.googleapis\.com"
    r"/(projects|folders|organizations)/[^/\s]+/type/ServiceAccount"
    # One resource with an identity of its own.
    r"|principal://[a-z]+\.googleapis\.com/projects/[^/\s]+/(uid|name)/\S+"
)

# What a message may say of the others.
_OTHERS: Final = {
    "allusers": "is everybody",
    "allauthenticatedusers": "is everybody with a Google account",
    "user": "is a person",
    "group": "is a group that isn't one of the parameter groups",
    "domain": "is everybody of a domain",
    "deleted": "is a deleted principal, which may have been a person and may come back",
    "projectowner": "is every owner of a project",
    "projecteditor": "is every editor of a project",
    "projectviewer": "is every viewer of a project",
}
_WORKFORCE: Final = "/workforcepools/"


def not_workload(member: object, where: str, groups: frozenset[str]) -> Fault | None:
    """What is wrong with a member of an IAM policy, or None.

    Args:
        member: a principal identifier; absent is no workload.
        where: where it stands.
        groups: e-mail addresses of groups, lower-cased, that may stand there.
    """
    if member is UNKNOWN:
        return Fault(where, "", Certainty.UNDECIDED)
    if not isinstance(member, str):
        return Fault(where, "isn't a text, so no workload is proven")
    if _WORKLOAD.fullmatch(member):
        return None
    kind, _, rest = member.partition(":")
    if kind == "group" and is_one_of(rest, groups):
        return None
    if _WORKFORCE in member.lower():
        return Fault(where, "is a workforce identity: a person, or many")
    return Fault(where, _OTHERS.get(kind.strip().lower(), "isn't a workload of any known form"))


def is_service_account(email: object) -> bool:
    """Whether a known value is a service account's e-mail address."""
    return isinstance(email, str) and _ACCOUNT_EMAIL.fullmatch(email) is not None
