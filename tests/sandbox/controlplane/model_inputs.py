"""Random inputs of every resource type: the rows of `examples/`, and what can be wrong with them.

Owns the strategies. What the clouds must make of such inputs stands in `model.py` and the tests.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from sandbox import world
from sandbox.controlplane import schema
from sandbox.controlplane.schema import Property, PropertyType
from sandbox.controlplane.values import UNKNOWN, Plain
from tests.sandbox.controlplane import rig

_DEEPEST = 4

SECOND: Mapping[str, Plain] = {
    rig.GROUP: {"resourceGroupName": "second"},
    rig.VAULT: {"vaultName": "kv-beta"},
    rig.KEY: {"keyName": "second"},
    rig.IDENTITY: {"resourceName": "second"},
    rig.CREDENTIAL: {"federatedIdentityCredentialResourceName": "second", "subject": "2"},
    rig.ASSIGNMENT: {
        "roleAssignmentName": "1e6c1f6e-5c55-4b9d-8f66-0d4b8d6a1f11",
        "roleDefinitionId": rig.SECRETS_OFFICER,
    },
    rig.WORKSPACE: {"workspaceName": "second"},
    rig.SETTING: {"name": "second", "logs": [{"category": "AuditEvent", "enabled": True}]},
    rig.ENTRA_SETTING: {"name": "second"},
    rig.ROLE: {
        "roleDefinitionId": "8d1a4f0a-5c55-4b9d-8f66-0d4b8d6a1f22",
        "roleName": "Second",
    },
    rig.ZONE: {"privateZoneName": "second.example.com"},
    rig.ZONE_LINK: {"virtualNetworkLinkName": "second"},
    rig.ENDPOINT: {"privateEndpointName": "second"},
    rig.LOCK: {"lockName": "second"},
    rig.ACTION_GROUP: {"actionGroupName": "second"},
    rig.QUERY_RULE: {"ruleName": "second"},
    rig.SAVED_SEARCH: {"savedSearchId": "second"},
    rig.WORKBOOK: {"resourceName": "6b1d0c50-5c55-4b9d-8f66-0d4b8d6a1f33"},
    rig.APPLICATION: {"displayName": "second"},
    rig.APPLICATION_CREDENTIAL: {"displayName": "second", "subject": "2"},
    rig.ACCOUNT: {"accountId": "second"},
    rig.CUSTOM_ROLE: {"roleId": "second"},
    rig.PROJECT_MEMBER: {"role": "roles/logging.viewer"},
    rig.PROJECT_BINDING: {"role": "roles/logging.logWriter"},
    rig.SERVICE: {"service": "pubsub.googleapis.com", "disableOnDestroy": True},
    rig.NAT_ADDRESS: {"name": "second"},
    rig.ENVIRONMENT: {"name": "beta"},
    rig.INSTANCE_ATTACHMENT: {"environment": "beta"},
    rig.ENV_GROUP: {"name": "second", "hostnames": ["b.example.com"]},
    rig.ENV_GROUP_ATTACHMENT: {"environment": "beta"},
    rig.KVM: {"name": "second"},
    rig.ENTRY: {"name": "second"},
    rig.KEYSTORE: {"name": "second"},
    rig.ALIAS: {"alias": "second"},
    rig.REFERENCE: {"name": "second"},
    rig.TARGET_SERVER: {"name": "second"},
    rig.FLOW: {"name": "second"},
    rig.API: {"name": "second"},
    rig.FLOW_HOOK: {"flowHookPoint": "PostProxyFlowHook"},
    rig.PRODUCT: {"name": "second"},
    rig.DEVELOPER: {"email": "bob@example.com"},
    rig.APP: {"name": "second"},
}
"""What makes another object of a type's example."""

TEXTS = (
    *("", " ", "a", "A", "é\n", "İ", "\x00", "..", "a/b", "a/", "%2F", "*", "{}", "[]"),
    *("0", "1", "-1", "2147483648", "9" * 30, "9" * 5000),
    *("x" * length for length in (2, 3, 4, 24, 25, 63, 64, 120, 121, 260, 261, 600, 5000)),
    *("alpha", "beta", "group", "second", "kv-alpha", "keys", "flow", "api", "product", "reader"),
    *("westeurope", "West Europe", "global", "eastus"),
    *("PT1M", "PT5M", "P2D", "Count", "Total", "Equals", "AuditEvent", "audit", "User"),
    *("https://x.example", "http://x.example", "x.example", "*.example.com", "a@b.example"),
    *(
        "serviceAccount:x",
        "user:a@b.example",
        "deleted:x",
        "allUsers",
        "roles/owner",
        "roles/viewer",
    ),
    *(
        "BASE",
        "KeyStore",
        "ref://r",
        "ref://",
        "DELETE",
        "PREVENT",
        "ABANDON",
        "recover",
        "default",
    ),
    *("10.0.0.1", "198.51.100.7", "198.51.100.7/24", "1.2.3.4/99"),
    "00000000-0000-4000-8000-000000000000",
    world.DEPLOYER_PRINCIPAL_ID,
    world.SUBSCRIPTION,
    f"{world.SUBSCRIPTION}/",
    f"{world.SUBSCRIPTION}/providers/",
    f"{world.SUBSCRIPTION}/vaults/providers/keys/a",
    world.NETWORK,
    rig.ORGANIZATION,
    "organizations/elsewhere",
    f"{rig.ORGANIZATION}/environments/beta",
    "/applications/a",
)
_NUMBERS = (-1, 0, 1, 2, 5, 7, 30, 90, 91, 443, 65_536, 2**31, 2**53, 10**12, 10**18)
_WRONG: tuple[Any, ...] = (None, True, 1, 0.5, "x", [], [None], {}, {"a": 1}, UNKNOWN)


@dataclass(frozen=True)
class _Place:
    """Where an input is, or could be: `declared` is None where the SDK declares nothing."""

    container: Any
    key: Any
    declared: PropertyType | None


def edited(given: Plain, inputs: Mapping[str, Property]) -> st.SearchStrategy[Plain]:
    """`given` with up to two edits, anywhere in it and in what its type's `inputs` could add."""

    @st.composite
    def build(draw: st.DrawFn) -> Plain:
        found = copy.deepcopy(given)
        for _ in range(draw(st.sampled_from((0, 1, 1, 1, 2)))):
            place = draw(st.sampled_from(list(_object_places(inputs, found))))
            edit = draw(st.sampled_from(("fitting", "fitting", "fitting", "dropped", "wrong")))
            if edit == "fitting" and place.declared is not None:
                place.container[place.key] = draw(fitting(place.declared))
            elif edit == "dropped" and isinstance(place.container, dict):
                place.container.pop(place.key, None)
            else:
                place.container[place.key] = draw(st.sampled_from(_WRONG).map(copy.deepcopy))
        return found

    return build()


def _object_places(declared: Mapping[str, Property], value: Any) -> Iterator[_Place]:  # noqa: ANN401 - inputs of any type
    for name, prop in declared.items():
        yield _Place(value, name, prop.type)
        if name in value:
            yield from _places(prop.type, value[name])
    yield _Place(value, "undeclared", None)


def _places(declared: PropertyType, value: Any) -> Iterator[_Place]:  # noqa: ANN401 - inputs of any type
    if declared.cls is not None and isinstance(value, dict):
        yield from _object_places(schema.properties(declared.cls), value)
    elif declared.kind == "array" and isinstance(value, list):
        for index, item in enumerate(value):
            yield _Place(value, index, declared.item)
            if declared.item is not None:
                yield from _places(declared.item, item)
    elif declared.kind == "map" and isinstance(value, dict):
        for name in value:
            yield _Place(value, name, declared.item)


def fitting(declared: PropertyType, depth: int = 0) -> st.SearchStrategy[Any]:
    """Values of a declared type, among them those at and beyond what the clouds take."""
    if declared.values:
        return st.sampled_from(declared.values)
    item = declared.item
    if declared.kind == "array" and item is not None:
        return st.lists(fitting(item, depth + 1), max_size=3)
    if declared.kind == "map" and item is not None:
        return st.dictionaries(st.sampled_from(TEXTS), fitting(item, depth + 1), max_size=2)
    if declared.cls is not None:
        return _objects(declared.cls, depth)
    return _SCALARS.get(declared.kind, st.sampled_from(_WRONG))


def _objects(cls: type, depth: int) -> st.SearchStrategy[Any]:
    properties = schema.properties(cls)
    parts = {name: fitting(p.type, depth + 1) for name, p in properties.items() if p.required}
    if depth >= _DEEPEST:
        return st.fixed_dictionaries(parts)
    optional = {
        name: fitting(p.type, depth + 1) for name, p in properties.items() if not p.required
    }
    return st.fixed_dictionaries(parts, optional=optional)


_SCALARS: Mapping[str, st.SearchStrategy[Any]] = {
    "string": st.sampled_from(TEXTS),
    "integer": st.sampled_from(_NUMBERS),
    "number": st.sampled_from((*_NUMBERS, 0.5)),
    "boolean": st.booleans(),
}


def has_unknown(value: object) -> bool:
    """Whether a preview would not know all of it."""
    if isinstance(value, Mapping):
        return any(map(has_unknown, value.values()))
    if isinstance(value, list):
        return any(map(has_unknown, value))
    return value is UNKNOWN
