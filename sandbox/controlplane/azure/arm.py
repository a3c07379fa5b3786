"""What all azure-native types share: Azure Resource Manager's ids, envelope and first checks.

Behaviour of the provider (defaults, previews, imports, deletes before replacement, wording of
refusals) follows the source of pulumi-azure-native 3.
"""

from __future__ import annotations

import re
import typing
from abc import abstractmethod
from typing import Any, ClassVar

from sandbox import world
from sandbox.controlplane import errors, sdk_classes
from sandbox.controlplane.azure import locations, tags
from sandbox.controlplane.azure.locks import check_unlocked
from sandbox.controlplane.errors import CloudError
from sandbox.controlplane.resource_type import Context, Naming, ResourceType, known
from sandbox.controlplane.schema import Mistake
from sandbox.controlplane.times import rfc3339
from sandbox.controlplane.values import UNKNOWN, Plain
from sandbox.store import StoredObject

RESOURCE_GROUP = "azure-native:resources:ResourceGroup"
GROUP_PATH = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"


class AzureType(ResourceType):
    """A type of Azure Resource Manager."""

    arm_type: ClassVar[str]
    """As the API spells it: `Microsoft.KeyVault/vaults`."""
    available: ClassVar[frozenset[str]] = locations.REGIONS
    """Where it can be: regions, `locations.GLOBAL`, or both."""
    children: ClassVar[tuple[str, ...]] = ()
    """Store types whose objects go when this one is deleted (those whose ids lie beneath it)."""

    @property
    def api_version(self) -> str:
        """The REST API version that the installed SDK says this type uses."""
        constructor = vars(sdk_classes.load(self.sdk))["__init__"]
        documentation = "".join(o.__doc__ or "" for o in typing.get_overloads(constructor))
        found = re.search(r"Azure REST API version (\d{4}-\d\d-\d\d(-preview)?)", documentation)
        if found is None:
            raise ValueError(f"the SDK's {self.sdk} names no REST API version")
        return found.group(1)

    def explain(self, mistake: Mistake) -> str:
        if mistake.kind == "missing":
            return f"missing required property '{mistake.path}'"
        if mistake.kind == "type":
            return (
                f"'{mistake.path}' should be of type '{mistake.expected}' but got {_a(mistake.got)}"
            )
        if mistake.kind == "enum":
            return (
                f"'{mistake.path}' is not one of the allowed values"
                f" {list(mistake.choices)}: '{mistake.got}'"
            )
        return f"unknown property '{mistake.path}': {self.token} has {', '.join(mistake.choices)}"

    def defaults(self, context: Context, naming: Naming, old: Plain, inputs: Plain) -> Plain:
        added: Plain = {"azureApiVersion": self.api_version}
        name = self.name_input
        if name is not None and inputs.get(name) is None:
            if old.get(name) is not None:
                added[name] = old[name]
                if old.get("__createBeforeDelete"):
                    added["__createBeforeDelete"] = True
            else:
                added[name] = self.default_name(naming)
                if self._named_at_random:
                    added["__createBeforeDelete"] = True
        if "location" in self.schema.inputs and inputs.get("location") is None:
            location = _default_location(context, old, inputs)
            if location is not None:
                added["location"] = location
        return added

    def default_name(self, naming: Naming) -> str:
        """The provider's own name: random, but for a child of another resource."""
        if self._named_at_random:
            return naming.resource + naming.suffix(8)
        return naming.resource

    @property
    def _named_at_random(self) -> bool:
        """A child's name has to be unique in its parent only, so the provider copies the URN's."""
        return self.path.lower().rsplit("/providers/", 1)[-1].count("{") == 1 or (
            "/providers/" not in self.path
        )

    def refusals(self, context: Context, inputs: Plain) -> list[str]:
        if "location" in self.schema.inputs and inputs.get("location") is None:
            reason = (
                "missing required property 'location'. Either set it explicitly or configure it"
                " with 'pulumi config set azure-native:location <value>'."
            )
            return [reason]
        return []

    def compared(self, old: Plain, state: Plain, new: Plain) -> tuple[Plain, Plain]:
        """An import brings no API version; case and spaces of a location don't count."""
        before = dict(old)
        if "azureApiVersion" in state:
            before.setdefault("azureApiVersion", state["azureApiVersion"])
        if _one_place(old.get("location"), new.get("location")):
            before["location"] = new["location"]
        return before, new

    def preview(self, inputs: Plain) -> Plain:
        return self.schema.preview(inputs, unset_unknown=True)

    def preview_update(self, context: Context, old: Plain, state: Plain, inputs: Plain) -> Plain:
        """All but the inputs, the name and the location count as unknown, changed or not."""
        preview = self.preview(inputs)
        for name in ("name", "location"):
            if name in state:
                preview[name] = state[name]
        return preview

    def deletes_first(self, old: Plain, new: Plain) -> bool:
        return not old.get("__createBeforeDelete", False)

    def object_id(self, context: Context, inputs: Plain) -> str:
        subscription = context.configuration.get("subscriptionId")
        if not subscription:
            raise CloudError(
                "the provider has no subscription: set it with"
                " 'pulumi config set azure-native:subscriptionId <value>'"
            )
        object_id = self.path.format_map({"subscriptionId": subscription, **inputs})
        check_place(context, object_id)
        return object_id

    def body(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        check_unlocked(context, object_id, "write")
        inputs = self._checked(object_id, inputs, previous)
        stamp = rfc3339(context.now)
        created = previous["systemData"]["createdAt"] if previous else stamp
        return {
            **self.complete(context, object_id, inputs, previous),
            "name": object_id.rsplit("/", 1)[1],
            "type": self.arm_type,
            "azureApiVersion": self.api_version,
            "systemData": _system_data(created, stamp),
        }

    def _checked(self, object_id: str, inputs: Plain, previous: Plain | None) -> Plain:
        """The inputs with their location normalised. Raises CloudError for what ARM refuses."""
        tags.check(inputs.get("tags", {}))
        if "location" not in self.schema.inputs:
            return inputs
        location = locations.normalised(inputs["location"])
        locations.check(self.arm_type, self.available, location)
        if previous and previous["location"] != location:
            raise locations.moved(object_id, previous["location"], location)
        return {**inputs, "location": location}

    def inputs(self, object_id: str, values: Plain) -> Plain:
        """Without empty collections, which say nothing (the provider's `removeEmptyCollections`)."""
        found = super().inputs(object_id, values)
        return {name: value for name, value in _without_empty(found).items() if value is not None}

    def delete(self, context: Context, object_id: str, state: Plain) -> None:
        if context.find(self.token, object_id) is not None:
            check_unlocked(context, object_id, "delete")
        super().delete(context, object_id, state)

    @abstractmethod
    def complete(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        """The resource without ARM's envelope. Raises CloudError for what Azure refuses."""

    def already_exists(self, object_id: str) -> CloudError:
        return CloudError(f"cannot create already existing resource '{object_id}'")

    def gone(self, object_id: str) -> CloudError:
        return not_found(object_id)

    def before_delete(self, context: Context, found: StoredObject) -> None:
        beneath = f"{found.id}/".lower()
        for type_ in self.children:
            for child in context.all(type_):
                if child.id.lower().startswith(beneath):
                    context.cloud.store.remove(type_, child.id, context.now)


def _without_empty(value: Any) -> Any:
    """A value without the empty lists and maps in it; None where nothing is left."""
    if isinstance(value, dict):
        kept = {name: _without_empty(item) for name, item in value.items()}
        return {name: item for name, item in kept.items() if item is not None} or None
    if isinstance(value, list):
        return [item for item in map(_without_empty, value) if item is not None] or None
    return value


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def _one_place(location: Any, other: Any) -> bool:
    """Whether both are known and name one location."""
    if not known(location) or not known(other):
        return False
    return locations.normalised(location) == locations.normalised(other)


def _default_location(context: Context, old: Plain, inputs: Plain) -> object:
    """The old one, else the provider's, else the resource group's."""
    if old.get("location") is not None:
        return old["location"]
    configured = context.configuration.get("location")
    if configured is not None:
        return configured
    group = inputs.get("resourceGroupName")
    if group is UNKNOWN:
        return UNKNOWN
    subscription = context.configuration.get("subscriptionId")
    if not known(group) or not subscription:
        return None
    found = context.find(
        RESOURCE_GROUP, GROUP_PATH.format(subscriptionId=subscription, resourceGroupName=group)
    )
    return found.body["location"] if found else None


def check_place(context: Context, object_id: str) -> None:
    """Refuse an id in an unknown subscription or resource group, as ARM does before all else."""
    parts = object_id.split("/")
    if len(parts) < 3 or parts[1].lower() != "subscriptions":
        raise errors.arm(
            400,
            "MissingSubscription",
            "The request did not have a subscription or a valid tenant level resource provider.",
        )
    if parts[2].lower() != world.SUBSCRIPTION_ID:
        raise errors.arm(
            404, "SubscriptionNotFound", f"The subscription '{parts[2]}' could not be found."
        )
    in_group = len(parts) > 5 and parts[3].lower() == "resourcegroups"
    if in_group and context.find(RESOURCE_GROUP, "/".join(parts[:5])) is None:
        raise errors.arm(
            404, "ResourceGroupNotFound", f"Resource group '{parts[4]}' could not be found."
        )


def not_found(object_id: str) -> CloudError:
    """ARM's answer for a resource that isn't there."""
    parts = object_id.split("/")
    group = parts[4] if len(parts) > 4 and parts[3].lower() == "resourcegroups" else ""
    provider = object_id.rsplit("/providers/", 1)[-1].split("/")
    kind = "/".join([provider[0], *provider[1::2]])
    name = "/".join(provider[2::2])
    return errors.arm(
        404,
        "ResourceNotFound",
        f"The Resource '{kind}/{name}' under resource group '{group}' was not found. For more"
        " details please go to https://aka.ms/ARMResourceNotFoundFix",
    )


def parent_missing(arm_type: str, parent: str) -> CloudError:
    """ARM's answer for a child of a resource that isn't there. `arm_type` is the child's."""
    return errors.arm(
        404,
        "ParentResourceNotFound",
        f"Failed to perform 'write' on resource(s) of type '{arm_type.split('/', 1)[1]}', because"
        f" the parent resource '{parent}' could not be found.",
    )


def _system_data(created: str, modified: str) -> Plain:
    return {
        "createdAt": created,
        "createdBy": world.DEPLOYER_PRINCIPAL_ID,
        "createdByType": "Application",
        "lastModifiedAt": modified,
        "lastModifiedBy": world.DEPLOYER_PRINCIPAL_ID,
        "lastModifiedByType": "Application",
    }
