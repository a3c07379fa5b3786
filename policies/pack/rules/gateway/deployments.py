"""What runs in an Apigee environment runs as that environment's own account.

Owns the service account of deployments: the flow's trust hangs on it, and an account of two environments
would read both vaults.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ...certainty import Certainty, holds
from ...model import About, Context, Finding, Resource, StackRule
from ...values import UNKNOWN

_DEPLOYMENTS: Final = (
    "gcp:apigee:sharedflowdeployment",
    "gcp:apigee:environmentapirevisiondeployment",
    "gcp:apigee:apideployment",
)
# The accounts that Google makes by default may do too much (Google Cloud, "Types of service accounts").
_OWN: Final = re.compile(
    r"(projects/[^/]+/serviceAccounts/)?(?!\d+-compute@)[a-z][a-z0-9-]{4,28}[a-z0-9]"
    r"@(?!appspot\.)[a-z0-9.:-]+\.iam\.gserviceaccount\.com"
)


def judge(resources: Mapping[str, Sequence[Resource]], context: Context) -> Iterator[Finding]:
    """Finds deployments without an account, and environments that share or mix accounts.

    Args:
        resources: deployments, by normalised type.
        context: of no use to this rule.
    """
    places: dict[object, set[object]] = defaultdict(set)
    accounts: dict[object, set[object]] = defaultdict(set)
    deployments = [d for kind in _DEPLOYMENTS for d in resources.get(kind, ())]
    for deployment in deployments:
        account, place = _account(deployment), deployment.properties.get("environment")
        if isinstance(place, str) and account is not None:
            places[account].add(place)
            accounts[place].add(account)
    for deployment in deployments:
        yield from _judged(deployment, places, accounts)


def _judged(
    deployment: Resource,
    places: Mapping[object, set[object]],
    accounts: Mapping[object, set[object]],
) -> Iterator[Finding]:
    value = deployment.properties.get("serviceAccount")
    own = holds(value, lambda known: isinstance(known, str) and _OWN.fullmatch(known) is not None)
    account, place = _account(deployment), deployment.properties.get("environment")
    if own is Certainty.NO:
        yield _finding(
            deployment, "serviceAccount isn't set, or is one of Google's default accounts"
        )
    elif account is None:
        yield _finding(deployment, "serviceAccount isn't known", decided=False)
    elif len(places.get(account, ())) > 1:
        yield _finding(deployment, "serviceAccount is another environment's as well")
    elif len(accounts.get(place, ())) > 1:
        yield _finding(
            deployment, "another deployment of its environment has another serviceAccount"
        )


def _account(deployment: Resource) -> object:
    """What tells the account: its e-mail address, or what that was computed from."""
    value = deployment.properties.get("serviceAccount")
    if value is UNKNOWN:
        return tuple(sorted(deployment.dependencies.get("serviceAccount", ()))) or None
    return value.rpartition("/")[2] if isinstance(value, str) else None


def _finding(deployment: Resource, why: str, decided: bool = True) -> Finding:
    return Finding(
        deployment.urn,
        f"Deployment '{deployment.name}': {why}. Deploy everything in an environment with one service "
        "account that is that environment's alone.",
        decided,
    )


RULE = StackRule(
    about=About(
        name="apigee-deployment-account",
        description="Apigee deployments carry a service account, one an environment.",
        severity="high",
        controls=("MCSB IM-3",),
        remediation=(
            "1. Make a service account for each environment.\n"
            "2. Set serviceAccount to it on every deployment there."
        ),
    ),
    types=frozenset(_DEPLOYMENTS),
    judge=judge,
)
