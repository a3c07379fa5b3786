"""KeyValueMapOperations: reads, writes and deletes entries of a key value map.

Apigee documentation, "KeyValueMapOperations policy". Maps are always encrypted, so a value may only
go to a variable whose name starts with `private.`; anything else is `SetVariableFailed`. What was
read stays in the message processor's memory for `<ExpiryTimeInSecs>`, whoever changes the entry
meanwhile; an absent entry is looked up anew. Operations run in document order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import get_args

from sandbox.gateway import key_values
from sandbox.gateway.context import Context
from sandbox.gateway.faults import Fault
from sandbox.gateway.key_values import Scope
from sandbox.gateway.markup import Element
from sandbox.gateway.messages import Value, encoded
from sandbox.gateway.model import Compiled
from sandbox.gateway.reading import setter_of, whole_number
from sandbox.gateway.referenced import either

_DEFAULT_SECONDS = 300
_Text = Callable[[Context], str]
_Operation = Callable[[Context, str], None]
"""Works on the map of that full name."""


def compile_policy(element: Element, name: str) -> Compiled:
    """Read the policy. Raises BundleError."""
    map_of, creates = _map_of(element)
    seconds = _expiry(element.child("ExpiryTimeInSecs"))
    seeds = _initial_entries(element.child("InitialEntries"))
    if seeds and not creates:
        raise element.error('<InitialEntries> needs the attribute "mapIdentifier"')
    operations = list(_operations(element, name, seconds, creates))
    if not operations:
        raise element.error("one of <Get>, <Put>, <Delete> is needed")

    def run(ctx: Context) -> None:
        map_name = map_of(ctx)
        if seeds and not ctx.runtime.key_values.exists(map_name):
            ctx.runtime.key_values.create(map_name, ctx.runtime.now())
            for key, values in seeds:
                _write(ctx, name, map_name, key, values)
        for operate in operations:
            operate(ctx, map_name)

    return Compiled(run)


def _operations(element: Element, policy: str, seconds: int, creates: bool) -> Iterator[_Operation]:
    for child in element.every():
        if child.tag == "Get":
            yield _get(child, policy, seconds)
        elif child.tag == "Put":
            yield _put(child, policy, creates)
        elif child.tag == "Delete":
            yield _delete(child)
        elif child.tag not in _READ_BEFORE:
            raise child.unsupported()


_READ_BEFORE = (
    "ExpiryTimeInSecs",
    "InitialEntries",
    "MapName",
    "Scope",
    "DisplayName",
    "Description",
    "Properties",
)


def _map_of(element: Element) -> tuple[_Text, bool]:
    """The map's full name, and whether a write may create the map."""
    identifier, named = element.attribute("mapIdentifier"), element.child("MapName")
    if (identifier is None) == (named is None):
        raise element.error('either the attribute "mapIdentifier" or <MapName> must name the map')
    scope_element = element.child("Scope")
    scope = scope_element.text() if scope_element is not None else "environment"
    if scope not in get_args(Scope):
        raise (scope_element or element).error(
            f"<Scope> {scope!r} is none of {', '.join(get_args(Scope))}"
        )
    name: _Text
    if named is not None:
        name = either(named).needed
    elif identifier:
        name = _literal(identifier)
    else:
        raise element.error('attribute "mapIdentifier" is empty')

    def full(ctx: Context) -> str:
        deployed = ctx.deployed
        return key_values.map_id(scope, deployed.environment, deployed.name, name(ctx))  # type: ignore[arg-type]  # one of Scope's, as checked above

    return full, named is None


def _expiry(element: Element | None) -> int:
    """Seconds that a read entry stays in memory; 0 and -1 mean the default."""
    seconds = whole_number(element, element.text(), -1, 10**9) if element is not None else 0
    return seconds if seconds > 0 else _DEFAULT_SECONDS


def _initial_entries(element: Element | None) -> list[tuple[str, list[str]]]:
    """Keys and values that a map has when it is made; literals only."""
    found = []
    for entry in element.children("Entry") if element is not None else ():
        parts = [part.text() for part in entry.need("Key").children("Parameter")]
        values = [value.text() for value in entry.children("Value")]
        if not all(parts) or not parts or not values:
            raise entry.error("a <Key> with a <Parameter> and a <Value> are needed")
        found.append(("__".join(parts), values))
    return found


def _get(element: Element, policy: str, seconds: int) -> _Operation:
    target = element.required("assignTo")
    index = whole_number(element, element.attribute("index") or "1", 1, 10**6)
    key_of, put = _key(element), setter_of(element, target)

    def get(ctx: Context, map_name: str) -> None:
        value = _read(ctx, map_name, key_of(ctx), index, seconds)
        if value is not None and not target.startswith("private."):
            text = f"Failed to set variable {target} in KeyValueMapStepDefinition {policy}"
            raise Fault("steps.keyvaluemapoperations.SetVariableFailed", text)
        put(ctx, value)

    return get


def _read(ctx: Context, map_name: str, key: str, index: int, seconds: int) -> Value:
    cached, now = ctx.processor.key_values, ctx.runtime.now()
    values = cached.get((map_name, key), now)
    if values is None:
        values = ctx.runtime.key_values.get(map_name, key)
        if values:
            cached.put((map_name, key), values, now, seconds)
    return values[index - 1] if len(values) >= index else None


def _put(element: Element, policy: str, creates: bool) -> _Operation:
    override = element.flag("override", default=False)
    key_of = _key(element)
    values_of = [either(value).needed for value in element.children("Value")]
    if not values_of:
        raise element.error("<Put> needs a <Value>")

    def put(ctx: Context, map_name: str) -> None:
        entries = ctx.runtime.key_values
        if creates:
            entries.create(map_name, ctx.runtime.now())
        elif not entries.exists(map_name):
            text = f"KeyValueMap {map_name} in {policy} doesn't exist"
            raise Fault("steps.keyvaluemapoperations.KeyValueMapNotFound", text)
        key = key_of(ctx)
        if override or not entries.get(map_name, key):
            _write(ctx, policy, map_name, key, [_writable(value(ctx)) for value in values_of])

    return put


def _write(ctx: Context, policy: str, map_name: str, key: str, values: list[str]) -> None:
    sizes = [(key, key_values.LARGEST_KEY), *((v, key_values.LARGEST_VALUE) for v in values)]
    if any(not 0 < len(encoded(text)) <= most for text, most in sizes):
        text = (
            f"{policy}: a key has 1 to {key_values.LARGEST_KEY:,} bytes,"
            f" a value 1 to {key_values.LARGEST_VALUE:,}"
        )
        raise Fault("steps.keyvaluemapoperations.InvalidEntry", text)
    ctx.runtime.key_values.put(map_name, key, values, ctx.runtime.now())
    # What this processor has read is dropped; the others keep theirs until it expires.
    ctx.processor.key_values.drop((map_name, key))


def _delete(element: Element) -> _Operation:
    key_of = _key(element)

    def delete(ctx: Context, map_name: str) -> None:
        key = key_of(ctx)
        ctx.runtime.key_values.delete(map_name, key, ctx.runtime.now())
        ctx.processor.key_values.drop((map_name, key))

    return delete


def _key(element: Element) -> _Text:
    parts = [either(child).needed for child in element.need("Key").children("Parameter")]
    if not parts:
        raise element.error("<Key> needs a <Parameter>")
    return lambda ctx: _writable("__".join([part(ctx) for part in parts]))


def _writable(text: str) -> str:
    return encoded(text).decode()


def _literal(text: str) -> _Text:
    return lambda ctx: text
