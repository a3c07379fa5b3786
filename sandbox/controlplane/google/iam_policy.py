"""A member of an IAM policy: how it is written, what Google refuses, how the provider names it.

Shared by the types that edit policies. Follows the source of pulumi-gcp's upstream provider
(`tpgiamresource`).
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Any

from sandbox import google_iam
from sandbox.controlplane import errors
from sandbox.controlplane.errors import CloudError
from sandbox.controlplane.google.base import SERVICE_IDENTITY
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import UNKNOWN

EVERYBODY = ("allUsers", "allAuthenticatedUsers")

_KINDS = ("user", "group", "domain", "serviceAccount", "principal", "principalSet")
_CASE_SENSITIVE = ("principal", "principalSet", "deleted")
_WRITTEN = re.compile(r".+:.+|projectOwners|projectReaders|projectWriters|allUsers|allAuth.+")


def refusals(name: str, member: object) -> list[str]:
    """Why the provider itself refuses a member, if it does. `name`: the input's."""
    if member is UNKNOWN:
        return []
    if str(member).startswith("deleted"):
        reason = "Terraform does not support IAM members for deleted principals"
        return [f"invalid value for {name} ({reason})"]
    if not _WRITTEN.fullmatch(str(member)):
        reason = (
            "IAM members must have one of the values outlined here:"
            " https://cloud.google.com/billing/docs/reference/rest/v1/Policy#Binding"
        )
        return [f'invalid value "{member}" for {name} ({reason})']
    return []


def check_role(context: Context, action: str, role: str) -> None:
    """Refuse a role that isn't there ("Understanding allow policies", IAM)."""
    if role in google_iam.ROLES or google_iam.custom_role(context.cloud.store, role) is not None:
        return
    if role.startswith(("projects/", "organizations/")):
        raise _refusal(action, f"Role ({role}) does not exist in the resource's hierarchy.")
    raise _refusal(action, f"Role {role} is not supported for this resource.")


def check_member(context: Context, action: str, member: str, *, everybody: bool) -> None:
    """Refuse forms that Google doesn't know, and service accounts that aren't there.

    `everybody`: whether the resource may be opened to all. A project may not ("Method:
    projects.setIamPolicy", Resource Manager).
    """
    kind, _, name = member.partition(":")
    if member in EVERYBODY:
        if not everybody:
            raise _refusal(action, "Request contains an invalid argument.")
        return
    if kind not in _KINDS or not name:
        raise _refusal(
            action,
            f"The member {member} is of an unknown type. Please set a valid type prefix for the"
            " member.",
        )
    if kind == "serviceAccount" and not _exists(context, name.lower()):
        raise _refusal(action, f"Service account {name} does not exist.")


def _refusal(action: str, message: str) -> CloudError:
    return errors.google(action, 400, message, "badRequest")


def _exists(context: Context, email: str) -> bool:
    types = (google_iam.ACCOUNT, SERVICE_IDENTITY)
    return any(item.body["email"] == email for type_ in types for item in context.all(type_))


def normal(member: str) -> str:
    """Emails are compared without regard to case; the provider lowers them."""
    kind, colon, name = member.partition(":")
    return member if kind in _CASE_SENSITIVE else f"{kind}{colon}{name.lower()}"


def state_id(parts: tuple[str, ...], condition: Mapping[str, Any] | None) -> str:
    """The id in the state: resource, role (and member), and all of the condition, by slashes."""
    named = (condition or {}).get
    key = [named(name) or "" for name in ("title", "description", "expression")]
    return "/".join([*parts, *(key if any(key) else [])])


def import_id(parts: tuple[str, ...], condition: Mapping[str, Any] | None) -> str:
    """What an import takes: resource, role (and member), and the condition's title, by spaces."""
    title = (condition or {}).get("title")
    return " ".join([*parts, *([title] if title else [])])


def deleted(member: str, unique_id: str) -> str:
    """A member whose account was deleted, as its policies show it from then on."""
    return f"deleted:{member}?uid={unique_id}"


def etag(object_id: str) -> str:
    """A value of an etag's form."""
    return base64.b64encode(hashlib.sha256(object_id.encode()).digest()[:8]).decode()
