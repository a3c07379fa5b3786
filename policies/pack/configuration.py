"""What a stack's owner may set for the pack: levels, parameters, exceptions.

Owns the check of names, which the engine doesn't make: it hands on a rule or a parameter that there
isn't, and so a misspelt rule would go on as before. Values are checked by the engine, against the
parameters' schemas.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final, Literal

from .exceptions import ENTRIES, EXCEPTIONS, Exemption
from .model import About

SetLevel = Literal["advisory", "mandatory", "disabled"]

# What the engine also hands on: a level for all rules, which it has already given to each of them.
_ALL: Final = "all"


class ConfigurationError(Exception):
    """Configuration that says something the pack doesn't know; its text is for the owner."""


@dataclass(frozen=True)
class Entry:
    """One rule's part of the configuration, as the engine hands it on.

    Attributes:
        level: what a violation does; None where it says nothing.
        settings: parameter name to value.
    """

    level: SetLevel | None = None
    settings: Mapping[str, object] = field(default_factory=dict)


class Configuration:
    """The pack's configuration for one operation.

    Args:
        rules: what there is to configure.
        entries: by the rule's name.

    Raises:
        ConfigurationError: naming everything that is wrong, and the nearest right name.
    """

    def __init__(self, rules: Iterable[About], entries: Mapping[str, Entry]) -> None:
        known = {rule.name: rule for rule in rules}
        self._entries = {name: entry for name, entry in entries.items() if name != _ALL}
        mistakes = [
            mistake
            for name, entry in sorted(self._entries.items())
            for mistake in _mistakes(name, entry, known)
        ]
        self.exceptions, unreadable = self._read_exceptions(known)
        if mistakes or unreadable:
            raise ConfigurationError("\n".join([*mistakes, *unreadable]))
        self.weakened = {
            name: entry.level
            for name, entry in sorted(self._entries.items())
            if entry.level == "disabled"
            or (entry.level == "advisory" and known[name].level == "mandatory")
        }

    def level(self, rule: About) -> SetLevel:
        """What a violation of a rule does."""
        return self._entries.get(rule.name, Entry()).level or rule.level

    def settings(self, rule: About) -> Mapping[str, object]:
        """A rule's parameters, configured or by default."""
        given = self._entries.get(rule.name, Entry()).settings
        return {
            parameter.name: given.get(parameter.name, parameter.default)
            for parameter in rule.parameters
        }

    def _read_exceptions(self, known: Mapping[str, About]) -> tuple[list[Exemption], list[str]]:
        entries = self.settings(EXCEPTIONS)[ENTRIES.name]
        assert isinstance(entries, list)
        exceptions, mistakes = [], []
        for number, entry in enumerate(entries):
            path = f"{EXCEPTIONS.name}.{ENTRIES.name}[{number}]"
            try:
                exception = Exemption.read(entry)
            except ValueError as error:
                mistakes.append(f"{path}: {error}.")
                continue
            exceptions.append(exception)
            if exception.rule not in known:
                mistakes.append(
                    f"{path}: there is no rule {_with_nearest(exception.rule, list(known))}"
                )
        return exceptions, mistakes


def _mistakes(name: str, entry: Entry, known: Mapping[str, About]) -> Iterable[str]:
    if name not in known:
        yield f"There is no rule {_with_nearest(name, list(known))}"
        return
    parameters = [parameter.name for parameter in known[name].parameters]
    for setting in sorted(entry.settings):
        if setting not in parameters:
            yield f"{name}: there is no parameter {_with_nearest(setting, parameters)}"


def _with_nearest(name: str, names: Sequence[str]) -> str:
    nearest = get_close_matches(name, names, n=1, cutoff=0.5)
    if nearest:
        return f"{name!r}; did you mean {nearest[0]!r}?"
    if names:
        return f"{name!r}; there are {', '.join(sorted(names))}."
    return f"{name!r}; it has none."
