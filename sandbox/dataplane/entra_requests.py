"""A token request as Entra reads it: tenant, form and scope.

Microsoft Learn, "Microsoft identity platform and the OAuth 2.0 client credentials flow". Owns what
can be told from the request alone; clients and assertions are others'.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from sandbox import world
from sandbox.dataplane import entra_errors as errors
from sandbox.dataplane.entra_errors import EntraError

VAULT_RESOURCE = "https://vault.azure.net"
RESOURCES = frozenset({VAULT_RESOURCE})
"""Resources that the sandbox's tenant has; a token for any other can't be had."""

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_DEFAULT_SCOPE = "/.default"
_MOST_FIELDS = 50
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_DOMAIN = re.compile(r"([a-z0-9-]+\.)+[a-z]{2,}", re.IGNORECASE)
_URI = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


@dataclass(frozen=True)
class Grant:
    """The fields of a client credentials request with a client assertion."""

    client_id: str
    assertion: str
    resource: str


def require_tenant(name: str) -> str:
    """The id of the tenant that a path names. Raises EntraError (9001023, 900023, 90002)."""
    if name.lower() == world.TENANT_ID:
        return world.TENANT_ID
    if name.lower() in ("common", "consumers"):
        raise EntraError(errors.NO_TENANT)
    if not _GUID.fullmatch(name) and not _DOMAIN.fullmatch(name):
        raise EntraError(errors.NOT_A_TENANT, tenant=name)
    raise EntraError(errors.UNKNOWN_TENANT, tenant=name)


def form(content_type: str, body: bytes) -> dict[str, str]:
    """The fields of a token request; of anything but a form, none. Raises EntraError."""
    if content_type.partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        return {}
    try:
        pairs = parse_qsl(
            body.decode("utf-8"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError as error:
        raise EntraError(errors.MALFORMED_REQUEST) from error
    fields: dict[str, str] = {}
    for name, value in pairs:
        if name in fields:
            raise EntraError(errors.DUPLICATED_PARAMETER, name=name)
        fields[name] = value
    return fields


def grant(fields: Mapping[str, str], authorization: str) -> Grant:
    """The request's fields, each checked as far as it can be alone. Raises EntraError.

    `authorization` is the header of that name: a secret may come there too.
    """
    grant_type = _required(fields, "grant_type")
    if grant_type != "client_credentials":
        raise EntraError(errors.UNSUPPORTED_GRANT, grant_type=grant_type)
    client_id, scope = _required(fields, "client_id"), _required(fields, "scope")
    if fields.get("client_secret") or authorization.lower().startswith("basic "):
        # No client here has one.
        raise EntraError(errors.INVALID_SECRET, client_id=client_id)
    if not fields.get("client_assertion"):
        raise EntraError(errors.NO_CREDENTIAL)
    if _required(fields, "client_assertion_type") != _ASSERTION_TYPE:
        raise EntraError(errors.UNEXPECTED_ASSERTION_TYPE)
    return Grant(client_id, fields["client_assertion"], _resource(scope))


def _required(fields: Mapping[str, str], name: str) -> str:
    value = fields.get(name, "")
    if not value.strip():
        raise EntraError(errors.MISSING_PARAMETER, name=name)
    return value


def _resource(scope: str) -> str:
    """The resource that a scope's `/.default` names. Raises EntraError."""
    asked = scope.split()
    if not all(part.endswith(_DEFAULT_SCOPE) for part in asked):
        # `.default` can't stand beside a single permission either.
        several = any(part.endswith(_DEFAULT_SCOPE) for part in asked)
        raise EntraError(
            errors.INVALID_SCOPE if several else errors.SCOPE_WITHOUT_DEFAULT, scope=scope
        )
    resources = {part.removesuffix(_DEFAULT_SCOPE) for part in asked}
    if not all(_URI.match(resource) or _GUID.fullmatch(resource) for resource in resources):
        raise EntraError(errors.INVALID_SCOPE, scope=scope)
    if len(resources) > 1:
        raise EntraError(errors.SEVERAL_RESOURCES, scope=scope)
    [resource] = resources
    if resource not in RESOURCES:
        raise EntraError(errors.UNKNOWN_RESOURCE, resource=resource, tenant=world.TENANT_ID)
    return resource
