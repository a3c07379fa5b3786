"""Exceptions from rules, as data: which rule, for which resource, why, whose, until when.

Owns their register. An exception turns what a rule finds into an advisory that names it; one that
has expired no longer does, and is itself a violation; one that excuses nothing is told as such.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from typing import Final

from .model import About, Finding, Parameter

ENTRIES: Final = Parameter(
    "entries",
    {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "rule": {"type": "string", "minLength": 1},
                "resource": {"type": "string", "minLength": 4},
                "reason": {"type": "string", "minLength": 10},
                "owner": {"type": "string", "minLength": 1},
                "expires": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
            },
            "required": ["rule", "resource", "reason", "owner", "expires"],
            "additionalProperties": False,
        },
    },
    [],
    "The exceptions: `rule`, `resource` (the URN, `*` for any part of it), `reason`, `owner` (the "
    "team that answers for it), `expires` (the last day that it holds, YYYY-MM-DD).",
)

EXCEPTIONS: Final = About(
    name="exceptions",
    description="Each exception from a rule is in force, and excuses something.",
    severity="high",
    controls=(),
    remediation=(
        "1. Mend what the exception excuses, and remove the exception.\n"
        "2. Or have its owner decide anew, with a reason and a date."
    ),
    parameters=(ENTRIES,),
)


@dataclass(frozen=True)
class Exemption:
    """One exception from one rule.

    Attributes:
        rule: the rule's name.
        resource: pattern (`fnmatch`, case matters) of the URNs that it is for.
        reason: why, for the reader of a report.
        owner: the team that answers for it.
        expires: the last day, UTC, on which it holds.
    """

    rule: str
    resource: str
    reason: str
    owner: str
    expires: date

    @classmethod
    def read(cls, entry: Mapping[str, object]) -> Exemption:
        """Reads one entry of the configuration, which has the shape of the parameter's schema.

        Raises:
            ValueError: a date that no calendar has, or a pattern that is for every resource.
        """
        pattern = str(entry["resource"])
        if not pattern.replace("*", "").replace("?", "").strip(":"):
            raise ValueError(
                f"resource {pattern!r} would excuse every resource: name the one that is meant, "
                "for example 'urn:pulumi:prod::*:Vault::kv-legacy'"
            )
        try:
            expires = date.fromisoformat(str(entry["expires"]))
        except ValueError:
            raise ValueError(f"expires {entry['expires']!r} is no date: YYYY-MM-DD") from None
        return cls(str(entry["rule"]), pattern, str(entry["reason"]), str(entry["owner"]), expires)

    def covers(self, rule: About, urn: str) -> bool:
        """Whether it is for that rule and that resource."""
        return self.rule == rule.name and fnmatchcase(urn, self.resource)


class Register:
    """The exceptions of one operation, and which of them were of use in it.

    Args:
        entries: the exceptions.
    """

    def __init__(self, entries: Sequence[Exemption]) -> None:
        self._entries = entries
        self._used: set[Exemption] = set()

    def excuse(self, rule: About, urn: str, today: date) -> str | None:
        """Says on what ground a finding isn't a violation, or None where it is one.

        Args:
            rule: the rule that found it.
            urn: the resource in question.
            today: the date, UTC.
        """
        if rule.name == EXCEPTIONS.name:
            return None
        covering = [entry for entry in self._entries if entry.covers(rule, urn)]
        self._used.update(covering)
        valid = [entry for entry in covering if entry.expires >= today]
        if not valid:
            return None
        longest = max(valid, key=lambda entry: entry.expires)
        return f"Excepted until {longest.expires} by {longest.owner} ({longest.reason}):"

    def findings(self, today: date, weakened: Mapping[str, str]) -> Iterator[Finding]:
        """What is wrong with the exceptions themselves, once all resources were judged.

        Args:
            today: the date, UTC.
            weakened: rule to the level that its own was lowered to: an exception of another kind.

        Yields:
            Findings without a URN: they are about the configuration.
        """
        for entry in self._entries:
            named = f"The exception from '{entry.rule}' for '{entry.resource}' ({entry.owner})"
            if entry.expires < today:
                yield Finding(
                    "",
                    f"{named} expired on {entry.expires}: mend what it excused and remove it, or "
                    "have its owner decide anew.",
                )
            elif entry not in self._used:
                yield Finding(
                    "",
                    f"{named} excuses nothing in this stack: remove it, before it excuses what "
                    "nobody meant.",
                    advisory=True,
                )
        for rule, level in weakened.items():
            yield Finding(
                "",
                f"The rule '{rule}' is configured to be {level}: an exception for the resource in "
                "question would say why, whose and until when.",
                advisory=True,
            )
