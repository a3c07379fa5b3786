"""`gcp:apigee/apiProduct:ApiProduct`: what an app's key may be used for."""

from __future__ import annotations

import re

from sandbox.controlplane import errors
from sandbox.controlplane.apigee.base import ENVIRONMENT, PRODUCT, ApigeeType, milliseconds
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import UNKNOWN, Plain

_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9._\-$ %]*")
_APPROVALS = ("auto", "manual")
_LEFT_OUT = ("graphqlOperationGroup", "grpcOperationGroup", "space")
_API = "gcp:apigee/api:Api"


class ApiProduct(ApigeeType):
    """Deleting one is never refused: its apps' requests fail from then on (API reference)."""

    sdk = "pulumi_gcp.apigee.ApiProduct"
    noun = "ApiProduct"
    path = "{orgId}/apiproducts/{name}"
    name_input = "name"
    replace_on = frozenset({"orgId", "name", "space"})
    unordered = frozenset({"apiResources", "attributes", "environments", "proxies"})

    def refusals(self, context: Context, inputs: Plain) -> list[str]:
        reasons = []
        name, approval = inputs["name"], inputs.get("approvalType")
        if name is not UNKNOWN and not _NAME.fullmatch(name):
            reasons.append(f'"name" ("{name}") doesn\'t match regexp "^{_NAME.pattern}$"')
        if approval not in (None, UNKNOWN, "", *_APPROVALS):
            reasons.append(
                f"expected approval_type to be one of {list(_APPROVALS)}, got {approval}"
            )
        return reasons

    def body(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        self.organization(context, inputs["orgId"])
        for name in _LEFT_OUT:
            if inputs.get(name):
                raise errors.bridged(f"{name}: the sandbox has no such part of an API product")
        self.check_attributes(inputs)
        for field, type_, folder in (
            ("environments", ENVIRONMENT, "environments"),
            ("proxies", _API, "apis"),
        ):
            for name in inputs.get(field, []):
                if context.find(type_, f"{inputs['orgId']}/{folder}/{name}") is None:
                    raise self.not_there(f"{inputs['orgId']}/{folder}/{name}")
        if inputs.get("quota") and not (
            inputs.get("quotaInterval") and inputs.get("quotaTimeUnit")
        ):
            raise self.invalid("quota needs quotaInterval and quotaTimeUnit")
        return {
            **self.stored(inputs),
            "createdAt": previous["createdAt"] if previous else milliseconds(context.now),
            "lastModifiedAt": milliseconds(context.now),
        }


def approval(context: Context, organization: str, name: str) -> str | None:
    """How a key gets at a product: `approved`, `pending`; None where there is no such product."""
    found = context.find(PRODUCT, f"{organization}/apiproducts/{name}")
    if found is None:
        return None
    return "pending" if found.body.get("approvalType") == "manual" else "approved"
