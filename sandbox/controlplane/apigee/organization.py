"""`gcp:apigee/organization:Organization` and `gcp:apigee/instance:Instance`: there, and adopted.

They exist before the first `up` (`sandbox.world`) and can be read (`.get`, import) and nothing
else: making one takes a contract and an hour, and no program here does it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from sandbox.controlplane.apigee.base import ApigeeType
from sandbox.controlplane.errors import CloudError
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import Plain


class _Adopted(ApigeeType):
    """Only read."""

    computed_by_apigee: ClassVar[Mapping[str, Any]]
    """What the API returns beside what the world says of the object."""

    def read(self, context: Context, object_id: str, state: Plain) -> Plain | None:
        found = super().read(context, object_id, state)
        return None if found is None else {**self.computed_by_apigee, **found}

    def create(self, context: Context, inputs: Plain) -> str:
        raise self._refusal("make")

    def update(self, context: Context, object_id: str, inputs: Plain, state: Plain) -> None:
        raise self._refusal("change")

    def delete(self, context: Context, object_id: str, state: Plain) -> None:
        raise self._refusal("delete")

    def body(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        raise self._refusal("change")

    def _refusal(self, verb: str) -> CloudError:
        return CloudError(
            f"the sandbox doesn't {verb} a {self.token}: read the one that is there with `.get`"
        )


class Organization(_Adopted):
    """An organization has its project's name."""

    sdk = "pulumi_gcp.apigee.Organization"
    noun = "Organization"
    path = "organizations/{projectId}"
    replace_on = frozenset(
        {
            "analyticsRegion",
            "apiConsumerDataEncryptionKeyName",
            "apiConsumerDataLocation",
            "billingType",
            "controlPlaneEncryptionKeyName",
            "projectId",
            "runtimeDatabaseEncryptionKeyName",
            "runtimeType",
        }
    )
    preset = MappingProxyType({"runtimeType": "CLOUD"})
    computed_by_apigee = MappingProxyType(
        {
            "apigeeProjectId": "apigee-tenant-sandbox",
            "properties": {},
            "runtimeType": "CLOUD",
            "subscriptionType": "PAID",
        }
    )


class Instance(_Adopted):
    """Where an organization's environments run."""

    sdk = "pulumi_gcp.apigee.Instance"
    noun = "Instance"
    path = "{orgId}/instances/{name}"
    name_input = "name"
    replace_on = frozenset(
        {
            "accessLoggingConfig",
            "description",
            "diskEncryptionKeyName",
            "displayName",
            "ipRange",
            "location",
            "name",
            "orgId",
            "peeringCidrRange",
        }
    )
    computed_by_apigee = MappingProxyType({"consumerAcceptLists": [], "port": "443"})
