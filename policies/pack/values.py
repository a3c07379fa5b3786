"""Property values as the engine sends them, to plain data that rules can judge.

Owns the decoding of the engine's marks for unknown values, secrets, assets and references (Pulumi's
source, `sdk/go/common/resource/plugin/rpc.go`). A value that a preview can't know is `UNKNOWN`, as
data and in place, so a rule judges all the rest; a secret is its plain value, so a rule must not
repeat it.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from google.protobuf import struct_pb2
from pulumi_policy import proxy


class Mark(Enum):
    """Values that are no data; an enum, so that type checkers can narrow on identity."""

    UNKNOWN = "unknown"
    ASSET = "asset"


UNKNOWN: Final = Mark.UNKNOWN
ASSET: Final = Mark.ASSET

# One sentinel a type, although the engine sends the string's for all of them today.
_SENTINELS: Final = frozenset(
    {
        proxy.UNKNOWN_ARCHIVE_VALUE,
        proxy.UNKNOWN_ARRAY_VALUE,
        proxy.UNKNOWN_ASSET_VALUE,
        proxy.UNKNOWN_BOOLEAN_VALUE,
        proxy.UNKNOWN_NUMBER_VALUE,
        proxy.UNKNOWN_OBJECT_VALUE,
        proxy.UNKNOWN_STRING_VALUE,
    }
)

_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a mark, the same in all of Pulumi
_OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_REFERENCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
_ASSETS: Final = frozenset({"c44067f5952c0a294b673a41bacd8c17", "0def7320c3a5731c473e5ecbe6d01bc7"})


def plain(struct: struct_pb2.Struct) -> dict[str, object]:
    """Decodes a resource's properties.

    Args:
        struct: the properties as the engine sends them.

    Returns:
        Property name to str, float, bool, None, list or dict of these, `UNKNOWN` or `ASSET`.
    """
    return {key: _plain(value) for key, value in struct.fields.items()}


def _plain(value: struct_pb2.Value) -> object:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return UNKNOWN if value.string_value in _SENTINELS else value.string_value
    if kind == "struct_value":
        return _object(plain(value.struct_value))
    if kind == "list_value":
        return [_plain(item) for item in value.list_value.values]
    if kind == "bool_value":
        return value.bool_value
    return value.number_value if kind == "number_value" else None


def _object(value: dict[str, object]) -> object:
    signature = value.get(_SIGNATURE)
    if signature is None:
        return value
    if signature in {_SECRET, _OUTPUT}:
        return value.get("value", UNKNOWN)
    if signature == _REFERENCE:
        # What a reference stands for is the resource's id, empty until there is one.
        return value.get("id") or UNKNOWN
    # What isn't read here can't be judged: not known, rather than harmless.
    return ASSET if signature in _ASSETS else UNKNOWN
