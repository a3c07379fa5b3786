"""Reads the policy fixtures: stacks as data, and the exact set of findings that each must give.

`FAMILY/RULE/{passing,failing}.yaml` hold cases. A case names its resources; a resource has `type`,
`inputs` (what a resource rule sees), `outputs` (what a stack rule sees), `from` (top-level property to
the resources it was computed from) and `protect`. It begins as the exemplary resource of its type
(`exemplary.yaml`), which every rule accepts, and says only what is different: objects are merged,
`!absent` takes a property away, `bare: true` begins with nothing. The exemplary resources that are
marked `everywhere` are in every case that doesn't say `alone: true`.

`!unknown` is a value that a preview doesn't know, `!secret VALUE` a secret, `!day N` the date N days
from now, `!seconds N` the same in seconds since 1970. `expect`, `undecided`, `excepted` and `advised`
map a rule to the resources it names: violations, what it can't decide in this preview, what an
exception excuses, what is no violation. `config` is the pack's configuration; `phase` limits a case to
a preview or an update.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, cast

import yaml
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

from policies.pack.tokens import normalise

Phase = Literal["preview", "update"]
Said = Literal["expect", "undecided", "excepted", "advised"]
PHASES: Final[tuple[Phase, ...]] = ("preview", "update")
SAID: Final[tuple[Said, ...]] = ("expect", "undecided", "excepted", "advised")
FOLDER: Final = Path(__file__).parents[1] / "fixtures" / "policies"

# How the engine marks a secret on its way to a policy pack.
_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"


class _Mark(Enum):
    ABSENT = "absent"


@dataclass(frozen=True)
class FixtureResource:
    """One resource of a case."""

    kind: str
    name: str
    inputs: Mapping[str, object]
    outputs: Mapping[str, object]
    sources: Mapping[str, list[str]] = field(default_factory=dict)
    protect: bool = False

    @property
    def urn(self) -> str:
        return f"urn:pulumi:local::apigee-keyvault::{self.kind}::{self.name}"


@dataclass(frozen=True)
class Case:
    """One stack and what must be found in it."""

    rule: str
    name: str
    phases: tuple[Phase, ...]
    resources: dict[str, FixtureResource]
    config: Mapping[str, object]
    said: Mapping[Said, Mapping[str, list[str]]]

    @property
    def expected(self) -> list[tuple[str, str, str]]:
        """What is said, by which rule, of which resource's URN; sorted. `stack` is the stack."""
        return sorted(
            (said, policy, self.resources[name].urn if name in self.resources else name)
            for said, by_policy in self.said.items()
            for policy, names in by_policy.items()
            for name in names
        )


class _Loader(yaml.SafeLoader):
    pass


def _secret(loader: _Loader, node: yaml.ScalarNode) -> dict[str, object]:
    return {_SIGNATURE: _SECRET, "value": loader.construct_scalar(node)}


def _day(loader: _Loader, node: yaml.ScalarNode) -> str:
    return _from_now(loader, node).date().isoformat()


def _seconds(loader: _Loader, node: yaml.ScalarNode) -> float:
    return float(int(_from_now(loader, node).timestamp()))


def _from_now(loader: _Loader, node: yaml.ScalarNode) -> datetime:
    return datetime.now(UTC) + timedelta(days=float(loader.construct_scalar(node)))


_Loader.add_constructor("!unknown", lambda _loader, _node: UNKNOWN_STRING_VALUE)
_Loader.add_constructor("!absent", lambda _loader, _node: _Mark.ABSENT)
_Loader.add_constructor("!secret", _secret)
_Loader.add_constructor("!day", _day)
_Loader.add_constructor("!seconds", _seconds)


def cases() -> Iterator[Case]:
    """Every case of every rule's folder, in a fixed order."""
    for path in sorted(FOLDER.glob("*/*/*.yaml")):
        document = _load(path)
        for name, case in cast("dict[str, dict[str, Any]]", document).items():
            yield _case(path.parent.name, name, case)


def exemplary() -> dict[str, FixtureResource]:
    """The stack that every rule accepts, by resource name."""
    return {name: _resource(name, raw) for name, raw in _exemplary().items()}


def _load(path: Path) -> object:
    return yaml.load(path.read_text(), _Loader)  # noqa: S506 - a SafeLoader


@cache
def _exemplary() -> dict[str, dict[str, Any]]:
    return cast("dict[str, dict[str, Any]]", _load(FOLDER / "exemplary.yaml"))


def _case(rule: str, name: str, case: dict[str, Any]) -> Case:
    unknown = case.keys() - {"resources", "config", "phase", "alone", *SAID}
    assert not unknown, f"{rule}, {name}: {sorted(unknown)}"
    resources = {key: _resource(key, _begun(raw)) for key, raw in case["resources"].items()}
    if not case.get("alone"):
        everywhere = {key: raw for key, raw in _exemplary().items() if raw.get("everywhere")}
        resources = {key: _resource(key, raw) for key, raw in everywhere.items()} | resources
    phases = (case["phase"],) if "phase" in case else PHASES
    said = {said: case.get(said, {}) for said in SAID}
    return Case(rule, name, phases, resources, case.get("config", {}), said)


def _begun(raw: dict[str, Any]) -> dict[str, Any]:
    """A resource of a case, with what it leaves as in the exemplary one of its type."""
    if raw.get("bare"):
        return raw
    for example in _exemplary().values():
        if normalise(example["type"]) == normalise(raw["type"]):
            return {
                **raw,
                "inputs": _merged(example.get("inputs", {}), raw.get("inputs", {})),
                "outputs": _merged(
                    example.get("outputs", example.get("inputs", {})),
                    raw.get("outputs", raw.get("inputs", {})),
                ),
            }
    return raw


def _merged(base: object, over: object) -> Any:  # noqa: ANN401 - whatever `over` is
    if not isinstance(base, dict) or not isinstance(over, dict) or _SIGNATURE in over:
        return deepcopy(over)
    merged = {key: _merged(base.get(key, {}), value) for key, value in over.items()}
    return {
        key: value
        for key, value in ({**deepcopy(base), **merged}).items()
        if value is not _Mark.ABSENT
    }


def _resource(name: str, raw: dict[str, Any]) -> FixtureResource:
    unknown = raw.keys() - {"type", "inputs", "outputs", "from", "protect", "bare", "everywhere"}
    assert not unknown, f"{name}: {sorted(unknown)}"
    inputs = _merged({}, raw.get("inputs", {}))
    return FixtureResource(
        raw["type"],
        name,
        inputs,
        _merged({}, raw.get("outputs", inputs)),
        raw.get("from", {}),
        raw.get("protect", False),
    )
