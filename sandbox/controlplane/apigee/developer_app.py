"""`gcp:apigee/developerApp:DeveloperApp`: an app and its keys.

The keys land in the state in plain text. Follows the provider: products and scopes change on the
first key (`…/apps/{app}/keys/{key}`), so that an update never makes another key, and a
`consumerKey` of the program's own replaces the generated one.
"""

from __future__ import annotations

import re
import secrets
import string
import uuid
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from sandbox.controlplane.apigee.api_product import approval
from sandbox.controlplane.apigee.base import APP, DEVELOPER, ApigeeType, milliseconds
from sandbox.controlplane.google.base import DELETION_POLICY
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import Plain

_LETTERS: Final = string.ascii_letters + string.digits
_KEY_LENGTH, _SECRET_LENGTH = 48, 64
_NEVER = "-1"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _\-.#$%]*")
_KEY = re.compile(r"[A-Za-z0-9_-]{1,255}")
"""Both from Apigee's documentation, "Naming guidelines"."""
_MILLISECONDS = re.compile(r"[0-9]{1,18}")


class DeveloperApp(ApigeeType):
    """The body has the wire's `credentials`; the developer's inputs stand beside them."""

    sdk = "pulumi_gcp.apigee.DeveloperApp"
    noun = "DeveloperApp"
    path = "{orgId}/developers/{developerEmail}/apps/{name}"
    name_input = "name"
    replace_on = frozenset(
        {
            *("orgId", "developerEmail", "appFamily", "status"),
            *("consumerKey", "consumerSecret", "keyExpiresIn"),
        }
    )
    local: ClassVar[Mapping[str, Any]] = {
        **DELETION_POLICY,
        "keyExpiresIn": _NEVER,
        "consumerKey": None,
        "consumerSecret": None,
    }
    unordered = frozenset({"apiProducts", "scopes"})

    def body(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        self.organization(context, inputs["orgId"])
        developer_id = f"{inputs['orgId']}/developers/{inputs['developerEmail']}"
        developer = context.find(DEVELOPER, developer_id)
        if developer is None:
            raise self.not_there(developer_id)
        if not _NAME.fullmatch(inputs["name"]):
            raise self.invalid(
                f"app name {inputs['name']} must match {_NAME.pattern}: letters, digits, spaces"
                " and _ - . # $ %, starting with a letter or digit"
            )
        self.check_attributes(inputs)
        if previous is not None and inputs["name"] != previous["name"]:
            # The provider writes to the new name's URL, where nothing is.
            raise self.not_there(f"{developer_id}/apps/{inputs['name']}")
        now = milliseconds(context.now)
        return {
            "appFamily": "default",
            "status": "approved",
            "appId": str(uuid.uuid4()),
            "createdAt": now,
            **{
                name: (previous or {})[name]
                for name in ("appFamily", "status", "appId", "createdAt")
                if previous
            },
            **{k: v for k, v in self.stored(inputs).items() if k not in self.unordered},
            "developerId": developer.body["developerId"],
            "lastModifiedAt": now,
            "credentials": [self._credential(context, inputs, previous)],
        }

    def read(self, context: Context, object_id: str, state: Plain) -> Plain | None:
        """Products and scopes are the keys', told again."""
        found = super().read(context, object_id, state)
        if found is None:
            return None
        key = found["credentials"][0]
        return {
            **found,
            "apiProducts": [product["apiproduct"] for product in key["apiProducts"]],
            "scopes": key["scopes"],
        }

    def _credential(self, context: Context, inputs: Plain, previous: Plain | None) -> Plain:
        old = previous["credentials"][0] if previous else self._new_key(context, inputs)
        known = {product["apiproduct"]: product for product in old["apiProducts"]}
        products = []
        for name in inputs.get("apiProducts", []):
            status = approval(context, inputs["orgId"], name)
            if status is None:
                raise self.not_there(f"{inputs['orgId']}/apiproducts/{name}")
            products.append(known.get(name) or {"apiproduct": name, "status": status})
        return {**old, "apiProducts": products, "scopes": inputs.get("scopes", [])}

    def _new_key(self, context: Context, inputs: Plain) -> Plain:
        key, secret = inputs.get("consumerKey"), inputs.get("consumerSecret")
        if key is not None and secret is None:
            raise self.invalid("consumerSecret is required if consumerKey is specified")
        if key is not None:
            if not _KEY.fullmatch(key):
                raise self.invalid(f"consumerKey must match {_KEY.pattern}")
            for app in context.all(APP):
                if any(known["consumerKey"] == key for known in app.body["credentials"]):
                    raise self.already_exists(f"{app.id}/keys/{key}")
        issued = milliseconds(context.now)
        life = inputs.get("keyExpiresIn", _NEVER)
        expires = _NEVER
        if life != _NEVER:
            if not _MILLISECONDS.fullmatch(life):
                raise self.invalid(f"keyExpiresIn {life} is no number of milliseconds")
            expires = str(int(issued) + int(life))
        return {
            "consumerKey": key or _random(_KEY_LENGTH),
            "consumerSecret": secret or _random(_SECRET_LENGTH),
            "apiProducts": [],
            "issuedAt": issued,
            "expiresAt": expires,
            "status": "approved",
        }


def _random(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))
