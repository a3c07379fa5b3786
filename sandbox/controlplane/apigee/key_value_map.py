"""Key value maps of an environment, and their entries."""

from __future__ import annotations

import re

from sandbox.controlplane.apigee.base import ENTRY, KEY_VALUE_MAP, ApigeeType, beneath
from sandbox.controlplane.errors import CloudError
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import Plain
from sandbox.store import StoredObject

_NAME = re.compile(r"[\w.-]{1,255}")
_KEY_BYTES = 2 * 1024
_VALUE_BYTES = 10 * 1024


class EnvironmentKeyvaluemaps(ApigeeType):
    """A map; its entries go with it."""

    sdk = "pulumi_gcp.apigee.EnvironmentKeyvaluemaps"
    noun = "EnvironmentKeyvaluemaps"
    path = "{envId}/keyvaluemaps/{name}"
    name_input = "name"
    replace_on = frozenset({"envId", "name"})

    def body(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        self.environment(context, inputs["envId"])
        if not _NAME.fullmatch(inputs["name"]):
            raise self.invalid(f"invalid key value map name: {inputs['name']}")
        return self.stored(inputs)

    def before_delete(self, context: Context, found: StoredObject) -> None:
        for entry in beneath(context, ENTRY, found.id):
            context.cloud.store.remove(ENTRY, entry.id, context.now)


class EnvironmentKeyvaluemapsEntries(ApigeeType):
    """An entry never changes: another value is another entry, and the old one goes first.

    Limits from Apigee's documentation, "Limits": 10 KB a value, 2 KB a key.
    """

    sdk = "pulumi_gcp.apigee.EnvironmentKeyvaluemapsEntries"
    noun = "EnvironmentKeyvaluemapsEntries"
    path = "{envKeyvaluemapId}/entries/{name}"
    name_input = "name"
    replace_on = frozenset({"envKeyvaluemapId", "name", "value"})

    def body(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        parent = inputs["envKeyvaluemapId"]
        self.environment(context, parent.split("/keyvaluemaps/", 1)[0])
        if context.find(KEY_VALUE_MAP, parent) is None:
            raise self.not_there(parent)
        for name, most in (("name", _KEY_BYTES), ("value", _VALUE_BYTES)):
            if not 0 < len(inputs[name].encode()) <= most:
                raise self.invalid(f"an entry's {name} must have between 1 and {most} bytes")
        return self.stored(inputs)

    def already_exists(self, object_id: str) -> CloudError:
        return self.refuse(
            409,
            "keymanagement.service.KeyValueMapEntryAlreadyExists: key value map entry"
            f" {object_id.rsplit('/', 1)[1]} already exists",
            "alreadyExists",
        )
