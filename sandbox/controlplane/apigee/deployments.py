"""What both deployment types check: the bundle, the environment, the account, the dependencies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from sandbox import google_iam
from sandbox.controlplane.apigee.base import (
    API_DEPLOYMENT,
    FLOW_DEPLOYMENT,
    FLOW_HOOK,
    ApigeeType,
    Violation,
    beneath,
)
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import Plain
from sandbox.gateway import bundle
from sandbox.gateway.model import Bundle
from sandbox.gateway.revisions import Kind, Revisions
from sandbox.store import StoredObject

_EXTENSIBLE: Final = frozenset(
    {
        *("AssignMessage", "ServiceCallout"),
        *("InvalidateCache", "LookupCache", "PopulateCache", "ResponseCache"),
    }
)
"""Of the policies that the runtime knows, those that "Policy reference overview" calls extensible."""

_REVISION: Final = re.compile(r"[1-9][0-9]{0,9}")

_DEPLOYED: tuple[tuple[str, Kind, str], ...] = (
    (API_DEPLOYMENT, "proxy", "api"),
    (FLOW_DEPLOYMENT, "sharedflow", "sharedflowId"),
)
"""Deployment types, what they deploy and the property that names it."""


class Deployment(ApigeeType):
    """A revision that runs in an environment."""

    def deployable(self, context: Context, inputs: Plain, kind: Kind, name: str) -> Bundle:
        """The bundle of the revision to deploy. Raises CloudError for what Apigee refuses."""
        organization = f"organizations/{inputs['orgId']}"
        environment = self.environment(
            context, f"{organization}/environments/{inputs['environment']}"
        )
        revision = inputs["revision"]
        folder = "apis" if kind == "proxy" else "sharedflows"
        subject = f"{organization}/{folder}/{name}/revisions/{revision}"
        number = int(revision) if _REVISION.fullmatch(str(revision)) else 0
        data = Revisions(context.cloud.store).get(kind, name, number)
        if data is None:
            raise self.not_there(subject)
        found = bundle.load(data, kind)
        self._check_environment(environment, found)
        self._check_account(context, inputs, found)
        self._check_dependencies(context, environment, found, subject)
        return found

    def _check_environment(self, environment: StoredObject, found: Bundle) -> None:
        used = extensible(found)
        if environment.body["type"] == "BASE" and used:
            raise self.failed_precondition(
                f"{found.name} uses extensible policies ({', '.join(used)}); environment"
                f" {environment.body['name']} is of type BASE and allows standard policies only:"
                " INTERMEDIATE or COMPREHENSIVE is needed"
            )

    def _check_account(self, context: Context, inputs: Plain, found: Bundle) -> None:
        account = inputs.get("serviceAccount")
        if account is None:
            if found.needs_service_account:
                raise self.invalid(
                    f"{found.name} uses Google authentication; a service account is required to"
                    " deploy it"
                )
            return
        email = account.removeprefix("projects/-/serviceAccounts/")
        if not google_iam.may_act_as(context.cloud, email):
            raise self.failed_precondition(
                f"service account {email} doesn't exist, or the caller lacks"
                " iam.serviceAccounts.actAs on it"
            )

    def _check_dependencies(
        self, context: Context, environment: StoredObject, found: Bundle, subject: str
    ) -> None:
        """Refuse a bundle that calls a shared flow which isn't deployed in the environment.

        API reference, `environments.apis.revisions.deployments.deploy`: "validates the dependencies
        between shared flows and API proxies at deployment time".
        """
        there = {
            item.body["sharedflowId"] for item in beneath(context, FLOW_DEPLOYMENT, environment.id)
        }
        missing = sorted(found.shared_flows - there)
        if missing:
            raise self.violated(
                "deployment",
                (
                    Violation(
                        "MISSING_DEPENDENCY",
                        subject,
                        f"Shared flow {name} is not deployed in environment"
                        f" {environment.body['name']}.",
                    )
                    for name in missing
                ),
            )


def extensible(found: Bundle) -> list[str]:
    """The types of a bundle's extensible policies, sorted."""
    return sorted({policy.type for policy in found.policies.values()} & _EXTENSIBLE)


def deployed(context: Context, environment: str) -> Iterator[tuple[StoredObject, Bundle]]:
    """The deployments in an environment, with their bundles."""
    revisions = Revisions(context.cloud.store)
    for type_, kind, name in _DEPLOYED:
        for item in beneath(context, type_, environment):
            data = revisions.get(kind, item.body[name], int(item.body["revision"]))
            assert data is not None, f"{item.id} is deployed without its revision"
            yield item, bundle.load(data, kind)


def users(context: Context, environment: str, shared_flow: str) -> list[Violation]:
    """What in an environment would break without a shared flow: bundles that call it, flow hooks."""
    calling = [
        Violation(
            "WOULD_BREAK_DEPENDENT",
            item.id,
            f"{item.id} depends on the shared flow {shared_flow}.",
        )
        for item, found in deployed(context, environment)
        if shared_flow in found.shared_flows
    ]
    hooked = [
        Violation(
            "SharedFlowInUse",
            hook.id,
            f"The Shared flow {shared_flow} is in use by {hook.body['flowHookPoint']}.",
        )
        for hook in beneath(context, FLOW_HOOK, environment)
        if hook.body["sharedflow"] == shared_flow
    ]
    return calling + hooked
