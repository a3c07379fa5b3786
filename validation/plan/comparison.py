"""Two plans beside each other: what was approved, and what would be deployed now.

Owns what is said of a difference: which resource, which property. Values aren't said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from validation.plan.plan import Plan
from validation.preview.model import logical_name

_MISSING = object()


def differences(approved: Plan, planned: Plan) -> list[str]:
    """What differs, a line each; none where the plans are the same.

    Arguments:
        approved: the plan that was approved.
        planned: the plan of now.
    """
    lines = [
        f"{part}: approved {approved.get(part)!r}, now {planned.get(part)!r}"
        for part in ("format", "project", "stack")
        if approved.get(part) != planned.get(part)
    ]
    lines += _of_maps("policy pack", approved, planned, "packs")
    lines += _of_maps("file", approved, planned, "files")
    lines += _of_changes(_changes(approved), _changes(planned))
    return lines


def _of_maps(noun: str, approved: Plan, planned: Plan, part: str) -> Iterator[str]:
    old = cast("Mapping[str, object]", approved.get(part) or {})
    new = cast("Mapping[str, object]", planned.get(part) or {})
    for name in sorted(old.keys() | new.keys()):
        if name not in new:
            yield f"{noun} {name}: was there when it was approved, isn't now"
        elif name not in old:
            yield f"{noun} {name}: wasn't there when it was approved"
        elif old[name] != new[name]:
            yield f"{noun} {name}: isn't the one that was approved"


def _changes(plan: Plan) -> dict[tuple[str, str], Mapping[str, Any]]:
    changes = cast("list[Mapping[str, Any]]", plan.get("changes") or [])
    return {(change["urn"], change["op"]): change for change in changes}


def _of_changes(
    approved: Mapping[tuple[str, str], Mapping[str, Any]],
    planned: Mapping[tuple[str, str], Mapping[str, Any]],
) -> Iterator[str]:
    for urn, op in sorted(approved.keys() | planned.keys()):
        what = f"{op} {logical_name(urn)} ({_type(urn)})"
        if (urn, op) not in planned:
            yield f"{what}: was approved, and would not be done"
        elif (urn, op) not in approved:
            yield f"{what}: would be done, and was not approved"
        else:
            paths = _paths(approved[urn, op], planned[urn, op])
            if paths:
                yield f"{what}: differs in {', '.join(paths)}"


def _type(urn: str) -> str:
    return urn.split("::")[2].rsplit("$", 1)[-1]


def _paths(old: object, new: object, path: str = "") -> list[str]:
    """Paths of the innermost values that differ."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return [
            found
            for key in sorted(old.keys() | new.keys())
            for found in _paths(
                old.get(key, _MISSING), new.get(key, _MISSING), f"{path}.{key}" if path else key
            )
        ]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [
            found
            for index, (one, other) in enumerate(zip(old, new, strict=True))
            for found in _paths(one, other, f"{path}[{index}]")
        ]
    return [] if old == new else [path]
