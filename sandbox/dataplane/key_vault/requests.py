"""What a request asks of a vault: path, query and JSON body, each refused in Key Vault's words.

Microsoft Learn, "Azure Key Vault REST API reference" and "Authentication, requests, and responses".
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request

from sandbox.dataplane.key_vault.errors import VaultError
from sandbox.vault_objects import LATEST, Attributes

API_VERSIONS = ("2025-07-01", "2026-04-01")
MAX_PAGE = 25

_NAME = re.compile(r"[0-9A-Za-z-]{1,127}")
_VERSION = re.compile(r"[0-9A-Za-z]{1,64}")
_COUNT = re.compile(r"[0-9]{1,4}")
_ACTIONS = frozenset(
    {
        *("versions", "create", "import", "rotate", "rotationpolicy", "backup", "recover"),
        *("sign", "verify", "wrapkey", "unwrapkey", "encrypt", "decrypt", "release"),
        *("attestation", "policy", "pending", "merge"),
    }
)
_RESERVED = frozenset({("certificates", "contacts"), ("certificates", "issuers")})
_MAX_TAGS = 15


@dataclass(frozen=True)
class Target:
    """What a path names: a collection, an object in it, a version of that, an action on either."""

    collection: str
    name: str | None = None
    version: str | None = None
    action: str | None = None

    @property
    def shape(self) -> str:
        """The action, or how much the path names: `list`, `name` or `version`."""
        if self.action is not None:
            return self.action
        return "list" if self.name is None else "name" if self.version is None else "version"

    @property
    def pattern(self) -> str:
        """The path with its names in braces."""
        parts = [self.collection, self.name and "{name}", self.version and "{version}", self.action]
        return "".join(f"/{part}" for part in parts if part)


def target(request: Request) -> Target:
    """What the path names. Raises VaultError (400 for a bad name or version)."""
    raw: bytes = request.scope["raw_path"]
    segments = [unquote(part) for part in raw.decode("latin-1").split("/")[1:]]
    if segments[-1] == "":
        # A trailing slash names the newest version: official clients send an empty version.
        segments.pop()
    collection, *rest = segments or [""]
    if not rest:
        return Target(collection)
    if (collection, rest[0]) in _RESERVED or (request.method, rest) == ("POST", ["restore"]):
        return Target(collection, action=rest[0])
    name, *rest = rest
    if not _NAME.fullmatch(name):
        raise VaultError.bad_parameter(f"The request URI contains an invalid name: {name}")
    action = rest.pop() if rest and rest[-1] in _ACTIONS else None
    version = rest[0] if rest else ""
    if len(rest) > 1 or (version and not _VERSION.fullmatch(version)):
        raise VaultError.bad_parameter(
            f"The request URI contains an invalid version: {'/'.join(rest)}"
        )
    return Target(collection, name, version.lower() or None, action)


def require_length(request: Request) -> None:
    """A method that has a body says how long it is. Raises VaultError (411)."""
    told = {"content-length", "transfer-encoding"} & set(request.headers)
    if request.method in {"POST", "PUT", "PATCH"} and not told:
        raise VaultError(411, "LengthRequired", "The request must have a Content-Length header")


def api_version(request: Request) -> str:
    """The API version asked for. Raises VaultError (400) when it is absent or not served."""
    asked = request.query_params.getlist("api-version")
    if len(asked) == 1 and asked[0] in API_VERSIONS:
        return asked[0]
    if not asked:
        raise VaultError.bad_parameter("api-version must be specified")
    raise VaultError.bad_parameter(
        f"The specified version ({', '.join(asked)}) is not recognized. Consider using the latest"
        f" supported version ({API_VERSIONS[-1]})."
    )


def page(request: Request) -> tuple[str, int]:
    """After which name or version a listing goes on, and how many items. Raises VaultError."""
    asked = request.query_params.get("maxresults", str(MAX_PAGE))
    if not _COUNT.fullmatch(asked) or not 1 <= int(asked) <= MAX_PAGE:
        raise VaultError.bad_parameter(
            f"The maxresults parameter must be between 1 and {MAX_PAGE}, not {asked[:40]}"
        )
    try:
        token = request.query_params.get("$skiptoken", "")
        after = base64.urlsafe_b64decode(token.encode("ascii")).decode("ascii")
        if skip_token(after) != token:
            # The decoder passes over what no token has in it.
            raise ValueError
    except (ValueError, binascii.Error) as error:
        raise VaultError.bad_parameter(
            "The $skiptoken parameter is not one of this vault's"
        ) from error
    return after, int(asked)


def skip_token(after: str) -> str:
    """The `$skiptoken` of a next page that starts after `after`."""
    return base64.urlsafe_b64encode(after.encode("ascii")).decode("ascii")


def json_object(request: Request, body: bytes) -> dict[str, Any]:
    """The body's JSON object. Raises VaultError (415 for another media type, 400)."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if body and media != "application/json":
        raise VaultError(
            415,
            "UnsupportedMediaType",
            f"The request's content type must be application/json, not {media or 'absent'}",
        )
    try:
        asked: Any = json.loads(body, parse_constant=_refuse_constant)
        # A lone surrogate is JSON's to write and no text: it can be neither kept nor sent.
        json.dumps(asked, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise VaultError.bad_parameter(
            f"Property has invalid value: the body is no JSON ({error})"
        ) from error
    if not isinstance(asked, dict):
        raise VaultError.bad_parameter("Property has invalid value: the body is no JSON object")
    return asked


def _refuse_constant(name: str) -> None:
    """Python reads NaN and Infinity, which are no JSON."""
    raise ValueError(f"{name} is no JSON value")


def member(asked: Mapping[str, Any], name: str, type_: type) -> Any:
    """A member of a body, or None where it is absent or null. Raises VaultError (400)."""
    value = asked.get(name)
    # JSON's booleans are no numbers, though Python's are.
    is_boolean = isinstance(value, bool) and type_ is int
    if value is None or (isinstance(value, type_) and not is_boolean):
        return value
    raise VaultError.bad_parameter(f"Property {name} must be a JSON {_TYPES[type_]}")


_TYPES = {str: "string", int: "number", bool: "boolean", list: "array", dict: "object"}


def attributes(asked: Mapping[str, Any], current: Attributes, longest_tag: int) -> Attributes:
    """`current` with what a body's `attributes` and `tags` change. Raises VaultError (400).

    `longest_tag` is the limit of a tag's name and of its value, in characters.
    """
    given = member(asked, "attributes", dict) or {}
    enabled = member(given, "enabled", bool)
    return Attributes(
        enabled=current.enabled if enabled is None else enabled,
        not_before=_time(given, "nbf", current.not_before),
        expires=_time(given, "exp", current.expires),
        tags=_tags(asked, current.tags, longest_tag),
    )


def _tags(asked: Mapping[str, Any], current: Mapping[str, str], longest: int) -> Mapping[str, str]:
    tags = member(asked, "tags", dict)
    if tags is None:
        return current
    if not all(isinstance(value, str) for value in tags.values()):
        raise VaultError.bad_parameter("Property tags must map names to strings")
    if len(tags) > _MAX_TAGS or any(len(text) > longest for item in tags.items() for text in item):
        raise VaultError.bad_parameter(
            f"Property tags may hold {_MAX_TAGS} tags, with names and values of at most {longest}"
            " characters"
        )
    return dict(tags)


def _time(attributes: Mapping[str, Any], name: str, current: int | None) -> int | None:
    value = attributes.get(name)
    if value is None:
        return current
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LATEST:
        raise VaultError.bad_parameter(f"Property attributes.{name} must be seconds since 1970")
    return value
