"""JSONPath over parsed JSON, for templates and ExtractVariables."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache

import jsonpath

from sandbox.gateway.limited import limited

Find = Callable[[object], list[object]]


@lru_cache(maxsize=1024)
def compile_path(path: str) -> Find:
    """A function that lists what the path finds; it raises Fault (`limited`).

    Raises ValueError for a path that isn't one.
    """
    try:
        compiled = jsonpath.compile(path)
    except (jsonpath.JSONPathError, RecursionError) as error:
        raise ValueError(f"{path!r} is not a JSONPath: {error}") from error
    if not path.startswith("$"):
        raise ValueError(f"{path!r} is not a JSONPath: it starts with $")

    def find(document: object) -> list[object]:
        if not isinstance(document, dict | list):
            return []
        try:
            return limited(lambda: list(compiled.findall(document)))
        except jsonpath.JSONPathError:
            return []

    return find


def as_text(value: object) -> str:
    """A found value as Apigee assigns it: text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value)
