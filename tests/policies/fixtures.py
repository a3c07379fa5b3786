"""Reads the policy fixtures: stacks as data, and the exact set of findings that each must give.

A case names its resources; a resource has `type`, `inputs` (what a resource rule sees), `outputs`
(what a stack rule sees) and `from` (top-level property to the resources it was computed from).
`!unknown` is a value that a preview doesn't know, `!secret VALUE` a secret. `expect` maps a policy
to the resources that it names. `phase` limits a case to a preview or an update.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, cast

import yaml
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

Phase = Literal["preview", "update"]
PHASES: Final[tuple[Phase, ...]] = ("preview", "update")
FOLDER: Final = Path(__file__).parents[1] / "fixtures" / "policies"

# How the engine marks a secret on its way to a policy pack.
_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"


@dataclass(frozen=True)
class FixtureResource:
    """One resource of a case."""

    kind: str
    name: str
    inputs: Mapping[str, object]
    outputs: Mapping[str, object]
    sources: Mapping[str, list[str]]

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
    expect: dict[str, list[str]] = field(default_factory=dict)

    @property
    def expected(self) -> set[tuple[str, str]]:
        return {
            (policy, self.resources[name].urn)
            for policy, names in self.expect.items()
            for name in names
        }


class _Loader(yaml.SafeLoader):
    pass


def _unknown(_loader: _Loader, _node: yaml.Node) -> str:
    return UNKNOWN_STRING_VALUE


def _secret(loader: _Loader, node: yaml.ScalarNode) -> dict[str, object]:
    return {_SIGNATURE: _SECRET, "value": loader.construct_scalar(node)}


_Loader.add_constructor("!unknown", _unknown)
_Loader.add_constructor("!secret", _secret)


def cases() -> Iterator[Case]:
    """Every case of every rule's folder, in a fixed order."""
    for path in sorted(FOLDER.glob("*/*.yaml")):
        document = yaml.load(path.read_text(), _Loader)  # noqa: S506 - a SafeLoader
        for name, case in cast("dict[str, dict[str, object]]", document).items():
            yield _case(path.parent.name, name, case)


def _case(rule: str, name: str, case: dict[str, object]) -> Case:
    resources = cast("dict[str, dict[str, object]]", case["resources"])
    return Case(
        rule,
        name,
        (cast("Phase", case["phase"]),) if "phase" in case else PHASES,
        {key: _resource(key, value) for key, value in resources.items()},
        cast("dict[str, list[str]]", case["expect"]),
    )


def _resource(name: str, resource: dict[str, object]) -> FixtureResource:
    return FixtureResource(
        cast("str", resource["type"]),
        name,
        cast("dict[str, object]", resource.get("inputs", {})),
        cast("dict[str, object]", resource.get("outputs", {})),
        cast("dict[str, list[str]]", resource.get("from", {})),
    )
