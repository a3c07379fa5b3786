"""What a rule is, what it sees and what it says: data only, free of the policy SDK."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["low", "medium", "high", "critical"]


@dataclass(frozen=True)
class Resource:
    """One resource as a rule sees it.

    Attributes:
        urn: its URN.
        name: its logical name, for messages.
        properties: inputs for a resource rule, outputs for a stack rule; plain dicts and lists,
            with `unknowns.UNKNOWN` where a preview doesn't know the value.
        dependencies: top-level property name to the URNs of the resources that its value came from;
            empty for a resource rule, which the engine tells nothing of them.
    """

    urn: str
    name: str
    properties: Mapping[str, object]
    dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, order=True)
class Finding:
    """What a rule holds against one resource.

    Attributes:
        urn: the resource in question.
        message: which resource, which property, why, and how to mend it. Never a property's value
            that isn't one of a fixed set of names: a rule sees secrets in plain text.
        decided: False if the values that decide aren't known yet.
    """

    urn: str
    message: str
    decided: bool = True


@dataclass(frozen=True)
class Control:
    """One public control that a rule covers, e.g. Microsoft cloud security benchmark, LT-3."""

    framework: str
    reference: str


@dataclass(frozen=True)
class About:
    """What a reader of a finding wants to know of the rule.

    Attributes:
        name: the policy's id.
        description: what must hold, in one sentence.
        severity: how bad a violation is.
        benchmark: the Microsoft cloud security benchmark's control, its id.
        benchmark_title: that control's title.
        controls: controls of other frameworks that ask for the same.
        remediation: the steps that mend a violation.
    """

    name: str
    description: str
    severity: Severity
    benchmark: str
    benchmark_title: str
    controls: tuple[Control, ...]
    remediation: str


@dataclass(frozen=True)
class ResourceRule:
    """Judges resources one at a time, by their inputs, before they are created or changed.

    Attributes:
        about: for the reader.
        types: the normalised type tokens (`tokens.normalise`) that it judges.
        judge: pure function from one such resource to its findings.
    """

    about: About
    types: frozenset[str]
    judge: Callable[[Resource], Iterable[Finding]]


@dataclass(frozen=True)
class StackRule:
    """Judges resources together, by their outputs, after all steps.

    Attributes:
        about: for the reader.
        types: the normalised type tokens that it needs to see.
        judge: pure function from those resources, by normalised type, to findings.
    """

    about: About
    types: frozenset[str]
    judge: Callable[[Mapping[str, Sequence[Resource]]], Iterable[Finding]]
