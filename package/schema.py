"""The package's schema, as `pulumi package get-schema` prints it. Pure.

Pulumi, 'Pulumi package schema'.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from components import naming
from package import docstrings, shapes
from package.catalog import Component, token
from package.shapes import Field, Shape

_NAMES = {str: "string", int: "integer", float: "number", bool: "boolean"}
_LANGUAGES = ("csharp", "go", "java", "nodejs", "python")
Json = dict[str, Any]


def package(version: str, components: Mapping[str, Component]) -> Json:
    """The schema of a package with these components, by their tokens."""
    return {
        "name": naming.PROJECT,
        "displayName": naming.PROJECT,
        "version": version,
        "description": "Apigee reads secrets from Azure Key Vault, without a static credential.",
        "license": "Apache-2.0",
        "language": {name: {"respectSchemaVersion": True} for name in _LANGUAGES},
        "resources": {name: _resource(one) for name, one in sorted(components.items())},
        "types": {
            token(nested): {
                "type": "object",
                "description": docstrings.summary(nested),
                **_object(shapes.members(nested)),
            }
            for nested in sorted(_nested(components.values()), key=token)
        },
    }


def _resource(component: Component) -> Json:
    inputs = _object(component.inputs)
    # What is given is never plain: it comes of a call.
    outputs = _object([replace(one, shape=_later(one.shape)) for one in component.outputs])
    return {
        "isComponent": True,
        "description": docstrings.summary(component.made_by),
        "inputProperties": inputs["properties"],
        "requiredInputs": inputs["required"],
        **outputs,
    }


def _later(shape: Shape) -> Shape:
    return replace(shape, later=True, of=_later(shape.of) if shape.of else None)


def _object(fields: Iterable[Field]) -> Json:
    fields = list(fields)
    return {
        "properties": {field.key: _property(field) for field in fields},
        "required": sorted(field.key for field in fields if field.required),
    }


def _property(field: Field) -> Json:
    described = {**_type(field.shape), "description": field.description}
    return described if field.default is None else {**described, "default": field.default}


def _type(shape: Shape) -> Json:
    if shape.kind in _NAMES:
        found: Json = {"type": _NAMES[shape.kind]}
    elif shape.kind is list and shape.of:
        found = {"type": "array", "items": _type(shape.of)}
    elif shape.kind is dict and shape.of:
        found = {"type": "object", "additionalProperties": _type(shape.of)}
    else:
        found = {"$ref": f"#/types/{token(shape.kind)}"}
    return found if shape.later else {**found, "plain": True}


def _nested(components: Iterable[Component]) -> set[type]:
    """The dataclasses in the components' inputs, those within them too."""
    found: set[type] = set()
    todo = [field.shape for component in components for field in component.inputs]
    while todo:
        shape = todo.pop()
        if shape.of:
            todo.append(shape.of)
        elif shape.kind not in _NAMES and shape.kind not in found:
            found.add(shape.kind)
            todo += [field.shape for field in shapes.members(shape.kind)]
    return found
