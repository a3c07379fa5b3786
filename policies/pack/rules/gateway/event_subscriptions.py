"""An event about a secret is delivered to who may have it, or kept.

Owns Event Grid's subscriptions: an endpoint that authenticates, and a place for what can't be delivered.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ...certainty import Certainty, at, certain, holds, is_text
from ...model import About, Context, Finding, Resource, ResourceRule
from ...tokens import normalise
from ...values import UNKNOWN

_TOPIC: Final = "azure-native:eventgrid:systemtopic"


def judge(resource: Resource, context: Context) -> Iterator[Finding]:
    """Finds a subscription that loses events or sends them to whoever listens, and a topic without identity.

    Args:
        resource: a subscription or system topic.
        context: of no use to this rule.
    """
    if normalise(resource.token) == _TOPIC:
        demands = [(_identity(resource), "identity.type isn't SystemAssigned or UserAssigned")]
    else:
        demands = [
            (
                _kept(resource),
                "deadLetterDestination isn't set, so what can't be delivered is lost",
            ),
            (_authenticated(resource), "its endpoint isn't one that authenticates Event Grid"),
        ]
    for certainty, why in demands:
        if certainty is not Certainty.YES:
            known = certainty is Certainty.NO
            yield Finding(
                resource.urn,
                f"'{resource.name}': {why if known else 'it is not known whether ' + why}. Deliver by a "
                "managed identity, or to an https webhook with azureActiveDirectoryTenantId and "
                "azureActiveDirectoryApplicationIdOrUri, and set a dead-letter destination.",
                decided=known,
            )


def _identity(topic: Resource) -> Certainty:
    kind = at(topic.properties.get("identity"), "type")
    return holds(kind, lambda value: isinstance(value, str) and "assigned" in value.lower())


def _kept(subscription: Resource) -> Certainty:
    places = (
        subscription.properties.get(name)
        for name in ("deadLetterDestination", "deadLetterWithResourceIdentity")
    )
    return max(holds(place, lambda value: value is not None) for place in places)


def _authenticated(subscription: Resource) -> Certainty:
    if subscription.properties.get("deliveryWithResourceIdentity") is not None:
        return Certainty.YES
    destination = subscription.properties.get("destination")
    if destination is UNKNOWN:
        return Certainty.UNDECIDED
    if at(destination, "endpointType") != "WebHook":
        # Azure's own services are reached within Azure, by their resource id.
        return certain(destination is not None)
    url = at(destination, "endpointUrl")
    # Outputs never have the address: what stood in the inputs was judged then.
    https = holds(url, lambda value: value is None or str(value).lower().startswith("https://"))
    return min(
        https,
        is_text(at(destination, "azureActiveDirectoryTenantId")),
        is_text(at(destination, "azureActiveDirectoryApplicationIdOrUri")),
    )


RULE = ResourceRule(
    about=About(
        name="event-subscription",
        description="Event Grid's subscriptions authenticate, and keep what they can't deliver.",
        severity="medium",
        controls=("MCSB IM-3", "PSRule AZR-000099"),
        remediation=(
            "1. Deliver with a managed identity, or set tenant and application on the webhook.\n"
            "2. Set deadLetterDestination.\n"
            "3. Give the system topic an identity."
        ),
    ),
    types=frozenset(
        {
            _TOPIC,
            "azure-native:eventgrid:systemtopiceventsubscription",
            "azure-native:eventgrid:eventsubscription",
        }
    ),
    judge=judge,
)
