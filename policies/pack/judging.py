"""Runs rules over resources, and makes verdicts of what they find.

Owns what is the same for every rule: which resources it sees, the level of a verdict, unknown
values, exceptions and crashes. Knows no rule, and nothing of the engine's protocol.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fnmatch import fnmatchcase
from functools import cache, partial
from pathlib import Path

from .configuration import Configuration
from .exceptions import EXCEPTIONS, Register
from .model import About, Context, Finding, Level, Resource, ResourceRule, Rule, Severity, StackRule
from .tokens import normalise
from .values import UNKNOWN


@dataclass(frozen=True)
class Verdict:
    """What a reader is shown for one finding.

    Attributes:
        rule: which rule it is by.
        urn: the resource in question.
        message: what is wrong, why, and how to mend it.
        level: mandatory stops the deployment.
        severity: how bad it is.
    """

    rule: About
    urn: str
    message: str
    level: Level
    severity: Severity


class Judge:
    """The rules, as one operation's configuration wants them.

    Args:
        rules: all there are.
        configuration: the levels, settings and exceptions of the stack's owner.
        preview: whether values may be unknown. In an update they may not: there what is undecided
            is a violation.
    """

    def __init__(self, rules: Sequence[Rule], configuration: Configuration, preview: bool) -> None:
        self._rules = [rule for rule in rules if configuration.level(rule.about) != "disabled"]
        self._configuration = configuration
        self._register = Register(configuration.exceptions)
        self._preview = preview
        self._judging: dict[str, list[ResourceRule]] = {}

    def resource(self, token: str, today: date, read: Callable[[], Resource]) -> Iterator[Verdict]:
        """Judges one resource by its inputs.

        Args:
            token: its type.
            today: the date, UTC.
            read: gives the resource; called only if a rule is for that type.

        Yields:
            Verdicts in the order of the rules, for one rule in the order of their messages.
        """
        kind = normalise(token)
        if kind not in self._judging:
            self._judging[kind] = [
                rule
                for rule in self._rules
                if isinstance(rule, ResourceRule) and _is_for(rule.types, kind)
            ]
        rules = self._judging[kind]
        if not rules:
            return
        resource = read()
        for rule in rules:
            judge = partial(rule.judge, resource, self._context(rule.about, today))
            yield from self._verdicts(rule.about, today, judge)

    def stack(
        self, resources: Iterable[tuple[str, Callable[[], Resource]]], today: date
    ) -> Iterator[Verdict]:
        """Judges a stack's resources together, by their outputs.

        Args:
            resources: type and a function that gives the resource, called at most once and only if
                a rule needs to see that type.
            today: the date, UTC.

        Yields:
            Verdicts, as for one resource; at last those on the exceptions themselves.
        """
        rules = [rule for rule in self._rules if isinstance(rule, StackRule)]
        seen: dict[str, list[Resource]] = {}
        needed = frozenset(pattern for rule in rules for pattern in rule.types)
        for token, read in resources:
            kind = normalise(token)
            if _is_for(needed, kind):
                seen.setdefault(kind, []).append(self._with_unknowns(read()))
        for rule in rules:
            own = {kind: found for kind, found in seen.items() if _is_for(rule.types, kind)}
            judge = partial(rule.judge, own, self._context(rule.about, today))
            yield from self._verdicts(rule.about, today, judge)
        last = partial(self._register.findings, today, self._configuration.weakened)
        yield from self._verdicts(EXCEPTIONS, today, last)

    def _context(self, about: About, today: date) -> Context:
        return Context(today, self._configuration.settings(about))

    def _with_unknowns(self, resource: Resource) -> Resource:
        """Marks what a provider left out of a preview's outputs because it doesn't know it.

        Some do that instead of marking it: what came from another resource may just not be there.
        """
        if not self._preview:
            return resource
        absent = {
            name: UNKNOWN for name in resource.dependencies if name not in resource.properties
        }
        if not absent:
            return resource
        return replace(resource, properties={**resource.properties, **absent})

    def _verdicts(
        self, about: About, today: date, judge: Callable[[], Iterable[Finding]]
    ) -> Iterator[Verdict]:
        level = self._configuration.level(about)
        if level == "disabled":
            return
        try:
            findings = sorted(set(judge()))
        except Exception as error:  # noqa: BLE001 - whatever a rule raises, it must not pass unjudged
            yield Verdict(about, "", _crash(about, error), "mandatory", "critical")
            return
        for finding in findings:
            excuse = self._register.excuse(about, finding.urn, today)
            if excuse is not None:
                yield Verdict(about, finding.urn, f"{excuse} {finding.message}", "advisory", "low")
            elif finding.advisory:
                yield Verdict(about, finding.urn, finding.message, "advisory", "low")
            elif finding.decided or not self._preview:
                yield Verdict(about, finding.urn, finding.message, level, about.severity)
            else:
                yield Verdict(
                    about, finding.urn, f"{UNDECIDED} {finding.message}", "advisory", "low"
                )


UNDECIDED = "Not decided before the update:"


@cache
def _is_for(patterns: frozenset[str], kind: str) -> bool:
    return kind in patterns or any("*" in p and fnmatchcase(kind, p) for p in patterns)


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
