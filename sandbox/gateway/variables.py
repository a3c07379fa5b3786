"""Flow variables by name: compiles a name into a function that reads or writes it.

The names that Apigee documents are tables in `built_in_variables`, the fields of messages are
`message_fields`'. A built-in name that the runtime can't answer is refused when the bundle is
loaded, never null; any other name is a custom variable.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from sandbox.gateway.built_in_variables import (
    ALIASES,
    BUILT_IN,
    READ_ONLY_HERE,
    WRITABLE,
    is_reserved,
)
from sandbox.gateway.context import Context
from sandbox.gateway.message_fields import (
    CannotSetError,
    Reader,
    field_reader,
    field_writer,
)
from sandbox.gateway.messages import Message, Value
from sandbox.gateway.numbers import number_text

__all__ = [
    "CannotSetError",
    "Getter",
    "Setter",
    "UnsupportedVariableError",
    "as_text",
    "getter",
    "setter",
]

Getter = Callable[[Context], Value]
Setter = Callable[[Context, Value], None]


class UnsupportedVariableError(ValueError):
    """A built-in variable that the runtime doesn't provide."""


_MISSING = object()


@lru_cache(maxsize=4096)
def getter(name: str) -> Getter:
    """A function that reads the variable. Raises UnsupportedVariableError."""
    name = ALIASES.get(name, name)
    built_in = BUILT_IN.get(name)
    if built_in is not None:
        return built_in
    computed = WRITABLE.get(name)
    if computed is not None:
        compute = computed
        return lambda ctx: ctx.variables.get(name) if name in ctx.variables else compute(ctx)
    if name.startswith("propertyset."):
        return _property(name)
    candidates = _message_readers(name)
    if not candidates and is_reserved(name):
        raise UnsupportedVariableError(
            f'variable "{name}" is not provided by the sandbox\'s runtime'
        )
    if not candidates:
        return lambda ctx: ctx.message("message") if name == "message" else ctx.variables.get(name)
    return _lookup(name, candidates)


def _property(name: str) -> Getter:
    """`propertyset.SET.KEY`, of the proxy's own property sets, for its shared flows too."""
    _, set_name, key = [*name.split(".", 2), ""][:3]
    if not set_name or not key:
        raise UnsupportedVariableError(f'"{name}" names no property: propertyset.SET.KEY')

    def get(ctx: Context) -> Value:
        return ctx.deployed.bundle.property_sets.get(set_name, {}).get(key)

    return get


def _lookup(name: str, candidates: list[tuple[str, Reader]]) -> Getter:
    def get(ctx: Context) -> Value:
        value = ctx.variables.get(name, _MISSING)
        if value is not _MISSING:
            return value  # type: ignore[return-value]  # the sentinel is ruled out above
        for prefix, read in candidates:
            message = ctx.message(prefix)
            if message is not None:
                return read(message)
        return None

    return get


@lru_cache(maxsize=4096)
def setter(name: str) -> Setter:
    """A function that writes the variable; a read-only one raises CannotSetError when it runs.

    Raises UnsupportedVariableError.
    """
    name = ALIASES.get(name, name)
    if name in READ_ONLY_HERE:
        raise UnsupportedVariableError(f"variable \"{name}\" can't be set in the sandbox's runtime")
    if name in WRITABLE or name in ("response", "error"):
        return lambda ctx, value: ctx.variables.__setitem__(name, value)
    if name == "message":
        return lambda ctx, value: ctx.variables.__setitem__(ctx.phase, value)
    if name in BUILT_IN or name == "request" or name.startswith("propertyset."):
        return _refuse(name)
    writers = [
        (prefix, write) for prefix, rest in _splits(name) if (write := field_writer(prefix, rest))
    ]
    if not writers and is_reserved(name):
        if _message_readers(name):
            return _refuse(name)
        raise UnsupportedVariableError(f"variable \"{name}\" can't be set in the sandbox's runtime")

    def put(ctx: Context, value: Value) -> None:
        for prefix, write in writers:
            message = ctx.message(prefix)
            if message is not None:
                write(message, as_text(value))
                return
        ctx.variables[name] = value

    return put


def _refuse(name: str) -> Setter:
    def refuse(ctx: Context, value: Value) -> None:
        raise CannotSetError(name)

    return refuse


def as_text(value: Value) -> str:
    """A variable's value as a template or a header shows it; null is the empty text."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Message):
        return value.text()
    return number_text(value)


def _splits(name: str) -> list[tuple[str, str]]:
    """Every way to read a name as a message's name and a field of it, shortest message first."""
    return [(name[:i], name[i + 1 :]) for i, char in enumerate(name) if char == "." and i]


def _message_readers(name: str) -> list[tuple[str, Reader]]:
    found = [(prefix, field_reader(rest)) for prefix, rest in _splits(name)]
    return [(prefix, read) for prefix, read in found if read is not None]
