"""Previews as the engine writes them, with as much in them as a test needs.

The shape is that of Pulumi 3.259's events; `tests/end_to_end/test_reviews.py` reads the engine's own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

STACK, PROJECT = "dev", "apigee-keyvault"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

Event = dict[str, Any]


def urn(type_: str, name: str, component: str = "") -> str:
    """A resource's URN; `component` is the program's component that made it, such as `KeyVault`."""
    chain = f"apigee-keyvault:components:{component}${type_}" if component else type_
    return f"urn:pulumi:{STACK}::{PROJECT}::{chain}::{name}"


def state(
    type_: str,
    name: str,
    inputs: Mapping[str, Any],
    outputs: Mapping[str, Any] | None = None,
    component: tuple[str, str] | None = None,
) -> dict[str, Any]:
    """A resource's state; `component` is the type and name of the one that made it."""
    made: dict[str, Any] = {
        "type": type_,
        "urn": urn(type_, name, component[0] if component else ""),
        "custom": True,
        "id": "",
        "inputs": dict(inputs),
        "outputs": dict(outputs or {}),
        "provider": f"urn:pulumi:{STACK}::{PROJECT}::pulumi:providers:gcp::default_10_2_0::{UNKNOWN}",
    }
    if component:
        parent = f"apigee-keyvault:components:{component[0]}"
        made["parent"] = f"urn:pulumi:{STACK}::{PROJECT}::{parent}::{component[1]}"
    return made


def step(
    op: str,
    old: Mapping[str, Any] | None,
    new: Mapping[str, Any] | None,
    *,
    changed: Mapping[str, str] | None = None,
    replacing: Sequence[str] = (),
) -> Event:
    """One step."""
    one = new or old
    assert one is not None
    diff = {path: {"diffKind": kind} for path, kind in (changed or {}).items()}
    return {
        "resourcePreEvent": {
            "metadata": {
                "op": op,
                "urn": one["urn"],
                "type": one["type"],
                "old": old,
                "new": new,
                "detailedDiff": diff or None,
                "keys": list(replacing) or None,
            },
            "planning": True,
        }
    }


def same(one: Mapping[str, Any]) -> Event:
    """A resource that stays as it is."""
    return step("same", one, one)


def create(one: Mapping[str, Any]) -> Event:
    """A resource that is new."""
    return step("create", None, one)


def delete(one: Mapping[str, Any]) -> Event:
    """A resource that goes."""
    return step("delete", one, None)


def policy(rule: str, about: str, message: str, level: str = "mandatory") -> Event:
    """What a pack says."""
    return {
        "policyEvent": {
            "resourceUrn": about,
            "message": message,
            "policyName": rule,
            "policyPackName": "pack",
            "policyPackVersion": "1.0.0",
            "enforcementLevel": level,
        }
    }


def error(message: str) -> Event:
    """What the engine reports as an error."""
    return {"diagnosticEvent": {"prefix": "error: ", "message": message, "severity": "error"}}


def summary(result: str = "succeeded", packs: Mapping[str, str] | None = None) -> Event:
    """The last event of a preview."""
    return {
        "summaryEvent": {
            "maybeCorrupt": False,
            "durationSeconds": 3,
            "resourceChanges": {},
            "PolicyPacks": dict(packs or {}),
            "isPreview": True,
            "result": result,
        }
    }


def lines(*events: Event, at: int = 1_795_608_476) -> str:
    """The events as the engine writes them, each with its number and time."""
    return "".join(
        json.dumps({"sequence": number, "timestamp": at + number, **event}) + "\n"
        for number, event in enumerate(events)
    )


def written(folder: Path, *events: Event, name: str = "dev.preview.json") -> Path:
    """A file with a preview of these events and a summary, where none is among them."""
    path = folder / name
    ended = any("summaryEvent" in event for event in events)
    path.write_text(lines(*events, *(() if ended else (summary(),))))
    return path
