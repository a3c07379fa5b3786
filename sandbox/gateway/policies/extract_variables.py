"""ExtractVariables: sets variables from parts of a message or of a variable.

Apigee documentation, "ExtractVariables policy". A pattern that doesn't match sets nothing. A JSON
path that finds nothing is `InvalidJSONPath` unless unresolved variables are ignored.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from sandbox.gateway import paths
from sandbox.gateway.context import Context, Value
from sandbox.gateway.faults import Fault
from sandbox.gateway.markup import Element
from sandbox.gateway.messages import Message
from sandbox.gateway.model import Compiled
from sandbox.gateway.reading import getter_of, setter_of
from sandbox.gateway.variables import Getter, Setter, as_text, field_reader

_Extract = Callable[[Context, Value], None]
_Find = Callable[[Context, Value], Value]
_Names = list[tuple[str, Setter]]


def compile_policy(element: Element, name: str) -> Compiled:
    """Read the policy. Raises BundleError."""
    source_element = element.child("Source")
    clear = source_element.flag("clearPayload", False) if source_element is not None else False
    source = (source_element.text() if source_element is not None else "") or "message"
    read = getter_of(element, source)
    prefix = element.value_of("VariablePrefix") or ""
    ignore = element.child("IgnoreUnresolvedVariables")
    reader = _Reader(name, prefix, ignore.boolean(False) if ignore is not None else False)
    extracts = reader.read(element)
    if not extracts:
        raise element.error("nothing to extract: no pattern and no path is given")

    def run(ctx: Context) -> None:
        value = read(ctx)
        if value is None:
            text = f"{source} message is not available for ExtractVariable: {name}"
            raise Fault("steps.extractvariables.SourceMessageNotAvailable", text)
        for extract in extracts:
            extract(ctx, value)
        if clear and isinstance(value, Message):
            value.content = b""

    return Compiled(run)


class _Reader:
    """Reads the parts of one policy."""

    def __init__(self, policy: str, prefix: str, lenient: bool) -> None:
        self._policy = policy
        self._prefix = prefix
        self._lenient = lenient

    def read(self, element: Element) -> list[_Extract]:
        """Everything that the policy extracts. Raises BundleError."""
        found: list[_Extract] = []
        for tag in ("Header", "QueryParam", "FormParam"):
            for part in element.children(tag):
                find = _field(f"{tag.lower()}.{part.required('name')}")
                found.append(self._patterns(part, find, path=False))
        for part in element.children("URIPath"):
            found += [self._patterns(part, _path_suffix, path=True)]
        for part in element.children("Variable"):
            find = _variable(getter_of(part, part.required("name")))
            found.append(self._patterns(part, find, path=False))
        payload = element.child("JSONPayload")
        if payload is not None:
            found.append(self._json(payload))
        return found

    def _setter(self, element: Element, name: str) -> Setter:
        return setter_of(element, f"{self._prefix}.{name}" if self._prefix else name)

    def _patterns(self, part: Element, find: _Find, path: bool) -> _Extract:
        patterns = [self._pattern(child, path) for child in part.children("Pattern")]
        if not patterns:
            raise part.error("a <Pattern> is needed")

        def extract(ctx: Context, source: Value) -> None:
            value = find(ctx, source)
            if value is None:
                return
            text = as_text(value)
            for expression, setters in patterns:
                match = expression.fullmatch(text)
                if match is not None:
                    for group, put in setters:
                        put(ctx, match.group(group))
                    return

        return extract

    def _pattern(self, element: Element, path: bool) -> tuple[re.Pattern[str], _Names]:
        """A pattern with `{name}` where a value stands; `*` stands for anything."""
        flags = re.IGNORECASE if element.flag("ignoreCase", default=False) else 0
        parts: list[str] = []
        names: _Names = []
        for piece in re.split(r"(\{[^{}]*\}|\*\*?)", element.text()):
            if piece.startswith("{") and piece.endswith("}"):
                names.append((f"v{len(names)}", self._setter(element, piece[1:-1].strip())))
                parts.append(f"(?P<{names[-1][0]}>{'[^/]+' if path else '.+?'})")
            elif piece in ("*", "**"):
                parts.append("[^/]*" if path and piece == "*" else ".*")
            else:
                parts.append(re.escape(piece))
        if not names:
            raise element.error("the pattern has no {variable}")
        return re.compile("".join(parts), flags | re.DOTALL), names

    def _json(self, element: Element) -> _Extract:
        variables = [self._json_variable(child) for child in element.children("Variable")]
        if not variables:
            raise element.error("a <Variable> is needed")

        def extract(ctx: Context, source: Value) -> None:
            if isinstance(source, Message) and not _is_json(source):
                return
            try:
                document = json.loads(as_text(source))
            except (ValueError, RecursionError) as error:
                text = f"Failed to execute the ExtractVariables: {self._policy}"
                raise Fault("steps.extractvariables.ExecutionFailed", text) from error
            for assign in variables:
                assign(ctx, document)

        return extract

    def _json_variable(self, element: Element) -> Callable[[Context, object], None]:
        put = self._setter(element, element.required("name"))
        kind = element.attribute("type") or "string"
        if kind not in _TYPES:
            raise element.error(f'type "{kind}" is not one of {", ".join(_TYPES)}')
        path_element = element.need("JSONPath")
        path = path_element.text()
        try:
            find = paths.compile_path(path)
        except ValueError as error:
            raise path_element.error(str(error)) from error
        convert = _TYPES[kind]

        def assign(ctx: Context, document: object) -> None:
            found = find(document)
            if found:
                put(ctx, convert(found[0] if len(found) == 1 else found))
            elif not self._lenient:
                text = f"Invalid JSON path {path} in ExtractVariables {self._policy}"
                raise Fault("steps.extractvariables.InvalidJSONPath", text)

        return assign


def _field(name: str) -> _Find:
    """Reads a field of the source, where that is a message."""
    read = field_reader(name)
    return lambda ctx, source: read(source) if read and isinstance(source, Message) else None


def _variable(get: Getter) -> _Find:
    return lambda ctx, source: get(ctx)


def _path_suffix(ctx: Context, source: Value) -> Value:
    is_request = isinstance(source, Message) and source.kind == "request"
    return ctx.pathsuffix if is_request else None


def _is_json(message: Message) -> bool:
    content_type = (message.header("content-type") or "").partition(";")[0].strip().lower()
    return content_type == "application/json" or content_type.endswith("+json")


def _boolean(value: object) -> Value:
    return value if isinstance(value, bool) else paths.as_text(value).lower() == "true"


def _integer(value: object) -> Value:
    return value if type(value) is int else int(_float(value))


def _float(value: object) -> float:
    try:
        number = float(paths.as_text(value))
        int(number)
    except (ValueError, OverflowError) as error:
        text = f"{paths.as_text(value)[:40]} is not a number"
        raise Fault("steps.extractvariables.UnableToCast", text) from error
    return number


_TYPES: dict[str, Callable[[object], Value]] = {
    "string": lambda value: None if value is None else paths.as_text(value),
    "boolean": _boolean,
    "integer": _integer,
    "long": _integer,
    "float": _float,
    "double": _float,
    "nodeset": json.dumps,
}
