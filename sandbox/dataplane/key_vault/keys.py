"""Keys: create, get, update, rotate, and what they are used for; and how they look in JSON.

A disabled key does nothing; one that is expired or not valid yet still verifies and unwraps
(Microsoft Learn, "Key types, algorithms, and operations", date-time controlled operations).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from starlette.responses import JSONResponse, Response

from sandbox import vault_keys
from sandbox.dataplane.key_vault import algorithms, deletion, requests
from sandbox.dataplane.key_vault.errors import VaultError
from sandbox.dataplane.key_vault.exchange import Exchange, Handler, tags
from sandbox.vault_objects import Attributes, Kind, Version

_T = TypeVar("_T")
_MAX_TAG = 256
_DAY = 86_400
_ANY_TIME = frozenset({"verify", "unwrapKey"})


def handlers() -> Mapping[str, Handler]:
    """The handlers of keys, by operation."""
    keys = _Keys()
    return {
        **deletion.handlers(Kind.KEY, keys),
        "KeyGet": keys.get,
        "KeyCreate": keys.create,
        "KeyUpdate": keys.update,
        "KeyRotate": keys.rotate,
        "KeyRotationPolicyGet": keys.rotation_policy,
        "KeySign": lambda exchange: _use(exchange, "sign", algorithms.sign),
        "KeyVerify": _verify,
        "KeyWrap": lambda exchange: _use(exchange, "wrapKey", algorithms.wrap),
        "KeyUnwrap": lambda exchange: _use(exchange, "unwrapKey", algorithms.unwrap),
    }


class _Keys:
    def get(self, exchange: Exchange) -> Response:
        return JSONResponse(self.bundle(exchange, exchange.found(Kind.KEY)))

    def create(self, exchange: Exchange) -> Response:
        asked = exchange.json()
        wanted = wanted_key(exchange, asked)
        attributes = requests.attributes(asked, Attributes(), _MAX_TAG)
        current = exchange.collection(Kind.KEY).get(exchange.name)
        if current is not None and current.managed:
            raise VaultError.managed(Kind.KEY, "create")
        return self._add(exchange, wanted, attributes)

    def update(self, exchange: Exchange) -> Response:
        found = exchange.found(Kind.KEY)
        if found.managed:
            raise VaultError.managed(Kind.KEY, "update")
        asked = exchange.json()
        _refuse_release(asked)
        content = dict(found.content)
        operations = requests.member(asked, "key_ops", list)
        if operations is not None:
            like = vault_keys.asked(content)
            content["key_ops"] = _key_type(like.type, like.size, like.curve, operations).operations
        attributes = requests.attributes(asked, found.attributes, _MAX_TAG)
        changed = exchange.collection(Kind.KEY).update(
            replace(found, content=content, attributes=attributes)
        )
        return JSONResponse(self.bundle(exchange, changed))

    def rotate(self, exchange: Exchange) -> Response:
        """A new version like the current one; the policy's expiry time counts from now."""
        found = exchange.found(Kind.KEY)
        if found.managed:
            raise VaultError.managed(Kind.KEY, "rotate")
        policy = exchange.collection(Kind.KEY).policy(exchange.name) or {}
        expiry = policy.get("expiryTime")
        expires = int(exchange.now) + vault_keys.days(expiry) * _DAY if expiry else None
        attributes = Attributes(expires=expires, tags=found.attributes.tags)
        return self._add(exchange, vault_keys.asked(found.content), attributes)

    def rotation_policy(self, exchange: Exchange) -> Response:
        found = exchange.found(Kind.KEY)
        kept = exchange.collection(Kind.KEY).policy(found.name)
        policy = kept or vault_keys.rotation_policy([], None)
        times = {
            name: policy[name] for name in ("expiryTime", "created", "updated") if name in policy
        }
        actions = [
            {
                "trigger": action["trigger"],
                "action": {"type": action["action"]["type"].capitalize()},
            }
            for action in policy["lifetimeActions"]
        ]
        return JSONResponse(
            {
                "id": f"{exchange.uri(Kind.KEY, found, False)}/rotationpolicy",
                "lifetimeActions": actions,
                "attributes": {n: value for n, value in times.items() if value is not None},
            }
        )

    def _add(
        self, exchange: Exchange, wanted: vault_keys.KeyType, attributes: Attributes
    ) -> Response:
        collection = exchange.collection(Kind.KEY)
        if collection.deleted(exchange.name) is not None:
            raise VaultError.name_is_deleted(Kind.KEY, exchange.name)
        made = collection.add(exchange.name, vault_keys.make(wanted), attributes)
        exchange.tell(Kind.KEY, made)
        return JSONResponse(self.bundle(exchange, made))

    def bundle(self, exchange: Exchange, found: Version) -> dict[str, Any]:
        kid = exchange.uri(Kind.KEY, found)
        return {
            "key": {"kid": kid, **vault_keys.json_web_key(found.content)},
            **self._described(exchange, found),
        }

    def item(self, exchange: Exchange, found: Version, with_version: bool) -> dict[str, Any]:
        return {
            "kid": exchange.uri(Kind.KEY, found, with_version),
            **self._described(exchange, found),
        }

    def _described(self, exchange: Exchange, found: Version) -> dict[str, Any]:
        hardware = str(found.content["kty"]).endswith("-HSM")
        attributes = {
            **exchange.attributes(found),
            "exportable": False,
            "hsmPlatform": "2" if hardware else "0",
        }
        managed = {"managed": True} if found.managed else {}
        return {"attributes": attributes, **tags(found), **managed}


def wanted_key(exchange: Exchange, asked: Mapping[str, Any]) -> vault_keys.KeyType:
    """The key that a create's body asks for. Raises VaultError (400, 501)."""
    _refuse_release(asked)
    if requests.member(asked, "public_exponent", int) not in (None, 65537):
        raise VaultError.not_served("POST", "/keys/{name}/create with another public_exponent")
    wanted = _key_type(
        requests.member(asked, "kty", str),
        requests.member(asked, "key_size", int),
        requests.member(asked, "crv", str),
        requests.member(asked, "key_ops", list),
    )
    sku = (exchange.vault.properties.get("sku") or {}).get("name", "standard")
    if wanted.hardware and str(sku).lower() != "premium":
        raise VaultError.bad_parameter(
            f"Property kty: a key of type {wanted.type} needs a vault of the premium SKU"
        )
    return wanted


def _key_type(
    type_: str | None, size: int | None, curve: str | None, operations: list[Any] | None
) -> vault_keys.KeyType:
    if operations is not None and not all(isinstance(each, str) for each in operations):
        raise VaultError.bad_parameter("Property key_ops must be a list of strings")
    try:
        return vault_keys.key_type(type_, size, curve, operations)
    except vault_keys.UnfitKey as error:
        raise VaultError.bad_parameter(f"Property has invalid value: {error}") from error


def _refuse_release(asked: Mapping[str, Any]) -> None:
    """Keys that can leave the vault, for confidential computing, are not served."""
    given = requests.member(asked, "attributes", dict) or {}
    if asked.get("release_policy") is not None or given.get("exportable"):
        raise VaultError.not_served("POST", "/keys/{name}/create with exportable, release_policy")


def _use(
    exchange: Exchange,
    operation: str,
    compute: Callable[[algorithms.Key, str, bytes], bytes],
) -> Response:
    key = _usable(exchange, operation)
    asked = exchange.json()
    value = _compute(lambda: compute(key, _algorithm(asked), _octets(asked, "value")))
    return JSONResponse({"kid": key.kid, "value": _base64url(value)})


def _verify(exchange: Exchange) -> Response:
    key = _usable(exchange, "verify")
    asked = exchange.json()
    digest, signature = _octets(asked, "digest"), _octets(asked, "value")
    algorithm = _algorithm(asked)
    valid = _compute(lambda: algorithms.verify(key, algorithm, digest, signature))
    return JSONResponse({"value": valid})


def _compute(compute: Callable[[], _T]) -> _T:
    try:
        return compute()
    except algorithms.UnfitAlgorithm as error:
        raise VaultError.bad_parameter(str(error)) from error


def _usable(exchange: Exchange, operation: str) -> algorithms.Key:
    """The key that the path names, if it may do `operation` now. Raises VaultError (403, 404)."""
    found = exchange.found(Kind.KEY)
    if operation not in found.content["key_ops"]:
        raise VaultError.forbidden(
            f"Operation {operation} is not permitted on this key.", "KeyOperationForbidden"
        )
    if not found.attributes.enabled:
        raise VaultError.disabled(Kind.KEY, operation)
    starts, ends = found.attributes.not_before, found.attributes.expires
    if operation not in _ANY_TIME:
        if ends is not None and exchange.now >= ends:
            raise VaultError.forbidden(
                f"Operation {operation} is not allowed on an expired key.", "KeyExpired"
            )
        if starts is not None and exchange.now < starts:
            raise VaultError.forbidden(
                f"Operation {operation} is not allowed on a key that is not yet valid.",
                "KeyNotYetValid",
            )
    private = vault_keys.private_key(found.content)
    return algorithms.Key(private, exchange.uri(Kind.KEY, found), str(found.content["kty"]))


def _algorithm(asked: Mapping[str, Any]) -> str:
    algorithm: str | None = requests.member(asked, "alg", str)
    if algorithm is None:
        raise VaultError.bad_parameter("Property alg is required and must be a string")
    return algorithm


def _octets(asked: Mapping[str, Any], name: str) -> bytes:
    text = requests.member(asked, name, str)
    try:
        if text is None:
            raise ValueError("it is absent")
        padded = text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)
        return base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error) as error:
        raise VaultError.bad_parameter(
            f"Property {name} is required and must be base64url: {error}"
        ) from error


def _base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")
