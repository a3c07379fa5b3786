"""What one entry of a gateway's key value map allows, as a statement.

Owns the words for it. The keys are the program's: its `declaration` explains them.
"""

from __future__ import annotations

from typing import Final

from validation.access_diff.model import Access, Danger

# What a caller may do by an entry `<use>.<name>.<caller>`.
_CALLERS: Final = {
    "grant": ("ask for", "secret"),
    "client-grant": ("ask for, on behalf of a listed application,", "secret"),
    "sign": ("sign and verify by", "key"),
    "unwrap": ("wrap and unwrap by", "key"),
}
# For how long what is known of a secret may be kept, by an entry `<kind>.<secret>`.
_BOUNDS: Final = {
    "cache": "serve from its cache, for {} s,",
    "stale": "serve in an outage, until {} s after its fetch,",
    "absent": "answer as absent, for {} s,",
}


def allowed(environment: str, key: str, value: str) -> Access | None:
    """What an entry allows; nothing for one that allows nothing to anybody.

    Arguments:
        environment: the Apigee environment of the map.
        key: the entry's key, such as `grant.orders-backend-key.orders-v1`.
        value: its value.
    """
    use, _, rest = key.partition(".")
    name, _, caller = rest.partition(".")
    if use in _CALLERS:
        may, noun = _CALLERS[use]
        return Access(Danger.VALUE, "Apigee", environment, f"proxy {caller}", may, f"{noun} {name}")
    if use == "client":
        return Access(
            *(Danger.VALUE, "Apigee", environment, f"application {caller}"),
            *("be a client for", f"secret {name}"),
        )
    if use in _BOUNDS:
        may = _BOUNDS[use].format(value)
        return Access(Danger.VALUE, "Apigee", environment, "the gateway", may, f"secret {name}")
    if use == "expired":
        may = "not serve past its expiry"
        return Access(Danger.VALUE, "Apigee", environment, "the gateway", may, f"secret {name}")
    return None
