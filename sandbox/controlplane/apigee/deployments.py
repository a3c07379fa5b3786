"""What both deployment types check: the bundle, the environment's type and the service account."""

from __future__ import annotations

from sandbox.controlplane.apigee.base import (
    API_DEPLOYMENT,
    FLOW_DEPLOYMENT,
    ApigeeType,
    beneath,
)
from sandbox.controlplane.google.base import ACCOUNT
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import Plain
from sandbox.gateway import bundle
from sandbox.gateway.model import Bundle
from sandbox.gateway.revisions import Kind, Revisions
from sandbox.store import StoredObject

_EXTENSIBLE = frozenset({"AssignMessage", "ServiceCallout", "InvalidateCache"})
"""Policies of this repository's bundles that Apigee's documentation calls extensible."""

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
        data = Revisions(context.cloud.store).get(kind, name, int(revision))
        if data is None:
            folder = "apis" if kind == "proxy" else "sharedflows"
            raise self.not_there(f"{organization}/{folder}/{name}/revisions/{revision}")
        found = bundle.load(data, kind)
        self._check_environment(environment, found)
        self._check_account(context, inputs, found)
        return found

    def _check_environment(self, environment: StoredObject, found: Bundle) -> None:
        used = sorted({p.type for p in found.policies.values()} & _EXTENSIBLE)
        if environment.body["type"] == "BASE" and used:
            raise self.refuse(
                400,
                f"generic::failed_precondition: {found.name} uses extensible policies"
                f" ({', '.join(used)}); environment {environment.body['name']} is of type BASE and"
                " allows standard policies only: INTERMEDIATE or COMPREHENSIVE is needed",
                "failedPrecondition",
            )

    def _check_account(self, context: Context, inputs: Plain, found: Bundle) -> None:
        account = inputs.get("serviceAccount")
        if account is None:
            if found.needs_service_account:
                raise self.refuse(
                    400,
                    f"generic::invalid_argument: {found.name} uses Google authentication; a service"
                    " account is required to deploy it",
                    "badRequest",
                )
            return
        email = account.removeprefix("projects/-/serviceAccounts/")
        if all(item.body["email"] != email for item in context.all(ACCOUNT)):
            raise self.refuse(
                400,
                f"generic::failed_precondition: service account {email} doesn't exist, or the"
                " caller lacks iam.serviceAccounts.actAs on it",
                "failedPrecondition",
            )


def dependents(context: Context, environment: str, shared_flow: str) -> list[str]:
    """Ids of the deployments in an environment whose bundles call a shared flow."""
    found = []
    revisions = Revisions(context.cloud.store)
    for type_, kind, name in _DEPLOYED:
        for item in beneath(context, type_, environment):
            data = revisions.get(kind, item.body[name], int(item.body["revision"]))
            if data and shared_flow in bundle.load(data, kind).shared_flows:
                found.append(item.id)
    return found
