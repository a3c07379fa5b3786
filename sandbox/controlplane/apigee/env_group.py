"""`gcp:apigee/envGroup:EnvGroup` and the attachment of environments to it."""

from __future__ import annotations

import re
import uuid

from sandbox.controlplane.apigee.base import (
    ENV_GROUP,
    ENV_GROUP_ATTACHMENT,
    ApigeeType,
    beneath,
)
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import Plain
from sandbox.store import StoredObject

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_HOST = re.compile(
    r"(?=.{1,253}$)(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
)


class EnvGroup(ApigeeType):
    """Host names belong to one group of the organization.

    Names and host names: Apigee's documentation, "Working with environment groups".
    """

    sdk = "pulumi_gcp.apigee.EnvGroup"
    noun = "Envgroup"
    path = "{orgId}/envgroups/{name}"
    name_input = "name"
    replace_on = frozenset({"orgId", "name"})
    operations = frozenset({"create", "update", "delete"})

    def body(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        self.organization(context, inputs["orgId"])
        if not _NAME.fullmatch(inputs["name"]):
            raise self.invalid(
                f"environment group name {inputs['name']} must match ^{_NAME.pattern}$: up to 63"
                " lower-case letters, digits and hyphens"
            )
        hosts = inputs.get("hostnames", [])
        if not hosts:
            raise self.invalid(f"environment group {inputs['name']} needs at least one hostname")
        for host in hosts:
            if not _HOST.fullmatch(host):
                raise self.invalid(f"invalid hostname: {host}")
        for other in beneath(context, ENV_GROUP, inputs["orgId"]):
            taken = sorted({*hosts} & {*other.body["hostnames"]})
            if other.id != object_id and taken:
                raise self.refuse(
                    409,
                    f"generic::already_exists: hostname {taken[0]} is already in use by environment"
                    f" group {other.body['name']}",
                    "alreadyExists",
                )
        return self.stored(inputs)

    def before_delete(self, context: Context, found: StoredObject) -> None:
        for attachment in beneath(context, ENV_GROUP_ATTACHMENT, found.id):
            raise self.in_use(found.id, attachment.id)


class EnvGroupAttachment(ApigeeType):
    """Which environments answer for a group's host names. Apigee makes its name."""

    sdk = "pulumi_gcp.apigee.EnvGroupAttachment"
    noun = "EnvgroupAttachment"
    path = "{envgroupId}/attachments/{name}"
    replace_on = frozenset({"envgroupId", "environment"})
    told_apart_by = ("envgroupId", "environment")
    operations = frozenset({"create", "delete"})

    def object_id(self, context: Context, inputs: Plain) -> str:
        return self.path.format(envgroupId=inputs["envgroupId"], name=uuid.uuid4())

    def body(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        group = inputs["envgroupId"]
        organization = group.split("/envgroups/", 1)[0]
        self.organization(context, organization)
        if context.find(ENV_GROUP, group) is None:
            raise self.not_there(group)
        self.environment(context, f"{organization}/environments/{inputs['environment']}")
        for other in beneath(context, ENV_GROUP_ATTACHMENT, group):
            if other.id != object_id and other.body["environment"] == inputs["environment"]:
                raise self.already_exists(other.id)
        return {**self.stored(inputs), "name": object_id.rsplit("/", 1)[1]}
