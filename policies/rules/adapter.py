"""Turns rules into the policy SDK's policies.

Owns what is the same for every rule: reading the engine's resources, the enforcement level, unknown
values and crashes. Knows no rule.

A policy of the SDK has one enforcement level, so each rule becomes two policies: the mandatory one,
and an advisory `<rule>-undecided` that says in a preview what the rule can't decide yet. In an
update nothing may stay undecided: there the mandatory one reports it.
"""

import os
from collections.abc import Callable, Iterable
from enum import Enum, auto
from pathlib import Path
from typing import Final

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyComplianceFramework,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)

from .model import About, Finding, Resource, ResourceRule, StackRule
from .tokens import normalise
from .unknowns import UNKNOWN, plain_mapping

UNDECIDED_SUFFIX: Final = "-undecided"


class _Part(Enum):
    VIOLATIONS = auto()
    UNDECIDED = auto()


def policies_of(rule: ResourceRule | StackRule) -> list[Policy]:
    """Makes a rule's two policies: the mandatory one, and the advisory one for what is undecided.

    Args:
        rule: the rule.

    Returns:
        The SDK's policies, ready for a pack.
    """
    if isinstance(rule, ResourceRule):
        return [_resource_policy(rule, part) for part in _Part]
    return [_stack_policy(rule, part) for part in _Part]


def _resource_policy(rule: ResourceRule, part: _Part) -> Policy:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        def judge() -> Iterable[Finding]:
            if normalise(args.resource_type) not in rule.types:
                return ()
            return rule.judge(Resource(args.urn, args.name, plain_mapping(args.props)))

        _report(rule.about, part, judge, report)

    about = rule.about
    return ResourceValidationPolicy(
        name=_name(about, part),
        description=_description(about, part),
        validate=validate,
        enforcement_level=_level(part),
        severity=_severity(about, part),
        framework=_framework(about),
        tags=_tags(about),
        remediation_steps=about.remediation,
    )


def _stack_policy(rule: StackRule, part: _Part) -> Policy:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        def judge() -> Iterable[Finding]:
            seen: dict[str, list[Resource]] = {kind: [] for kind in rule.types}
            for resource in args.resources:
                kind = normalise(resource.resource_type)
                if kind in seen:
                    seen[kind].append(_resource(resource))
            return rule.judge(seen)

        _report(rule.about, part, judge, report)

    about = rule.about
    return StackValidationPolicy(
        name=_name(about, part),
        description=_description(about, part),
        validate=validate,
        enforcement_level=_level(part),
        severity=_severity(about, part),
        framework=_framework(about),
        tags=_tags(about),
        remediation_steps=about.remediation,
    )


def _resource(resource: PolicyResource) -> Resource:
    properties = plain_mapping(resource.props)
    dependencies = {
        name: tuple(source.urn for source in sources)
        for name, sources in resource.property_dependencies.items()
    }
    if _in_preview():
        # Some providers leave out of a preview's outputs what they don't know, instead of marking
        # it: what came from another resource may just not be there yet.
        for name in dependencies:
            properties.setdefault(name, UNKNOWN)
    return Resource(resource.urn, resource.name, properties, dependencies)


def _report(
    about: About,
    part: _Part,
    judge: Callable[[], Iterable[Finding]],
    report: ReportViolation,
) -> None:
    """Reports a rule's findings, in an order that doesn't change between runs."""
    try:
        findings = sorted(judge())
    except Exception as error:  # noqa: BLE001 - whatever a rule raises, it must not pass unjudged
        if part is _Part.VIOLATIONS:
            report(_crash(about, error), None)
        return
    preview = _in_preview()
    for finding in findings:
        violation = finding.decided or not preview
        if violation == (part is _Part.VIOLATIONS):
            report(finding.message, finding.urn)


def _crash(about: About, error: Exception) -> str:
    """Names the rule and the place. The error's own text is left out: it may repeat a secret."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = ""
    if trace is not None:
        place = f" at {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
    return (
        f"The rule '{about.name}' itself failed with {type(error).__name__}{place}, so nothing was "
        "judged. This is a fault in the policy pack, not in the program: mend the rule."
    )


def _in_preview() -> bool:
    # The engine tells the plugins that it starts for a pack whether the operation is a preview.
    return os.environ.get("PULUMI_DRY_RUN") == "true"


def _name(about: About, part: _Part) -> str:
    return about.name if part is _Part.VIOLATIONS else about.name + UNDECIDED_SUFFIX


def _description(about: About, part: _Part) -> str:
    if part is _Part.VIOLATIONS:
        return about.description
    return f"Not decided before the update: {about.description}"


def _level(part: _Part) -> EnforcementLevel | None:
    # None: the pack's own level.
    return None if part is _Part.VIOLATIONS else EnforcementLevel.ADVISORY


def _severity(about: About, part: _Part) -> Severity:
    return Severity(about.severity) if part is _Part.VIOLATIONS else Severity.LOW


def _framework(about: About) -> PolicyComplianceFramework:
    return PolicyComplianceFramework(
        name="Microsoft cloud security benchmark",
        version="v1",
        reference=about.benchmark,
        specification=about.benchmark_title,
    )


def _tags(about: About) -> list[str]:
    return [f"{control.framework}: {control.reference}" for control in about.controls]
