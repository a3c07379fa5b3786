"""Statements from Entra's trust: who may act as an identity."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from validation.access_diff.model import Access, Danger
from validation.access_diff.previewed.surroundings import Surroundings, environment_of, known
from validation.preview.model import State

_GOOGLE: Final = "https://accounts.google.com"


def federated_credential(state: State, around: Surroundings) -> Iterator[Access]:
    """Whose tokens an identity or application takes for its own."""
    issuer, subject = known(state.value("issuer")), known(state.value("subject"))
    if issuer != _GOOGLE:
        who = f"{subject or '(a subject known after deployment)'} of {issuer or 'an issuer'}"
    elif not subject:
        who = f"Google service account of {state.name} (to be made)"
    else:
        who = f"Google service account {around.accounts.get(subject, subject)}"
    named = known(state.value("resourceName")) or known(state.value("displayName"))
    what = f"identity {named or state.name}"
    yield Access(Danger.TRUST, "Entra", environment_of(state), who, "act as", what)
