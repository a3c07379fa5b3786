"""Keystores of an environment, their aliases, and references to them.

Apigee API reference, `environments.keystores`, `…keystores.aliases`, `environments.references`.
What the API refuses to delete isn't documented; here it is whatever something else names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from sandbox.controlplane.apigee import certificates
from sandbox.controlplane.apigee.base import (
    ALIAS,
    KEYSTORE,
    REFERENCE,
    TARGET_SERVER,
    ApigeeType,
    beneath,
    remove_beneath,
)
from sandbox.controlplane.errors import CloudError
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import Plain
from sandbox.store import StoredObject

_KEYSTORE_NAME = re.compile(r"[\w\s.-]{1,255}")
_ALIAS_NAME = re.compile(r"[\w\s.-]{1,255}")
_REFERENCE_NAME = re.compile(r"[\w\s.-]+")
_RESOURCE_TYPES = ("KeyStore", "TrustStore")


class EnvKeystore(ApigeeType):
    """A keystore, or a truststore: what it holds makes the difference."""

    sdk = "pulumi_gcp.apigee.EnvKeystore"
    noun = "EnvKeystore"
    path = "{envId}/keystores/{name}"
    name_input = "name"
    replace_on = frozenset({"envId", "name"})

    def body(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        self.environment(context, inputs["envId"])
        if not _KEYSTORE_NAME.fullmatch(inputs["name"]):
            raise self.invalid(
                f"keystore name {inputs['name']} must match {_KEYSTORE_NAME.pattern}"
            )
        return self.stored(inputs)

    def read(self, context: Context, object_id: str, state: Plain) -> Plain | None:
        found = super().read(context, object_id, state)
        if found is None:
            return None
        aliases = [item.body["alias"] for item in beneath(context, ALIAS, object_id)]
        return {**found, "aliases": aliases}

    def before_delete(self, context: Context, found: StoredObject) -> None:
        environment, name = found.id.rsplit("/keystores/", 1)
        for reference in beneath(context, REFERENCE, environment):
            if reference.body["refers"] == name:
                raise self.in_use(found.id, reference.id)
        for server in beneath(context, TARGET_SERVER, environment):
            if name in named_stores(server.body):
                raise self.in_use(found.id, server.id)
        remove_beneath(context, found.id, ALIAS)


class KeystoresAliasesKeyCertFile(ApigeeType):
    """A certificate chain, with its private key or (in a truststore) without.

    The provider sends `ignoreExpiryValidation=true`, so an expired certificate is taken. What it
    sent never comes back. An update sends the certificate only: the key stays. A read or a delete
    of an alias that is gone is an error to this type's code in the provider (it doesn't look for a
    404). The store keeps the files, for the runtime's TLS, the key unencrypted.
    """

    sdk = "pulumi_gcp.apigee.KeystoresAliasesKeyCertFile"
    noun = "KeystoresAliasesKeyCertFile"
    path = "organizations/{orgId}/environments/{environment}/keystores/{keystore}/aliases/{alias}"
    replace_on = frozenset({"orgId", "environment", "keystore", "alias", "key"})
    local: ClassVar[Mapping[str, Any]] = {
        "cert": None,
        "key": None,
        "password": None,
        "timeouts": None,
    }

    def body(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        if not _ALIAS_NAME.fullmatch(inputs["alias"]):
            raise self.invalid(f"alias {inputs['alias']} must match {_ALIAS_NAME.pattern}")
        keystore = object_id.rsplit("/aliases/", 1)[0]
        self.environment(context, keystore.split("/keystores/", 1)[0])
        if context.find(KEYSTORE, keystore) is None:
            raise self.not_there(keystore)
        try:
            found = certificates.chain(inputs["cert"])
            key = previous["key"] if previous else self._key(inputs)
            if key is not None:
                certificates.check_pair(found, key)
        except certificates.PemError as error:
            raise self.invalid(str(error)) from error
        return {**self.stored(inputs), "cert": inputs["cert"], "key": key}

    def read(self, context: Context, object_id: str, state: Plain) -> Plain | None:
        found = super().read(context, object_id, state)
        if found is None:
            raise _not_found(object_id)
        chain = certificates.chain(found["cert"])
        return {
            **{name: value for name, value in found.items() if name not in self.local},
            "type": "KEY_CERT" if found["key"] else "CERT",
            "certsInfos": [certificates.info(item, context.now) for item in chain],
        }

    def delete(self, context: Context, object_id: str, state: Plain) -> None:
        if context.find(self.token, object_id) is None:
            raise _not_found(object_id)
        super().delete(context, object_id, state)

    def refuse(
        self, status: int, message: str, reason: str = "", doing: str = "creating"
    ) -> CloudError:
        # This type's errors have words of their own in the provider.
        return CloudError(
            f"Error, failure to create key cert file: googleapi: Error {status}: {message}"
            + (f", {reason}" if reason else "")
        )

    def _key(self, inputs: Plain) -> str | None:
        if inputs.get("key") is None:
            return None
        return certificates.private_key(inputs["key"], inputs.get("password"))


class EnvReferences(ApigeeType):
    """A name that stands for a keystore, so that the keystore can be exchanged."""

    sdk = "pulumi_gcp.apigee.EnvReferences"
    noun = "EnvReferences"
    path = "{envId}/references/{name}"
    name_input = "name"
    replace_on = frozenset({"envId", "name", "resourceType", "description"})

    def body(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        self.environment(context, inputs["envId"])
        if not _REFERENCE_NAME.fullmatch(inputs["name"]):
            raise self.invalid(
                f"reference name {inputs['name']} must match {_REFERENCE_NAME.pattern}"
            )
        if inputs["resourceType"] not in _RESOURCE_TYPES:
            raise self.invalid(
                f"resourceType {inputs['resourceType']} is none of {', '.join(_RESOURCE_TYPES)}"
            )
        keystore = f"{inputs['envId']}/keystores/{inputs['refers']}"
        if context.find(KEYSTORE, keystore) is None:
            raise self.not_there(keystore)
        return self.stored(inputs)

    def before_delete(self, context: Context, found: StoredObject) -> None:
        environment, name = found.id.rsplit("/references/", 1)
        for server in beneath(context, TARGET_SERVER, environment):
            if f"ref://{name}" in named_stores(server.body):
                raise self.in_use(found.id, server.id)


def _not_found(object_id: str) -> CloudError:
    return CloudError(
        "Error when sending HTTP request: : googleapi: Error 404: generic::not_found: resource"
        f" {object_id} not found, notFound"
    )


def named_stores(server: Plain) -> set[str]:
    """What a target server's TLS names: keystores by name, references as `ref://…`."""
    tls = server.get("sSlInfo", {})
    return {tls[name] for name in ("keyStore", "trustStore") if tls.get(name)}
