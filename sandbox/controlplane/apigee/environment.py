"""`gcp:apigee/environment:Environment` and its attachment to an instance."""

from __future__ import annotations

import re
import uuid

from sandbox.controlplane import errors
from sandbox.controlplane.apigee.base import (
    ALIAS,
    API_DEPLOYMENT,
    DEBUG_MASK,
    ENTRY,
    ENV_GROUP_ATTACHMENT,
    FLOW_DEPLOYMENT,
    FLOW_HOOK,
    INSTANCE_ATTACHMENT,
    KEY_VALUE_MAP,
    KEYSTORE,
    REFERENCE,
    TARGET_SERVER,
    ApigeeType,
    beneath,
    remove_beneath,
)
from sandbox.controlplane.apigee.deployments import deployed, extensible
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import UNKNOWN, Plain
from sandbox.store import StoredObject

_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}[a-z0-9]")
_VALUES = {
    "type": ("ENVIRONMENT_TYPE_UNSPECIFIED", "BASE", "INTERMEDIATE", "COMPREHENSIVE"),
    "deploymentType": ("DEPLOYMENT_TYPE_UNSPECIFIED", "PROXY", "ARCHIVE"),
    "apiProxyType": ("API_PROXY_TYPE_UNSPECIFIED", "PROGRAMMABLE", "CONFIGURABLE"),
}
"""The provider's own lists; it refuses other values before any call."""
_DEFAULTS = {"type": "BASE", "deploymentType": "PROXY", "apiProxyType": "PROGRAMMABLE"}


class Environment(ApigeeType):
    """Description, display name and type change in place; a delete needs it detached."""

    sdk = "pulumi_gcp.apigee.Environment"
    noun = "Environment"
    path = "{orgId}/environments/{name}"
    name_input = "name"
    replace_on = frozenset({"orgId", "name", "deploymentType", "apiProxyType"})
    operations = frozenset({"create", "delete"})

    def refusals(self, context: Context, inputs: Plain) -> list[str]:
        return [
            f"expected {name} to be one of {list(allowed)}, got {inputs[name]}"
            for name, allowed in _VALUES.items()
            if inputs.get(name) not in (None, UNKNOWN, "", *allowed)
        ]

    def body(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        self.organization(context, inputs["orgId"])
        if not _NAME.fullmatch(inputs["name"]):
            raise self.invalid(
                f"environment name {inputs['name']} must match ^{_NAME.pattern}$: 2 to 32"
                " lower-case letters, digits and hyphens"
            )
        if inputs.get("forwardProxyUri"):
            raise errors.bridged(
                "the sandbox's environments have no forward proxy: forwardProxyUri"
            )
        body = {"nodeConfig": {}, **self.kept(previous), **self.stored(inputs)}
        for name, default in _DEFAULTS.items():
            if body.get(name) in (None, "", _VALUES[name][0]):
                body[name] = default
        if previous is not None and body["type"] == "BASE" != previous["type"]:
            self._check_base(context, object_id)
        return body

    def _check_base(self, context: Context, object_id: str) -> None:
        """Refuse BASE where something runs that BASE doesn't.

        Apigee's documentation, "Update Pay-as-you-go environment types": the operation fails where
        the environment contains resources that are incompatible with the new type.
        """
        hooks = [item.id for item in beneath(context, FLOW_HOOK, object_id)]
        bundles = [item.id for item, bundle in deployed(context, object_id) if extensible(bundle)]
        if hooks or bundles:
            raise self.refuse(
                400,
                "environment type update invalid: not available in a BASE environment:"
                f" {', '.join(hooks + bundles)}: failed precondition",
                "failedPrecondition",
                "updating",
            )

    def before_delete(self, context: Context, found: StoredObject) -> None:
        organization = found.id.rsplit("/environments/", 1)[0]
        for type_ in (INSTANCE_ATTACHMENT, ENV_GROUP_ATTACHMENT):
            for item in beneath(context, type_, organization):
                if item.body["environment"] == found.body["name"]:
                    raise self.in_use(found.id, item.id)
        for type_ in (API_DEPLOYMENT, FLOW_DEPLOYMENT):
            for item in beneath(context, type_, found.id):
                raise self.in_use(found.id, item.id)
        remove_beneath(
            context,
            found.id,
            *(ENTRY, KEY_VALUE_MAP, DEBUG_MASK, FLOW_HOOK),
            *(ALIAS, KEYSTORE, REFERENCE, TARGET_SERVER),
        )


class InstanceAttachment(ApigeeType):
    """Without one an environment serves nothing. Apigee makes its name."""

    sdk = "pulumi_gcp.apigee.InstanceAttachment"
    noun = "InstanceAttachment"
    path = "{instanceId}/attachments/{name}"
    replace_on = frozenset({"instanceId", "environment"})
    told_apart_by = ("instanceId", "environment")
    operations = frozenset({"create", "delete"})

    def object_id(self, context: Context, inputs: Plain) -> str:
        return self.path.format(instanceId=inputs["instanceId"], name=uuid.uuid4())

    def body(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        instance = self.instance(context, inputs["instanceId"]).id
        organization = instance.split("/instances/", 1)[0]
        self.environment(context, f"{organization}/environments/{inputs['environment']}")
        for other in beneath(context, INSTANCE_ATTACHMENT, instance):
            if other.id != object_id and other.body["environment"] == inputs["environment"]:
                raise self.already_exists(other.id)
        return {**self.stored(inputs), "name": object_id.rsplit("/", 1)[1]}
