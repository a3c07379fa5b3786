"""Pulumi property values between the protocol's `Struct` and Python.

Owns the wire encoding (signatures, unknowns). Resource types only ever see plain JSON values, with
`UNKNOWN` where a preview can't know; secrets are stripped before and marked again after.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf import json_format, struct_pb2
from pulumi.runtime import rpc

# The engine sends one marker for every kind of unknown value; the strings are the protocol's.
_UNKNOWNS: Final = frozenset(
    {
        rpc.UNKNOWN,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # boolean
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)
# Likewise the marks of typed objects: the key that says what an object is, and what it may say.
_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a mark, no password
_FILES: Final = frozenset(
    {
        "c44067f5952c0a294b673a41bacd8c17",  # asset
        "0def7320c3a5731c473e5ecbe6d01bc7",  # archive
    }
)

Plain = dict[str, Any]
"""Properties by wire name: JSON values, with `UNKNOWN`, `File` and (before `strip`) `Secret`."""


class Unknown:
    """The type of `UNKNOWN`."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __copy__(self) -> Unknown:
        return self

    def __deepcopy__(self, memo: object) -> Unknown:
        return self


UNKNOWN: Final = Unknown()
"""A value that is only known after the operation that a preview foretells."""


@dataclass(frozen=True)
class Secret:
    """A value that the engine encrypts in its state."""

    value: Any


@dataclass(frozen=True)
class File:
    """An asset or archive, kept as the engine sent it (`fields` includes its signature)."""

    fields: tuple[tuple[str, Any], ...]


def decode(struct: struct_pb2.Struct | None) -> Plain:
    """The properties of a request; explicit nulls are dropped, as both providers do."""
    if struct is None:
        return {}
    return {
        key: _decode(value)
        for key, value in struct.fields.items()
        if value.WhichOneof("kind") != "null_value"
    }


def _decode(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return _decode_struct(value.struct_value)
    if kind == "list_value":
        return [_decode(item) for item in value.list_value.values]
    if kind == "string_value":
        return UNKNOWN if value.string_value in _UNKNOWNS else value.string_value
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "bool_value":
        return value.bool_value
    return None


def _decode_struct(struct: struct_pb2.Struct) -> Any:
    signature = struct.fields[_SIGNATURE].string_value if _SIGNATURE in struct.fields else None
    if signature == _SECRET:
        return Secret(_decode(struct.fields["value"]))
    if signature in _FILES:
        return File(tuple(sorted(json_format.MessageToDict(struct).items())))
    return decode(struct)


def encode(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """The properties of a response; nulls are dropped, as both providers do."""
    struct = struct_pb2.Struct()
    struct.update({key: _encode(value) for key, value in properties.items() if value is not None})
    return struct


def _encode(value: Any) -> Any:
    if value is UNKNOWN:
        return rpc.UNKNOWN
    if isinstance(value, Secret):
        return {_SIGNATURE: _SECRET, "value": _encode(value.value)}
    if isinstance(value, File):
        return dict(value.fields)
    if isinstance(value, Mapping):
        return {key: _encode(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_encode(item) for item in value]
    return value


def strip(value: Any) -> Any:
    """The same value without its secret marks."""
    if isinstance(value, Secret):
        return strip(value.value)
    if isinstance(value, Mapping):
        return {key: strip(item) for key, item in value.items()}
    if isinstance(value, list):
        return [strip(item) for item in value]
    return value


def secret_names(properties: Mapping[str, Any]) -> frozenset[str]:
    """Names of the top-level properties that hold a secret anywhere inside."""
    return frozenset(name for name, value in properties.items() if _has_secret(value))


def _has_secret(value: Any) -> bool:
    if isinstance(value, Secret):
        return True
    if isinstance(value, Mapping):
        return any(_has_secret(item) for item in value.values())
    return isinstance(value, list) and any(_has_secret(item) for item in value)


def mark(properties: Mapping[str, Any], names: Iterable[str]) -> Plain:
    """The properties with the named ones marked as secret."""
    secrets = frozenset(names)
    return {
        name: Secret(value) if name in secrets and value is not None else value
        for name, value in properties.items()
    }
