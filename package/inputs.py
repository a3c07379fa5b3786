"""What another language's program gives a component, as the component's own arguments.

Owns the checks that Python's type checker makes for a program in Python. What a value may be is the
components' business: they say it with a ValueError, which is reported like the mistakes found here.
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any

import pulumi
from pulumi.output import Unknown

from package import shapes
from package.catalog import Component
from package.shapes import Field, Shape

_WORDS = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}


def arguments(component: Component, given: Mapping[str, Any]) -> list[Any]:
    """What to make a component with, between its name and its options.

    Arguments:
        component: the component.
        given: its inputs by their names in the schema, as the SDK hands them on.

    Raises:
        pulumi.InputPropertiesError: for all mistakes at once, each with its path.
    """
    reading = _Reading()
    if component.arguments is None:
        found = list(reading.fields(component.inputs, given, "").values())
    else:
        found = [reading.record(component.arguments, given, "")]
    if reading.mistakes:
        raise refusal(reading.mistakes)
    return found


def refusal(mistakes: Iterable[str]) -> pulumi.InputPropertiesError:
    """What tells the engine of mistakes, each with its path and how to mend it.

    All are in the message: of errors in the list, the engine would print the values, too. Without a
    list the SDK fails.
    """
    return pulumi.InputPropertiesError("\n".join(sorted(mistakes)), [])


def in_schema_words(text: str, fields: Iterable[Field]) -> str:
    """A component's message with its inputs called as the schema calls them."""
    for field in fields:
        if field.key != field.name:
            text = re.sub(rf"\b{field.name}\b", field.key, text)
    return text


class _Reading:
    """Reads values by their shapes; None stands for what is a mistake."""

    def __init__(self) -> None:
        self.mistakes: list[str] = []

    def fields(
        self, fields: Iterable[Field], given: Mapping[str, Any], path: str
    ) -> dict[str, Any]:
        """Keyword arguments, by their names in Python."""
        by_key = {field.key: field for field in fields}
        for key in sorted(set(given) - set(by_key)):
            near = difflib.get_close_matches(key, by_key, n=1)
            hint = f"did you mean {near[0]}?" if near else f"use {', '.join(by_key)}"
            self._mistake(_join(path, key), f"there is no such input; {hint}")
        found: dict[str, Any] = {}
        for key, field in by_key.items():
            if given.get(key) is not None:
                found[field.name] = self.value(field.shape, given[key], _join(path, key))
            elif field.required:
                self._mistake(_join(path, key), "is missing; give it")
            elif field.none:
                found[field.name] = None
        return found

    def record(self, made_of: type, given: Mapping[str, Any], path: str) -> Any:  # noqa: ANN401
        """An instance of a dataclass."""
        before = len(self.mistakes)
        fields = shapes.members(made_of)
        read = self.fields(fields, given, path)
        if len(self.mistakes) > before:
            return None
        try:
            return made_of(**read)
        except ValueError as error:
            self._mistake(path, in_schema_words(str(error), fields))
            return None

    def value(self, shape: Shape, given: Any, path: str) -> Any:  # noqa: ANN401
        """A value of that shape."""
        if isinstance(given, pulumi.Output | Unknown):
            if shape.later:
                return given
            self._mistake(
                path,
                "must be plain, known before there are resources and no secret; write the value"
                " out, with outputs only where the schema takes them",
            )
        elif shape.kind in shapes.SCALARS:
            return self._scalar(shape.kind, given, path)
        elif shape.kind is list and shape.of and isinstance(given, list):
            return [self.value(shape.of, one, f"{path}[{at}]") for at, one in enumerate(given)]
        elif shape.kind is dict and shape.of and isinstance(given, dict):
            return {key: self.value(shape.of, one, _join(path, key)) for key, one in given.items()}
        elif shape.of is None and isinstance(given, dict):
            return self.record(shape.kind, given, path)
        else:
            self._mistake(path, f"must be {'a list' if shape.kind is list else 'an object'}")
        return None

    def _scalar(self, kind: type, given: object, path: str) -> object:
        if kind is int and isinstance(given, float) and given.is_integer():
            return int(given)  # the protocol has no whole numbers
        if type(given) is not kind:
            self._mistake(path, f"must be {_WORDS[kind]}")
        return given

    def _mistake(self, path: str, reason: str) -> None:
        self.mistakes.append(f"{path}: {reason}" if path else reason)


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
