"""`gcp:serviceaccount/iAMMember:IAMMember` and `gcp:projects/iAMMember:IAMMember`.

One member of one role's binding. The provider adds to the policy, so a grant that is there already
is taken over without a word (its documentation: "Non-authoritative"). The stored objects of these
two types are the policies: whatever else edits a policy edits them.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from sandbox import google_iam
from sandbox.controlplane import errors
from sandbox.controlplane.google import iam_policy
from sandbox.controlplane.google.base import GoogleType, find_project, require_resource_manager
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import Plain
from sandbox.store import StoredObject


class _IamMember(GoogleType):
    """Common to both: every input replaces; the id is made of resource, role, member, condition."""

    resource: ClassVar[str]
    """The input that names whose policy it is."""

    everybody: ClassVar[bool]
    """Whether `allUsers` and `allAuthenticatedUsers` may be members."""

    def refusals(self, context: Context, inputs: Plain) -> list[str]:
        return iam_policy.refusals("member", inputs["member"])

    def object_id(self, context: Context, inputs: Plain) -> str:
        return iam_policy.state_id(self._parts(inputs), inputs.get("condition"))

    def _parts(self, values: Plain) -> tuple[str, ...]:
        return values[self.resource], values["role"], iam_policy.normal(values["member"])

    def create(self, context: Context, inputs: Plain) -> str:
        object_id = self.object_id(context, inputs)
        body = self.body(context, object_id, inputs, None)
        if context.find(self.token, object_id) is None:
            context.cloud.store.insert(self.token, object_id, body, context.now)
        return object_id

    def body(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        action = f"Error applying IAM policy for {self.noun} '{inputs[self.resource]}'"
        self.check_resource(context, action, inputs[self.resource])
        iam_policy.check_role(context, action, inputs["role"])
        iam_policy.check_member(context, action, inputs["member"], everybody=self.everybody)
        return {**self.stored(inputs), "member": iam_policy.normal(inputs["member"])}

    @abstractmethod
    def check_resource(self, context: Context, action: str, resource: str) -> None:
        """Refuse a resource that isn't there (raise CloudError)."""

    def read(self, context: Context, object_id: str, state: Plain) -> Plain | None:
        found = super().read(context, object_id, state)
        return None if found is None else {**found, "etag": iam_policy.etag(object_id)}

    def inputs(self, object_id: str, values: Plain) -> Plain:
        """All inputs are outputs too; an id's parts hold slashes and can't be told apart."""
        return {name: values[name] for name in self.schema.inputs if name in values}

    def check_id(self, object_id: str) -> None:
        """Nothing: its parts hold slashes by design, and nobody tells them apart."""

    def import_id(self, object_id: str, body: Plain) -> str:
        return iam_policy.import_id(self._parts(body), body.get("condition"))

    def imported(self, context: Context, import_id: str) -> str:
        parts = import_id.split()
        if len(parts) < 3:
            raise errors.bridged(
                f"Wrong number of parts to Member id {parts}; expected 'resource_name role member"
                " [condition_title]'."
            )
        wanted = " ".join([*parts[:2], iam_policy.normal(parts[2]), *parts[3:]])
        for found in context.all(self.token):
            if self.import_id(found.id, found.body) == wanted:
                return found.id
        raise errors.bridged(
            f'Cannot find binding for "{self.noun} {parts[0]}" with role "{parts[1]}", member'
            f' "{parts[2]}", and condition title "{" ".join(parts[3:])}"'
        )

    def forget(self, context: Context, found: StoredObject, unique_id: str) -> None:
        """Turn a stored member whose account is deleted into what a policy shows then."""
        member = iam_policy.deleted(found.body["member"], unique_id)
        body = {**found.body, "member": member}
        context.cloud.store.remove(self.token, found.id, context.now)
        left = self.object_id(context, body)
        if context.find(self.token, left) is None:
            context.cloud.store.insert(self.token, left, body, context.now)


class ServiceAccountIamMember(_IamMember):
    """Who may act on a service account: mint its tokens, say."""

    sdk = "pulumi_gcp.serviceaccount.IAMMember"
    noun = "service account"
    resource = "serviceAccountId"
    everybody = True
    path = "{serviceAccountId}/{role}/{member}"
    replace_on = frozenset({"serviceAccountId", "role", "member", "condition"})

    def check_resource(self, context: Context, action: str, resource: str) -> None:
        if context.find(google_iam.ACCOUNT, resource) is None:
            raise errors.google(
                action,
                404,
                f"Unknown service account: '{resource}'. It is named by the account's `name`"
                " (projects/…/serviceAccounts/…), not by its email.",
                "notFound",
            )


class ProjectIamMember(_IamMember):
    """Who may do what in a project."""

    sdk = "pulumi_gcp.projects.IAMMember"
    noun = "project"
    resource = "project"
    everybody = False
    path = "{project}/{role}/{member}"
    replace_on = frozenset({"project", "role", "member", "condition"})

    def check_resource(self, context: Context, action: str, resource: str) -> None:
        require_resource_manager(context, action)
        find_project(context, action, resource)
