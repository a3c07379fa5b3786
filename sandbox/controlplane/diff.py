"""What changed between two sets of inputs, and what a refresh changes in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.controlplane.values import Plain

Kind = Literal["add", "delete", "update"]


@dataclass(frozen=True)
class Change:
    """One property that differs, by its path: `properties.networkAcls.ipRules[0].value`."""

    path: str
    kind: Kind

    @property
    def name(self) -> str:
        """The top-level property."""
        return self.path.split(".")[0].split("[")[0]

    def within(self, paths: frozenset[str]) -> bool:
        """Whether the path is one of `paths` or beneath one."""
        return any(
            self.path == path or self.path.startswith((f"{path}.", f"{path}[")) for path in paths
        )


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """The differences, sorted by path; the providers' own `__` properties don't count."""
    return sorted(_object_changes("", old, new), key=lambda change: change.path)


def _object_changes(path: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for name in {*old, *new}:
        if name.startswith("__"):
            continue
        yield from _changes(f"{path}.{name}" if path else name, old.get(name), new.get(name))


def _changes(path: str, old: Any, new: Any) -> Iterator[Change]:
    if old is None or new is None:
        if old is not new:
            yield Change(path, "add" if old is None else "delete")
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _object_changes(path, old, new)
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            before = old[index] if index < len(old) else None
            after = new[index] if index < len(new) else None
            yield from _changes(f"{path}[{index}]", before, after)
    elif old != new or isinstance(old, bool) != isinstance(new, bool):
        yield Change(path, "update")


def refreshed(inputs: Plain, before: Plain, after: Plain) -> Plain:
    """`inputs` with what changed in the cloud between two readings, and nothing else.

    `before` and `after` are full inputs made of the old state and of the cloud now: defaults that
    the cloud added stay out of the program's inputs, drift gets in.
    """
    result = dict(inputs)
    for name in {*before, *after}:
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if new is None:
            result.pop(name, None)
        elif isinstance(old, Mapping) and isinstance(new, Mapping) and name in result:
            result[name] = refreshed(result[name], dict(old), dict(new))
        else:
            result[name] = new
    return result
