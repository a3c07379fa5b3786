"""ExtractVariables: sets variables from parts of a message or of a variable.

Apigee documentation, "ExtractVariables policy". Of several patterns that match, the one with the
most path segments counts, and among equals the first; where none matches nothing is set. JSON and
XML are read from a message only if its Content-Type says that it holds them.
"""

from __future__ import annotations

from collections.abc import Callable

from sandbox.gateway import json_extraction, xml_extraction
from sandbox.gateway.context import Context
from sandbox.gateway.extraction_patterns import Pattern, compile_pattern
from sandbox.gateway.faults import Fault
from sandbox.gateway.markup import Element
from sandbox.gateway.message_fields import field_reader
from sandbox.gateway.messages import Message, Value
from sandbox.gateway.model import Compiled
from sandbox.gateway.reading import getter_of, setter_of
from sandbox.gateway.variables import CannotSetError, Setter, as_text

_Extract = Callable[[Context, Value], None]
_Find = Callable[[Context, Message], Value]


def compile_policy(element: Element, name: str) -> Compiled:
    """Read the policy. Raises BundleError."""
    source_element = element.child("Source")
    clear = source_element.flag("clearPayload", False) if source_element is not None else False
    source = (source_element.text() if source_element is not None else "") or "message"
    read = getter_of(source_element or element, source)
    prefix = element.value_of("VariablePrefix") or ""
    lenient = element.boolean_of("IgnoreUnresolvedVariables", default=False)
    extracts = _Reader(name, source, prefix, lenient).read(element)
    if not extracts:
        raise element.error("nothing to extract: no pattern and no path is given")

    def run(ctx: Context) -> None:
        value = read(ctx)
        if value is None:
            raise _unavailable(source, name)
        try:
            for extract in extracts:
                extract(ctx, value)
        except CannotSetError as error:
            text = f"ExtractVariables[{name}]: variable {error} can't be set"
            raise Fault("steps.extractvariables.ImmutableVariable", text) from error
        if clear and isinstance(value, Message):
            value.content = b""

    return Compiled(run)


def _unavailable(source: str, policy: str) -> Fault:
    text = f"{source} message is not available for ExtractVariable: {policy}"
    return Fault("steps.extractvariables.SourceMessageNotAvailable", text)


class _Reader:
    """Reads the parts of one policy."""

    def __init__(self, policy: str, source: str, prefix: str, lenient: bool) -> None:
        self._policy = policy
        self._source = source
        self._prefix = prefix
        self._lenient = lenient

    def read(self, element: Element) -> list[_Extract]:
        """Everything that the policy extracts, in document order. Raises BundleError."""
        found: list[_Extract] = []
        payloads: set[str] = set()
        for part in element.every():
            if part.tag in ("JSONPayload", "XMLPayload"):
                if part.tag in payloads:
                    raise part.error("the element is given twice; once is allowed")
                payloads.add(part.tag)
                found.append(self._payload(part))
            elif part.tag == "Variable":
                found.append(self._variable(part))
            elif part.tag in ("Header", "QueryParam", "FormParam"):
                field = f"{part.tag.lower()}.{part.required('name')}"
                found.append(self._patterns(part, _field(field), path=False))
            elif part.tag == "URIPath":
                found.append(self._patterns(part, _path_suffix, path=True))
            elif part.tag not in _READ_BEFORE:
                raise part.unsupported()
        return found

    def _setter(self, element: Element, name: str) -> Setter:
        return setter_of(element, f"{self._prefix}.{name}" if self._prefix else name)

    def _variable(self, part: Element) -> _Extract:
        get = getter_of(part, part.required("name"))
        assign = self._assigned(part, path=False)

        def extract(ctx: Context, source: Value) -> None:
            value = get(ctx)
            if value is not None:
                assign(ctx, as_text(value))

        return extract

    def _patterns(self, part: Element, find: _Find, path: bool) -> _Extract:
        assign = self._assigned(part, path)

        def extract(ctx: Context, source: Value) -> None:
            if not isinstance(source, Message):
                raise _unavailable(self._source, self._policy)
            value = find(ctx, source)
            if value is not None:
                assign(ctx, as_text(value))

        return extract

    def _assigned(self, part: Element, path: bool) -> Callable[[Context, str], None]:
        """Sets the variables of the pattern that matches a text best, if any does."""
        patterns: list[tuple[Pattern, dict[str, Setter]]] = []
        for child in part.children("Pattern"):
            pattern = compile_pattern(child, path)
            patterns.append((pattern, {name: self._setter(child, name) for name in pattern.names}))
        if not patterns:
            raise part.error("a <Pattern> is needed")
        patterns.sort(key=lambda item: -item[0].segments)  # stable: the first stays first

        def assign(ctx: Context, text: str) -> None:
            for pattern, setters in patterns:
                found = pattern.match(text)
                if found is not None:
                    for name, value in found.items():
                        setters[name](ctx, value)
                    return

        return assign

    def _payload(self, part: Element) -> _Extract:
        if part.tag == "JSONPayload":
            wanted = json_extraction.is_json
            read = json_extraction.read_json_payload(
                part, self._policy, self._setter, self._lenient
            )
        else:
            wanted = xml_extraction.is_xml
            read = xml_extraction.read_xml_payload(part, self._policy, self._setter)

        def extract(ctx: Context, source: Value) -> None:
            if not isinstance(source, Message) or wanted(source.header("content-type") or ""):
                read(ctx, as_text(source))

        return extract


_READ_BEFORE = (
    "Description",
    "DisplayName",
    "IgnoreUnresolvedVariables",
    "Properties",
    "Source",
    "VariablePrefix",
)


def _field(name: str) -> _Find:
    """Reads a field of the source message."""
    read = field_reader(name)
    return lambda ctx, source: read(source) if read is not None else None


def _path_suffix(ctx: Context, source: Message) -> Value:
    return ctx.pathsuffix if source.kind == "request" else None
