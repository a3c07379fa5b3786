"""Statements from Google's IAM: members, bindings and whole policies, of any resource."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final

from validation.access_diff.model import Access, Danger
from validation.access_diff.previewed.surroundings import Surroundings, environment_of, known
from validation.preview.model import State

_LATER: Final = "a member known after deployment"
# Roles by which one may act as an account, or give rights.
_TRUST: Final = frozenset(
    {
        "roles/iam.serviceAccountTokenCreator",
        "roles/iam.serviceAccountUser",
        "roles/iam.serviceAccountOpenIdTokenCreator",
        "roles/iam.workloadIdentityUser",
    }
)
_RIGHTS: Final = ("roles/owner", "roles/editor", "admin")
# What an IAM resource is about: the first of these that it has.
_TARGETS: Final = (
    *("serviceAccountId", "envId", "orgId", "secretId", "bucket", "keyRingId", "cryptoKeyId"),
    *("folder", "project"),
)


def member(state: State, _around: Surroundings) -> Iterator[Access]:
    """The one member of an `IAMMember`."""
    yield _access(state, state.value("role"), state.value("member"))


def binding(state: State, _around: Surroundings) -> Iterator[Access]:
    """The members of an `IAMBinding`, which takes the role from all others."""
    members = state.value("members")
    for one in members if isinstance(members, Sequence) and not isinstance(members, str) else [""]:
        yield _access(state, state.value("role"), one)


def policy(state: State, _around: Surroundings) -> Iterator[Access]:
    """The bindings of an `IAMPolicy`, whose JSON replaces all that was granted."""
    try:
        bindings = json.loads(known(state.value("policyData"))).get("bindings") or []
        pairs = [(b.get("role"), m) for b in bindings for m in b.get("members") or []]
    except (ValueError, AttributeError, TypeError):
        pairs = [("a role known after deployment", "")]
    for role, one in pairs:
        yield _access(state, role, one)


def _access(state: State, role: object, who: object) -> Access:
    name, text = known(role) or "a role known after deployment", known(who)
    what = next((f"{key} {known(state.value(key))}" for key in _TARGETS if state.value(key)), "")
    return Access(
        _danger(name, text),
        "Google",
        environment_of(state),
        text or f"{_LATER} ({state.name})",
        f"have {name} on",
        _short(what) or state.name,
    )


def _danger(role: str, who: str) -> Danger:
    workload = who.startswith("serviceAccount:") or (
        who.startswith(("principal://", "principalSet://")) and "/workloadIdentityPools/" in who
    )
    if who and not workload:
        return Danger.PERSON
    if role in _RIGHTS[:2] or _RIGHTS[2] in role.lower():
        return Danger.RIGHTS
    return Danger.TRUST if role in _TRUST else Danger.VALUE


def _short(what: str) -> str:
    """A resource's full name by its last part: `projects/P/serviceAccounts/EMAIL` is the email."""
    key, _, name = what.partition(" ")
    noun = {"serviceAccountId": "service account", "envId": "environment", "orgId": "organization"}
    last = name.rsplit("/", 1)[-1]
    return f"{noun.get(key, key)} {last or '(to be made)'}" if key else ""
