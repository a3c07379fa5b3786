"""What a request asks of a vault: path, query and JSON body, each refused in Key Vault's words.

Microsoft Learn, "Azure Key Vault REST API reference: Secrets".
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request

from sandbox.dataplane.key_vault.errors import VaultError
from sandbox.dataplane.key_vault.secrets import Attributes

API_VERSIONS = frozenset(
    {"2016-10-01", "7.0", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "2025-07-01", "2026-04-01"}
)
MAX_PAGE = 25
_MAX_VALUE = 25_600
_NAME = re.compile(r"[0-9A-Za-z-]{1,127}")
_VERSION = re.compile(r"[0-9A-Za-z]{1,64}")


@dataclass(frozen=True)
class Target:
    """Which secrets a path names: all (no name), one, one version, or the versions of one."""

    name: str | None
    version: str | None = None
    versions: bool = False


def target(request: Request) -> Target:
    """The secrets that the path names. Raises VaultError (400 bad name, 501 not secrets)."""
    raw: bytes = request.scope["raw_path"]
    segments = [unquote(part) for part in raw.decode("latin-1").split("/")[1:]]
    if segments and segments[-1] == "":
        # A trailing slash names the newest version: official clients send an empty version.
        segments.pop()
    if not segments or segments[0] != "secrets" or len(segments) > 3:
        raise VaultError.not_served(request.method, request.url.path)
    name = segments[1] if len(segments) > 1 else None
    if name is not None and not _NAME.fullmatch(name):
        raise VaultError.bad_parameter(f"The request URI contains an invalid name: {name}")
    if len(segments) < 3:
        return Target(name)
    if segments[2] == "versions":
        return Target(name, versions=True)
    if not _VERSION.fullmatch(segments[2]):
        raise VaultError.bad_parameter(
            f"The request URI contains an invalid version: {segments[2]}"
        )
    return Target(name, version=segments[2].lower())


def api_version(request: Request) -> str:
    """The API version asked for. Raises VaultError (400) when it is absent or unknown."""
    asked = request.query_params.getlist("api-version")
    if len(asked) == 1 and asked[0] in API_VERSIONS:
        return asked[0]
    if not asked:
        raise VaultError.bad_parameter("api-version must be specified")
    raise VaultError.bad_parameter(
        f"The specified version ({', '.join(asked)}) is not recognized. Consider using the latest"
        " supported version (2025-07-01)."
    )


def page(request: Request) -> tuple[str, int]:
    """After which name or version a listing goes on, and how many items. Raises VaultError."""
    asked = request.query_params.get("maxresults", str(MAX_PAGE))
    if not asked.isascii() or not asked.isdigit() or not 1 <= int(asked[:4]) <= MAX_PAGE:
        raise VaultError.bad_parameter(
            f"The maxresults parameter must be between 1 and {MAX_PAGE}, not {asked[:40]}"
        )
    try:
        token = request.query_params.get("$skiptoken", "")
        after = base64.urlsafe_b64decode(token.encode("ascii")).decode("ascii")
    except (ValueError, binascii.Error) as error:
        raise VaultError.bad_parameter(
            "The $skiptoken parameter is not one of this vault's"
        ) from error
    return after, int(asked)


def skip_token(after: str) -> str:
    """The `$skiptoken` of a next page that starts after `after`."""
    return base64.urlsafe_b64encode(after.encode("ascii")).decode("ascii")


def secret(body: bytes) -> tuple[str, Attributes]:
    """A new version's value and attributes. Raises VaultError (400)."""
    asked = _object(body)
    value = asked.get("value")
    if not isinstance(value, str):
        raise VaultError.bad_parameter("Property value is required and must be a string")
    if len(value.encode("utf-8", "replace")) > _MAX_VALUE:
        raise VaultError.bad_parameter(f"The secret value exceeds {_MAX_VALUE} bytes")
    return value, _attributes(asked, Attributes())


def changes(body: bytes, current: Attributes) -> Attributes:
    """`current` with what an update's body changes. Raises VaultError (400)."""
    asked = _object(body)
    if "value" in asked:
        raise VaultError.bad_parameter("Property value can't be updated: set a new version")
    return _attributes(asked, current)


def _object(body: bytes) -> dict[str, Any]:
    try:
        asked: Any = json.loads(body)
        # A lone surrogate is JSON's to write and no text: it can be neither kept nor sent.
        json.dumps(asked, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise VaultError.bad_parameter(
            f"Property has invalid value: the body is no JSON ({error})"
        ) from error
    if not isinstance(asked, dict):
        raise VaultError.bad_parameter("Property has invalid value: the body is no JSON object")
    return asked


def _attributes(asked: dict[str, Any], current: Attributes) -> Attributes:
    given = asked.get("attributes")
    attributes = {} if given is None else given
    if not isinstance(attributes, dict):
        raise VaultError.bad_parameter("Property attributes must be an object")
    tags = asked.get("tags")
    if tags is not None and not (
        isinstance(tags, dict) and all(isinstance(value, str) for value in tags.values())
    ):
        raise VaultError.bad_parameter("Property tags must map names to strings")
    content_type = asked.get("contentType")
    if content_type is not None and not isinstance(content_type, str):
        raise VaultError.bad_parameter("Property contentType must be a string")
    enabled = attributes.get("enabled")
    if enabled is not None and not isinstance(enabled, bool):
        raise VaultError.bad_parameter("Property attributes.enabled must be true or false")
    return Attributes(
        current.enabled if enabled is None else enabled,
        _time(attributes, "nbf", current.not_before),
        _time(attributes, "exp", current.expires),
        current.content_type if content_type is None else content_type,
        current.tags if tags is None else tags,
    )


def _time(attributes: dict[str, Any], name: str, current: int | None) -> int | None:
    value = attributes.get(name)
    if value is None:
        return current
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**40:
        raise VaultError.bad_parameter(f"Property attributes.{name} must be seconds since 1970")
    return value
