"""One example of every azuread type."""

from __future__ import annotations

from sandbox import world
from tests.sandbox.controlplane import rig
from tests.sandbox.controlplane.examples.example import Example, Made
from tests.sandbox.controlplane.rig import Plain

_GONE = "Request_ResourceNotFound"


def _principal(made: Made) -> Plain:
    return {"clientId": made[rig.APPLICATION]["clientId"]}


def _credential(made: Made) -> Plain:
    return {
        "applicationId": made[rig.APPLICATION].id,
        "displayName": "apigee",
        "issuer": world.GOOGLE_ISSUER,
        "subject": "1",
        "audiences": [world.EXCHANGE_AUDIENCE],
    }


EXAMPLES: tuple[Example, ...] = (
    # Display names are not unique. The block `api` is optional, and comes back with its defaults.
    Example(
        rig.APPLICATION,
        {"displayName": "reader"},
        twice=None,
        gone=_GONE,
        unplanned=frozenset({"api"}),
    ),
    Example(rig.SERVICE_PRINCIPAL, _principal, gone=_GONE),
    Example(rig.APPLICATION_CREDENTIAL, _credential, gone=_GONE),
)
