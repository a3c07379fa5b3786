"""What a rule is, what it sees and what it says: data only, free of the engine's protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

Severity = Literal["low", "medium", "high", "critical"]
Level = Literal["advisory", "mandatory"]


@dataclass(frozen=True)
class Resource:
    """One resource as a rule sees it.

    Attributes:
        urn: its URN.
        name: its logical name, for messages.
        token: its type as the program wrote it, with an API version if it has one.
        properties: inputs for a resource rule, outputs for a stack rule (and for both where stored
            state is judged); plain dicts and lists, with `values.UNKNOWN` where a preview doesn't
            know the value.
        dependencies: top-level property name to the URNs of the resources that its value came from;
            empty for a resource rule, which the engine tells nothing of them.
        protect: whether the resource is protected from deletion.
    """

    urn: str
    name: str
    token: str = ""
    properties: Mapping[str, object] = field(default_factory=dict)
    dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    protect: bool = False


@dataclass(frozen=True, order=True)
class Finding:
    """What a rule holds against one resource.

    Attributes:
        urn: the resource in question.
        message: which resource, which property, why, and how to mend it. Never a property's value
            that isn't one of a fixed set of names: a rule sees secrets in plain text.
        decided: False if the values that decide aren't known yet.
        advisory: True for what is worth telling and no violation, whatever the rule's level.
    """

    urn: str
    message: str
    decided: bool = True
    advisory: bool = False


@dataclass(frozen=True)
class Context:
    """What a rule judges by, beside the resources.

    Attributes:
        today: the date, UTC.
        settings: the rule's parameters: name to the configured value, or else to the default.
    """

    today: date
    settings: Mapping[str, object] = field(default_factory=dict)

    def texts(self, name: str) -> frozenset[str]:
        """A list-of-strings parameter, as a set of lower-cased strings."""
        value = self.settings[name]
        assert isinstance(value, Iterable)
        return frozenset(str(item).lower() for item in value)

    def number(self, name: str) -> int:
        """An integer parameter. Numbers arrive as floats."""
        value = self.settings[name]
        assert isinstance(value, int | float)
        return int(value)


@dataclass(frozen=True)
class Parameter:
    """One thing that the owner of a stack may set for a rule.

    Attributes:
        name: its key in the pack's configuration.
        schema: JSON schema of its value, which the engine checks.
        default: what holds where nothing is set; the strictest sensible value.
        description: what it does, in one sentence.
    """

    name: str
    schema: Mapping[str, object]
    default: object
    description: str


@dataclass(frozen=True)
class About:
    """What a reader of a finding wants to know of the rule.

    Attributes:
        name: the policy's id.
        description: what must hold, in one sentence.
        severity: how bad a violation is.
        controls: the public controls that ask for the same, keys of `controls.CONTROLS`, the
            Microsoft cloud security benchmark's first.
        remediation: the steps that mend a violation, numbered.
        level: what a violation does.
        parameters: what can be configured.
    """

    name: str
    description: str
    severity: Severity
    controls: tuple[str, ...]
    remediation: str
    level: Level = "mandatory"
    parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True)
class ResourceRule:
    """Judges resources one at a time, by their inputs, before they are created or changed.

    Attributes:
        about: for the reader.
        types: patterns (`fnmatch`) of the normalised type tokens (`tokens.normalise`) it judges.
        judge: pure function from one such resource to its findings.
    """

    about: About
    types: frozenset[str]
    judge: Callable[[Resource, Context], Iterable[Finding]]


@dataclass(frozen=True)
class StackRule:
    """Judges resources together, by their outputs, after all steps.

    Attributes:
        about: for the reader.
        types: patterns (`fnmatch`) of the normalised type tokens that it needs to see.
        judge: pure function from those resources, by normalised type, to findings. A type of which
            the stack has none has no key.
    """

    about: About
    types: frozenset[str]
    judge: Callable[[Mapping[str, Sequence[Resource]], Context], Iterable[Finding]]


Rule = ResourceRule | StackRule
