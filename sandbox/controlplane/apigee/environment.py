"""`gcp:apigee/environment:Environment` and its attachment to an instance."""

from __future__ import annotations

import re
import uuid

from pulumi_gcp import apigee

from sandbox.controlplane.apigee.base import (
    API_DEPLOYMENT,
    DEBUG_MASK,
    ENTRY,
    ENV_GROUP_ATTACHMENT,
    FLOW_DEPLOYMENT,
    INSTANCE,
    INSTANCE_ATTACHMENT,
    KEY_VALUE_MAP,
    ApigeeType,
    beneath,
)
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import Plain
from sandbox.store import StoredObject

_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}[a-z0-9]")
_TYPES = ("BASE", "INTERMEDIATE", "COMPREHENSIVE")
_DEPLOYMENT_TYPES = ("PROXY", "ARCHIVE")
_PROXY_TYPES = ("PROGRAMMABLE", "CONFIGURABLE")


class Environment(ApigeeType):
    """Description, display name and type change in place; a delete needs it detached."""

    sdk = apigee.Environment
    noun = "Environment"
    path = "{orgId}/environments/{name}"
    name_input = "name"
    replace_on = frozenset({"orgId", "name", "deploymentType", "apiProxyType"})

    def body(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        self.organization(context, inputs["orgId"])
        if not _NAME.fullmatch(inputs["name"]):
            raise self.refuse(
                400,
                f"generic::invalid_argument: environment name {inputs['name']} must match"
                f" ^{_NAME.pattern}$",
                "badRequest",
            )
        body = {
            "type": "BASE",
            "deploymentType": "PROXY",
            "apiProxyType": "PROGRAMMABLE",
            "nodeConfig": {},
            **self.kept(previous),
            **self.stored(inputs),
        }
        for name, allowed in (
            ("type", _TYPES),
            ("deploymentType", _DEPLOYMENT_TYPES),
            ("apiProxyType", _PROXY_TYPES),
        ):
            if body[name] not in allowed:
                raise self.refuse(
                    400,
                    f"Invalid value at 'environment.{name}': \"{body[name]}\", expected one of"
                    f" {', '.join(allowed)}",
                    "invalid",
                )
        return body

    def before_delete(self, context: Context, found: StoredObject) -> None:
        name = found.body["name"]
        organization = found.id.rsplit("/environments/", 1)[0]
        for type_ in (INSTANCE_ATTACHMENT, ENV_GROUP_ATTACHMENT):
            for item in beneath(context, type_, organization):
                if item.body["environment"] == name:
                    raise self.in_use(found.id, item.id)
        for type_ in (API_DEPLOYMENT, FLOW_DEPLOYMENT):
            for item in beneath(context, type_, found.id):
                raise self.in_use(found.id, item.id)
        for type_ in (ENTRY, KEY_VALUE_MAP, DEBUG_MASK):
            for item in beneath(context, type_, found.id):
                context.cloud.store.remove(type_, item.id, context.now)


class InstanceAttachment(ApigeeType):
    """Without one an environment serves nothing. Apigee makes its name."""

    sdk = apigee.InstanceAttachment
    noun = "InstanceAttachment"
    path = "{instanceId}/attachments/{name}"
    replace_on = frozenset({"instanceId", "environment"})

    def object_id(self, context: Context, inputs: Plain) -> str:
        return self.path.format(instanceId=inputs["instanceId"], name=uuid.uuid4())

    def body(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        instance = inputs["instanceId"]
        organization = instance.split("/instances/", 1)[0]
        self.organization(context, organization)
        if context.find(INSTANCE, instance) is None:
            raise self.not_there(instance)
        self.environment(context, f"{organization}/environments/{inputs['environment']}")
        for other in beneath(context, INSTANCE_ATTACHMENT, instance):
            if other.id != object_id and other.body["environment"] == inputs["environment"]:
                raise self.already_exists(other.id)
        return {**self.stored(inputs), "name": object_id.rsplit("/", 1)[1]}
