"""`azure-native:keyvault:Key`: a key that must exist, never its material.

Azure Resource Manager only ever creates a key's first version: it changes no key, and what it shows
is the current version, whoever made it ("Keys - Create If Not Exist", Microsoft Learn). The provider
deletes by the vault's own endpoint, where no lock holds, and so softly. Keys that leave the vault
(`releasePolicy`, `exportable`) aren't there.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from sandbox import vault_keys, vault_objects
from sandbox.controlplane import errors
from sandbox.controlplane.azure.arm import GROUP_PATH, AzureType, parent_missing
from sandbox.controlplane.errors import CloudError
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.times import rfc3339
from sandbox.controlplane.values import Plain
from sandbox.store import StoredObject
from sandbox.vault_objects import Attributes, Collection, Kind, VaultObjects, Version

_VAULT = "azure-native:keyvault:Vault"
_NAME = re.compile(r"[0-9A-Za-z-]{1,127}")
_FLAT = ("attributes", "kty", "keyOps", "keySize", "curveName", "rotationPolicy")
_DAY = 86_400


class Key(AzureType):
    """Kept where the data plane keeps its keys. No property replaces: a change is refused."""

    sdk = "pulumi_azure_native.keyvault.Key"
    arm_type = "Microsoft.KeyVault/vaults/keys"
    path = f"{GROUP_PATH}/providers/Microsoft.KeyVault/vaults/{{vaultName}}/keys/{{keyName}}"
    name_input = "keyName"
    replace_on = frozenset({"resourceGroupName", "vaultName", "keyName"})

    def existing(self, context: Context, inputs: Plain) -> StoredObject | None:
        object_id = self.object_id(context, inputs)
        body = self.read(context, object_id, {})
        if body is None:
            return None
        created = float(body["attributes"]["created"])
        return StoredObject(self.token, object_id, body, created, created)

    def create(self, context: Context, inputs: Plain) -> str:
        object_id = self.object_id(context, inputs)
        if self.read(context, object_id, {}) is not None:
            raise self.already_exists(object_id)
        self.body(context, object_id, inputs, None)
        return object_id

    def complete(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        vault = _vault(context, object_id)
        if vault is None:
            raise parent_missing(self.arm_type, object_id.rsplit("/", 2)[0])
        wanted = _wanted(vault, inputs)
        keys = _keys(context, vault)
        if previous is None:
            current = _make(keys, inputs, wanted)
        else:
            found = keys.get(inputs["keyName"])
            assert found is not None, "read before"
            _check_same(found, inputs, wanted, keys.policy(inputs["keyName"]) or {})
            current = found
        return self._described(vault, current, keys)

    def read(self, context: Context, object_id: str, state: Plain) -> Plain | None:
        vault = _vault(context, object_id)
        if vault is None:
            return None
        keys = _keys(context, vault)
        found = keys.get(object_id.rsplit("/", 1)[1])
        if found is None:
            return None
        return {
            **self._described(vault, found, keys),
            "name": found.name,
            "type": self.arm_type,
            "azureApiVersion": self.api_version,
            "systemData": {"createdAt": rfc3339(found.created)},
        }

    def update(self, context: Context, object_id: str, inputs: Plain, state: Plain) -> None:
        found = self.read(context, object_id, state)
        if found is None:
            raise self.gone(object_id)
        self.body(context, object_id, inputs, found)

    def delete(self, context: Context, object_id: str, state: Plain) -> None:
        vault = _vault(context, object_id)
        if vault is not None:
            days = vault_objects.retention_days(vault.body["properties"])
            _keys(context, vault).delete(object_id.rsplit("/", 1)[1], days * _DAY)

    def inputs(self, object_id: str, values: Plain) -> Plain:
        flat = {name: values[name] for name in _FLAT if name in values}
        return super().inputs(object_id, {**values, "properties": flat})

    def _described(self, vault: StoredObject, found: Version, keys: Collection) -> Plain:
        uri = f"{vault.body['properties']['vaultUri']}keys/{found.name}"
        attributes = {
            "created": found.created,
            "updated": found.updated,
            "enabled": found.attributes.enabled,
            "expires": found.attributes.expires,
            "notBefore": found.attributes.not_before,
            "exportable": False,
            "recoveryLevel": vault_objects.recovery_level(vault.body["properties"]),
        }
        return {
            "location": vault.body["location"],
            "tags": dict(found.attributes.tags),
            "attributes": attributes,
            "kty": found.content["kty"],
            "keyOps": found.content["key_ops"],
            "keySize": found.content["size"],
            "curveName": found.content["crv"],
            "keyUri": uri,
            "keyUriWithVersion": f"{uri}/{found.version}",
            "rotationPolicy": _rotation_policy(keys.policy(found.name)),
        }


def _vault(context: Context, object_id: str) -> StoredObject | None:
    return context.find(_VAULT, object_id.rsplit("/", 2)[0])


def _keys(context: Context, vault: StoredObject) -> Collection:
    objects = VaultObjects(context.cloud.store)
    return objects.collection(vault_objects.incarnation(vault), Kind.KEY, context.now)


def _wanted(vault: StoredObject, inputs: Plain) -> vault_keys.KeyType:
    """The key that the inputs ask for. Raises CloudError."""
    properties = inputs["properties"]
    if properties.get("releasePolicy") or properties.get("attributes", {}).get("exportable"):
        raise CloudError("the sandbox's keys never leave the vault: no releasePolicy or exportable")
    if not _NAME.fullmatch(inputs["keyName"]):
        raise _bad_request(
            f"The key name '{inputs['keyName']}' is invalid: 1 to 127 letters, digits and hyphens."
        )
    try:
        wanted = vault_keys.key_type(
            properties.get("kty"),
            properties.get("keySize"),
            properties.get("curveName"),
            properties.get("keyOps"),
        )
        if properties.get("rotationPolicy"):
            _policy(properties)
    except vault_keys.UnfitKey as error:
        raise _bad_request(f"The key's properties are invalid: {error}.") from error
    if wanted.hardware and vault.body["properties"]["sku"]["name"].lower() != "premium":
        raise _bad_request(f"A key of type {wanted.type} needs a vault of the premium SKU.")
    return wanted


def _policy(properties: Plain) -> Plain:
    """The rotation policy to be kept. Raises UnfitKey."""
    given = properties["rotationPolicy"]
    expiry = given.get("attributes", {}).get("expiryTime")
    return vault_keys.rotation_policy(given.get("lifetimeActions", []), expiry)


def _make(keys: Collection, inputs: Plain, wanted: vault_keys.KeyType) -> Version:
    name, properties = inputs["keyName"], inputs["properties"]
    given = properties.get("attributes", {})
    attributes = Attributes(
        enabled=given.get("enabled", True),
        not_before=_seconds(given.get("notBefore")),
        expires=_seconds(given.get("expires")),
        tags=inputs.get("tags", {}),
    )
    try:
        made = keys.add(name, vault_keys.make(wanted), attributes)
    except vault_objects.NameIsDeleted as error:
        raise errors.arm(
            409,
            "Conflict",
            f"Key {name} is currently in a deleted but recoverable state, and its name cannot be"
            " reused; in this state, the key can only be recovered or purged.",
        ) from error
    if properties.get("rotationPolicy"):
        times = {"created": made.created, "updated": made.created}
        keys.set_policy(name, {**_policy(properties), **times})
    return made


def _check_same(current: Version, inputs: Plain, wanted: vault_keys.KeyType, policy: Plain) -> None:
    """Nothing asks for another key than the current one. Raises CloudError."""
    given = inputs["properties"].get("attributes", {})
    kept = current.attributes
    pairs = {
        "an expiration date": (_date(kept.expires), _date(_seconds(given.get("expires")))),
        "an activation date": (_date(kept.not_before), _date(_seconds(given.get("notBefore")))),
        "an enabled state": (kept.enabled, given.get("enabled", True)),
        "a type": (current.content["kty"], wanted.type),
        "a size": (current.content["size"], wanted.size),
        "a curve": (current.content["crv"], wanted.curve),
        "operations": (sorted(current.content["key_ops"]), sorted(wanted.operations)),
        "tags": (dict(kept.tags), inputs.get("tags", {})),
    }
    if inputs["properties"].get("rotationPolicy"):
        asked = _policy(inputs["properties"])
        pairs["a rotation policy"] = ({name: policy.get(name) for name in asked}, asked)
    for what, (has, asked_for) in pairs.items():
        if has != asked_for:
            given_name = what.split(" ", 1)[-1]
            raise errors.arm(
                400,
                "KeyCreationParametersDidNotMatchExistingKey",
                f"The key '{current.name}' already exists, but the specified key creation"
                f" parameters did not match that of the existing key (The existing key has {what}"
                f" of '{has}', which doesn't match the given {given_name} '{asked_for}'.). This API"
                " can only be used for creating the first version of a new key (no subsequent"
                " versions can be created, and existing keys cannot be updated).",
            )


def _rotation_policy(kept: Plain | None) -> Plain | None:
    if kept is None:
        return None
    names = ("created", "updated", "expiryTime")
    return {
        "attributes": {n: kept[n] for n in names if kept.get(n) is not None},
        "lifetimeActions": kept["lifetimeActions"],
    }


def _seconds(value: float | None) -> int | None:
    if value is not None and not 0 <= value <= vault_objects.LATEST:
        raise _bad_request(f"The key's attributes are invalid: {value} is no time.")
    return None if value is None else int(value)


def _date(seconds: int | None) -> str | None:
    return None if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}"


def _bad_request(message: str) -> CloudError:
    return errors.arm(400, "BadRequest", message)
