"""`gcp:apigee/natAddress:NatAddress`: static addresses of an instance's calls to the outside.

Apigee's documentation, "Provisioning NAT IPs": an address is reserved first; only an active one
is used for egress, and activation can't be taken back.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from sandbox.controlplane import errors
from sandbox.controlplane.apigee.base import NAT_ADDRESS, ApigeeType
from sandbox.controlplane.resource_type import Context
from sandbox.controlplane.values import Plain

_RANGE: Final = ipaddress.ip_network("203.0.113.0/24")
"""Set aside for documentation by RFC 5737, so that nothing real is ever allowed by mistake."""
_LONGEST_NAME = 20


class NatAddress(ApigeeType):
    """`RESERVED`, and with `activate` then `ACTIVE`."""

    sdk = "pulumi_gcp.apigee.NatAddress"
    noun = "NatAddress"
    path = "{instanceId}/natAddresses/{name}"
    name_input = "name"
    replace_on = frozenset({"instanceId", "name"})
    operations = frozenset({"create", "update", "delete"})
    preset: ClassVar[Mapping[str, Any]] = {"activate": False}

    def body(
        self, context: Context, object_id: str, inputs: Plain, previous: Plain | None
    ) -> Plain:
        self.instance(context, inputs["instanceId"])
        if not 0 < len(inputs["name"]) <= _LONGEST_NAME:
            raise self.invalid(
                f"NAT address name {inputs['name']} must have at most {_LONGEST_NAME} characters"
            )
        active = previous is not None and previous["state"] == "ACTIVE"
        if active and not inputs.get("activate"):
            raise errors.bridged(f'NatAddress "{object_id}" allows only the activation action')
        return {
            **self.stored(inputs),
            "activate": bool(inputs.get("activate")),
            "state": "ACTIVE" if inputs.get("activate") else "RESERVED",
            "ipAddress": previous["ipAddress"] if previous else self._free(context),
        }

    def _free(self, context: Context) -> str:
        taken = {item.body["ipAddress"] for item in context.all(NAT_ADDRESS)}
        for address in map(str, _RANGE.hosts()):
            if address not in taken:
                return address
        raise self.refuse(
            429, "generic::resource_exhausted: no NAT address is left", "rateLimitExceeded"
        )
