"""`gcp:serviceaccount/iAMMember:IAMMember` and `gcp:projects/iAMMember:IAMMember`.

One member of one role's binding. The provider adds to the policy, so a grant that is there already
is taken over without a word (its documentation: "Non-authoritative").
"""

from __future__ import annotations

import base64
import hashlib
from abc import abstractmethod
from typing import ClassVar

from pulumi_gcp import projects, serviceaccount

from sandbox.controlplane import errors
from sandbox.controlplane.google.base import (
    ACCOUNT,
    GoogleType,
    check_member,
    check_role,
    find_project,
)
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import Plain


class _IamMember(GoogleType):
    """Common to both: every input replaces; the id is made of resource, role and member."""

    resource: ClassVar[str]
    """The input that names whose policy it is."""

    def object_id(self, context: Context, inputs: Plain) -> str:
        object_id = "/".join((inputs[self.resource], inputs["role"], _normal(inputs["member"])))
        title = inputs.get("condition", {}).get("title")
        return f"{object_id}/{title}" if title else object_id

    def create(self, context: Context, inputs: Plain) -> str:
        object_id = self.object_id(context, inputs)
        body = self.body(context, object_id, inputs, None)
        if context.find(self.token, object_id) is None:
            context.cloud.store.insert(self.token, object_id, body, context.now)
        return object_id

    def body(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        action = f"Error applying IAM policy for {self.noun}"
        self.check_resource(context, action, inputs[self.resource])
        check_role(action, inputs["role"])
        check_member(context, action, inputs["member"])
        return {
            **self.stored(inputs),
            "member": _normal(inputs["member"]),
            "etag": base64.b64encode(hashlib.sha256(object_id.encode()).digest()[:8]).decode(),
        }

    @abstractmethod
    def check_resource(self, context: Context, action: str, resource: str) -> None:
        """Refuse a resource that isn't there (raise CloudError)."""

    def inputs(self, object_id: str, values: Plain) -> Plain:
        """All inputs are outputs too; an id's parts hold slashes and can't be told apart."""
        return {name: values[name] for name in self.schema.inputs if name in values}


class ServiceAccountIamMember(_IamMember):
    """Who may act on a service account: mint its tokens, say."""

    sdk = serviceaccount.IAMMember
    noun = "service account"
    resource = "serviceAccountId"
    path = "{serviceAccountId}/{role}/{member}"
    replace_on = frozenset({"serviceAccountId", "role", "member", "condition"})

    def check_resource(self, context: Context, action: str, resource: str) -> None:
        if context.find(ACCOUNT, resource) is None:
            raise errors.google(
                f"{action} '{resource}'",
                404,
                f"Unknown service account: '{resource}'. It is named by the account's `name`"
                " (projects/…/serviceAccounts/…), not by its email.",
                "notFound",
            )


class ProjectIamMember(_IamMember):
    """Who may do what in a project."""

    sdk = projects.IAMMember
    noun = "project"
    resource = "project"
    path = "{project}/{role}/{member}"
    replace_on = frozenset({"project", "role", "member", "condition"})

    def check_resource(self, context: Context, action: str, resource: str) -> None:
        find_project(context, f'{action} "{resource}"', resource)


def _normal(member: str) -> str:
    """Emails are compared without regard to case; the provider lowers them."""
    kind, colon, name = member.partition(":")
    if kind in ("principal", "principalSet"):
        return member
    return f"{kind}{colon}{name.lower()}"
