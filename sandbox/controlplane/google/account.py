"""`gcp:serviceaccount/account:Account`."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import Any, ClassVar

from sandbox.controlplane.google.base import DELETION_POLICY, GoogleType, find_project, project_of
from sandbox.controlplane.google.iam_members import ProjectIamMember, ServiceAccountIamMember
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import UNKNOWN, Plain
from sandbox.store import StoredObject

_ID = re.compile(r"[a-z]([-a-z0-9]{4,28}[a-z0-9])")


class Account(GoogleType):
    """Each creation gets a new unique id, so a recreated account is another subject to Entra."""

    sdk = "pulumi_gcp.serviceaccount.Account"
    noun = "service account"
    path = "projects/{project}/serviceAccounts/{email}"
    name_input = "accountId"
    replace_on = frozenset({"accountId", "project"})
    local: ClassVar[Mapping[str, Any]] = {**DELETION_POLICY, "createIgnoreAlreadyExists": None}

    def refusals(self, context: Context, inputs: Plain) -> list[str]:
        account_id = inputs["accountId"]
        if account_id is UNKNOWN or _ID.fullmatch(account_id):
            return []
        reason = (
            f'"account_id" ("{account_id}") doesn\'t match regexp "^{_ID.pattern}$": 6 to 30'
            " lower-case letters, digits and hyphens, starting with a letter"
        )
        return [reason]

    def object_id(self, context: Context, inputs: Plain) -> str:
        project = project_of(context, inputs)
        find_project(context, "Error creating service account", project)
        email = f"{inputs['accountId']}@{project}.iam.gserviceaccount.com"
        return self.path.format(project=project, email=email)

    def create(self, context: Context, inputs: Plain) -> str:
        object_id = self.object_id(context, inputs)
        if inputs.get("createIgnoreAlreadyExists") and context.find(self.token, object_id):
            return object_id
        return super().create(context, inputs)

    def body(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        project, email = object_id.split("/")[1], object_id.rsplit("/", 1)[1]
        return {
            "accountId": inputs["accountId"],
            "description": inputs.get("description", ""),
            "disabled": inputs.get("disabled", False),
            "displayName": inputs.get("displayName", ""),
            "email": email,
            "member": f"serviceAccount:{email}",
            "name": object_id,
            "project": project,
            "uniqueId": previous["uniqueId"] if previous else _unique_id(),
        }

    def before_delete(self, context: Context, found: StoredObject) -> None:
        """Grants *on* the account go with it; grants *to* it stay, and count for nobody.

        IAM documentation, "Deleted principals": a new account of the same name doesn't get them.
        """
        of_account, of_project = ServiceAccountIamMember(), ProjectIamMember()
        for grant in context.all(of_account.token):
            if grant.body["serviceAccountId"] == found.id:
                context.cloud.store.remove(of_account.token, grant.id, context.now)
        for type_ in (of_account, of_project):
            for grant in context.all(type_.token):
                if grant.body["member"] == f"serviceAccount:{found.body['email']}":
                    type_.forget(context, grant, found.body["uniqueId"])

    def inputs(self, object_id: str, values: Plain) -> Plain:
        found = super().inputs(object_id, values)
        # Empty and false are what absent inputs read back as.
        return {name: value for name, value in found.items() if value not in ("", False)}


def _unique_id() -> str:
    """21 digits, as Google's numeric ids have."""
    return f"1{secrets.randbelow(10**20):020d}"
