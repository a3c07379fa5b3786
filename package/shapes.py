"""The shapes of the components' inputs and outputs, read from their annotations.

Owns which annotations can cross to another language: texts, numbers, truth values, dataclasses of
these, sequences and mappings of any, each plain or `pulumi.Input` or `pulumi.Output`.
"""

import dataclasses
import types
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, Union, get_args, get_origin

import pulumi

from package import docstrings

Scalar = str | int | float | bool
SCALARS: tuple[type, ...] = get_args(Scalar)


@dataclasses.dataclass(frozen=True)
class Shape:
    """What a value looks like.

    Attributes:
        kind: `str`, `int`, `float`, `bool`, `list`, `dict`, or a dataclass.
        of: the shape of a list's items or of a dict's values, whose keys are texts.
        later: whether the value may become known only when resources are there.
    """

    kind: type
    of: "Shape | None" = None
    later: bool = False


@dataclasses.dataclass(frozen=True)
class Field:
    """An input, an output, or a member of either.

    Attributes:
        name: its name in Python.
        shape: its shape.
        description: its description.
        required: whether it must be given.
        none: whether Python must be given None where it isn't: it has no default of its own.
        default: what it is where it isn't given, if that is a text, a number or a truth value.
    """

    name: str
    shape: Shape
    description: str
    required: bool = True
    none: bool = False
    default: Scalar | None = None

    @property
    def key(self) -> str:
        """Its name in the schema."""
        return docstrings.camel(self.name)


def shape(annotation: Any) -> Shape:  # noqa: ANN401  # annotations have no type of their own
    """The shape that an annotation tells.

    Raises:
        TypeError: for one that can't cross to another language.
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation in SCALARS or dataclasses.is_dataclass(annotation):
        return Shape(annotation)
    if origin is Sequence:
        return Shape(list, shape(arguments[0]))
    if origin is Mapping and arguments[0] is str:
        return Shape(dict, shape(arguments[1]))
    if origin is pulumi.Output:
        return dataclasses.replace(shape(arguments[0]), later=True)
    if origin in (Union, types.UnionType):
        return _of_union([one for one in arguments if one is not types.NoneType])
    raise TypeError(f"{annotation} can't cross to another language")


def _of_union(members: Sequence[Any]) -> Shape:
    """`pulumi.Input[T]` is the union of T, Awaitable[T] and Output[T]; other unions can't cross."""
    awaitable = next((one for one in members if get_origin(one) is Awaitable), None)
    if awaitable is not None:
        return dataclasses.replace(shape(get_args(awaitable)[0]), later=True)
    if len(members) != 1:
        raise TypeError(f"one of {members} can't cross to another language")
    return shape(members[0])


def members(described: type) -> list[Field]:
    """The fields of a dataclass.

    Raises:
        TypeError: naming the field, for an annotation that can't cross to another language.
    """
    texts = docstrings.entries(described, "Attributes")
    found = []
    for field in dataclasses.fields(described):
        bare = field.default is field.default_factory is dataclasses.MISSING
        optional = types.NoneType in get_args(field.type)
        found.append(
            Field(
                field.name,
                _named(described, field.name, field.type),
                texts.get(field.name, ""),
                required=bare and not optional,
                none=bare and optional,
                default=field.default if isinstance(field.default, Scalar) else None,
            )
        )
    return found


def _named(described: type, name: str, annotation: object) -> Shape:
    try:
        return shape(annotation)
    except TypeError as error:
        raise TypeError(f"{described.__name__}.{name}: {error}") from None
