"""What the installed SDK says of a resource type: its inputs and its declared outputs.

Reads the SDK's own classes, so there is no copy of any provider's schema. Owns types, required
inputs and enums; rules that a cloud adds (name patterns, what must exist) live with the types.
"""

from __future__ import annotations

import enum
import sys
import types
import typing
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pulumi

from sandbox.controlplane.values import UNKNOWN


@dataclass(frozen=True)
class PropertyType:
    """`kind` is one of string, integer, number, boolean, array, map, object, any.

    `item` is set for arrays and maps, `cls` (a class with `pulumi.getter` properties) for objects,
    `values` for closed enums: `Union[str, Enum]` in the SDK is open and has none.
    """

    kind: str
    item: PropertyType | None = None
    cls: type | None = None
    values: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Property:
    """One input or output by its wire name."""

    name: str
    type: PropertyType
    required: bool


@dataclass(frozen=True)
class Mistake:
    """An input that doesn't fit. `kind`: missing, unknown, type, enum. `path` as `a.b[0].c`."""

    kind: str
    path: str
    expected: str
    got: str = ""
    choices: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Schema:
    """Inputs and declared outputs of one resource class, by wire name."""

    inputs: Mapping[str, Property]
    outputs: Mapping[str, Property]

    def mistakes(self, inputs: Mapping[str, Any]) -> list[Mistake]:
        """Every input that is missing, unknown or of a wrong type; `__` names are skipped."""
        return list(_object_mistakes("", self.inputs, inputs))

    def project(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """`values` cut down to the declared outputs, at every level; nulls are left out."""
        return project(self.outputs, values)

    def preview(self, inputs: Mapping[str, Any], *, unset_unknown: bool = False) -> dict[str, Any]:
        """Outputs of a create that hasn't happened: inputs as given, the cloud's own unknown.

        Optional inputs that aren't given are absent, or unknown with `unset_unknown`.
        """
        return _preview_object(self.outputs, self.inputs, inputs, unset_unknown)


@cache
def of(resource: type) -> Schema:
    """The schema of a resource class of an installed SDK.

    The arguments' class is the one that `_internal_init` builds; `<Type>Args` may be another type's
    (`monitor.ActionGroupArgs`).
    """
    init = vars(resource)["_internal_init"]
    names = [name for name in init.__code__.co_names if name.endswith("Args")]
    arguments = init.__globals__[names[0]]
    return Schema(inputs=properties(arguments), outputs=properties(resource))


@cache
def properties(cls: type) -> Mapping[str, Property]:
    """The properties that a generated class declares, by wire name."""
    found = {}
    scope = {**vars(sys.modules[cls.__module__]), "Output": pulumi.Output, "T": Any}
    for python_name, member in vars(cls).items():
        if not isinstance(member, property) or member.fget is None:
            continue
        wire_name = getattr(member.fget, "_pulumi_name", python_name)
        hint = typing.get_type_hints(member.fget, scope)["return"]
        type_, optional = _property_type(hint)
        found[wire_name] = Property(wire_name, type_, required=not optional)
    return types.MappingProxyType(found)


def _property_type(hint: Any) -> tuple[PropertyType, bool]:
    """The type behind a hint, and whether it may be absent."""
    members = list(_members(hint))
    optional = type(None) in members
    members = [member for member in members if member is not type(None)]
    enums = [m for m in members if isinstance(m, type) and issubclass(m, enum.Enum)]
    others = [member for member in members if member not in enums]
    if enums and not others:
        return _enum_type(enums[0]), optional
    if len(others) != 1:
        return PropertyType("any"), optional
    return _single_type(others[0]), optional


def _members(hint: Any) -> Iterator[Any]:
    """The alternatives of a hint, without the wrappings of `pulumi.Input` and `pulumi.Output`."""
    origin = typing.get_origin(hint)
    if origin is typing.Union or origin is types.UnionType:
        alternatives = [a for a in typing.get_args(hint) if not _is_wrapping(a)]
        for alternative in alternatives:
            yield from _members(alternative)
    elif origin is pulumi.Output:
        yield from _members(typing.get_args(hint)[0])
    else:
        yield hint


def _is_wrapping(hint: Any) -> bool:
    return typing.get_origin(hint) in (Awaitable, pulumi.Output)


def _enum_type(cls: type[enum.Enum]) -> PropertyType:
    values = tuple(member.value for member in cls)
    return PropertyType(_SCALARS.get(type(values[0]), "string"), values=values)


_SCALARS = {str: "string", int: "integer", float: "number", bool: "boolean"}


def _single_type(hint: Any) -> PropertyType:
    if hint in _SCALARS:
        return PropertyType(_SCALARS[hint])
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is not None and issubclass(origin, Mapping):
        return PropertyType("map", item=_property_type(arguments[1])[0])
    if origin is not None and issubclass(origin, Sequence):
        return PropertyType("array", item=_property_type(arguments[0])[0])
    if isinstance(hint, type) and any(isinstance(m, property) for m in vars(hint).values()):
        return PropertyType("object", cls=hint)
    return PropertyType("any")


def _object_mistakes(
    path: str, declared: Mapping[str, Property], value: Mapping[str, Any]
) -> Iterator[Mistake]:
    for name, prop in declared.items():
        if prop.required and value.get(name) is None:
            yield Mistake("missing", _join(path, name), prop.type.kind)
    for name, item in value.items():
        if name.startswith("__") or item is None:
            continue
        if name not in declared:
            yield Mistake("unknown", _join(path, name), "", choices=tuple(declared))
        else:
            yield from _mistakes(_join(path, name), declared[name].type, item)


def _mistakes(path: str, expected: PropertyType, value: Any) -> Iterator[Mistake]:
    if value is UNKNOWN or expected.kind == "any":
        return
    got = _kind_of(value)
    if expected.kind not in got:
        yield Mistake("type", path, expected.kind, got[0])
    elif expected.kind == "object" and expected.cls is not None:
        yield from _object_mistakes(path, properties(expected.cls), value)
    elif expected.kind == "array" and expected.item is not None:
        for index, item in enumerate(value):
            yield from _mistakes(f"{path}[{index}]", expected.item, item)
    elif expected.kind == "map" and expected.item is not None:
        for key, item in value.items():
            yield from _mistakes(_join(path, key), expected.item, item)
    elif expected.values and value not in expected.values:
        yield Mistake("enum", path, expected.kind, str(value), choices=expected.values)


def _kind_of(value: Any) -> tuple[str, ...]:
    """Names of the kinds that a value satisfies, the most telling first."""
    if isinstance(value, bool):
        return ("boolean",)
    if isinstance(value, int):
        return ("number", "integer")
    if isinstance(value, float):
        return ("number",)
    if isinstance(value, str):
        return ("string",)
    if isinstance(value, list):
        return ("array",)
    if isinstance(value, Mapping):
        return ("object", "map")
    return (type(value).__name__,)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def project(declared: Mapping[str, Property], values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` cut down to the declared properties, at every level; nulls are left out."""
    return {
        name: _project(prop.type, values[name])
        for name, prop in declared.items()
        if values.get(name) is not None
    }


def _project(type_: PropertyType, value: Any) -> Any:
    if type_.cls is not None and isinstance(value, Mapping):
        return project(properties(type_.cls), value)
    if type_.kind == "array" and type_.item is not None and isinstance(value, list):
        return [_project(type_.item, item) for item in value]
    return value


def _preview_object(
    outputs: Mapping[str, Property],
    inputs: Mapping[str, Property],
    values: Mapping[str, Any],
    unset_unknown: bool,
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, prop in outputs.items():
        if values.get(name) is not None:
            given = inputs[name].type if name in inputs else prop.type
            found[name] = _preview(prop.type, given, values[name], unset_unknown)
        elif name not in inputs or prop.required or unset_unknown:
            found[name] = UNKNOWN
    return found


def _preview(output: PropertyType, given: PropertyType, value: Any, unset_unknown: bool) -> Any:
    if output.cls is not None and given.cls is not None and isinstance(value, Mapping):
        return _preview_object(properties(output.cls), properties(given.cls), value, unset_unknown)
    if output.item is not None and given.item is not None and isinstance(value, list):
        return [_preview(output.item, given.item, item, unset_unknown) for item in value]
    return value
