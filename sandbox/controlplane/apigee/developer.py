"""`gcp:apigee/developer:Developer`: who owns apps."""

from __future__ import annotations

import re
import uuid

from sandbox.controlplane.apigee.base import APP, ApigeeType, milliseconds, remove_beneath
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import Plain
from sandbox.store import StoredObject

_NAMES = ("userName", "firstName", "lastName")
_NAME = re.compile(r".+")
_LONGEST_NAME = 64
"""Apigee's documentation, "Naming guidelines"."""
_EMAIL = re.compile(r"[^\s@A-Z]+@[^\s@A-Z]+")


class Developer(ApigeeType):
    """A developer's apps go with it (API reference, `developers.delete`)."""

    sdk = "pulumi_gcp.apigee.Developer"
    noun = "Developer"
    path = "{orgId}/developers/{email}"
    replace_on = frozenset({"orgId", "email"})

    def body(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        organization = self.organization(context, inputs["orgId"])
        if not _EMAIL.fullmatch(inputs["email"]):
            raise self.invalid(f"{inputs['email']} is no email address in lower case")
        for name in _NAMES:
            if len(inputs[name]) > _LONGEST_NAME or not _NAME.fullmatch(inputs[name]):
                raise self.invalid(
                    f"{name} must have 1 to {_LONGEST_NAME} characters and no line break"
                )
        self.check_attributes(inputs)
        return {
            **self.stored(inputs),
            "developerId": previous["developerId"] if previous else str(uuid.uuid4()),
            # The SDK's spelling.
            "organizatioName": organization.body["name"],
            "status": "active",
            "createdAt": previous["createdAt"] if previous else milliseconds(context.now),
            "lastModifiedAt": milliseconds(context.now),
        }

    def before_delete(self, context: Context, found: StoredObject) -> None:
        remove_beneath(context, found.id, APP)
