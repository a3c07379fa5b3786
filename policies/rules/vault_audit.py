"""Each key vault has a diagnostic setting that keeps its audit logs.

Owns the link from a setting to its vault and what counts as kept. How long a destination keeps what
it gets, and who reads it, is not judged here.

Outputs of a setting don't say which resource it is for. So the link is what the setting's
`resourceUri` was computed from, checked against the setting's id wherever that is known: an id
contains the path of the resource, and it is what Azure has.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from .model import About, Control, Finding, Resource, StackRule
from .unknowns import UNKNOWN

VAULT: Final = "azure-native:keyvault:vault"
# `insights` is the module's former name; the provider still accepts it as an alias.
SETTINGS: Final = (
    "azure-native:monitor:diagnosticsetting",
    "azure-native:insights:diagnosticsetting",
)

# Microsoft Learn, "Enable Key Vault logging": the audit category, and the groups that contain it.
# Compared without case: Azure takes another spelling as the same category or refuses the setting,
# so none can leave a vault unaudited.
CATEGORIES: Final = frozenset({"auditevent"})
GROUPS: Final = frozenset({"audit", "alllogs"})

# Workspace, storage account, event hub. What a marketplace partner keeps is out of the owner's
# hands; `serviceBusRuleId` is a retired form; an event hub's name alone names no destination.
DESTINATIONS: Final = ("workspaceId", "storageAccountId", "eventHubAuthorizationRuleId")

_TARGET: Final = re.compile(
    r"/providers/microsoft\.keyvault/vaults/([^/]+)"
    r"(?:/providers/microsoft\.insights/diagnosticsettings/[^/]+)?/?$",
    re.IGNORECASE,
)


class _Certainty(IntEnum):
    """Ordered, so that `max` is "any of" and `min` is "all of"."""

    NO = 0
    UNDECIDED = 1
    YES = 2


@dataclass(frozen=True)
class _Vaults:
    """The stack's vaults.

    Attributes:
        keys: by vault URN, what identifies the vault: its name (unique in a whole cloud, whatever
            its case), or its URN while the name isn't known. Two resources may be one vault.
        known: all the keys.
        nameless: the keys that are URNs.
    """

    keys: Mapping[str, str]
    known: frozenset[str]
    nameless: frozenset[str]


@dataclass(frozen=True)
class _Link:
    """Which vault a setting is for.

    Attributes:
        keys: the vaults that it may be for; for exactly one of them.
        adrift: it may also be for any vault of the stack.
        adrift_nameless: it may also be for any vault whose name isn't known.
    """

    keys: frozenset[str] = frozenset()
    adrift: bool = False
    adrift_nameless: bool = False


@dataclass
class _Coverage:
    """What the settings seen so far do for the vaults: the best of them, and what they lack."""

    by_key: dict[str, _Certainty] = field(default_factory=dict)
    shortfalls: dict[str, list[str]] = field(default_factory=dict)
    any_vault: _Certainty = _Certainty.NO
    nameless_vault: _Certainty = _Certainty.NO

    def add(self, link: _Link, setting: Resource) -> None:
        logs = _audit_logs(setting.properties.get("logs"))
        destination = max(_destination(setting, key) for key in DESTINATIONS)
        keeps = min(logs, destination)
        perhaps = min(keeps, _Certainty.UNDECIDED)
        for key in link.keys:
            certainty = keeps if len(link.keys) == 1 else perhaps
            self.by_key[key] = max(certainty, self.by_key.get(key, _Certainty.NO))
            if keeps is _Certainty.NO:
                self.shortfalls.setdefault(key, []).append(_shortfall(setting, logs, destination))
        if link.adrift:
            self.any_vault = max(perhaps, self.any_vault)
        if link.adrift_nameless:
            self.nameless_vault = max(perhaps, self.nameless_vault)

    def of(self, key: str, vaults: _Vaults) -> _Certainty:
        certainty = max(self.by_key.get(key, _Certainty.NO), self.any_vault)
        return max(certainty, self.nameless_vault) if key in vaults.nameless else certainty


def judge(resources: Mapping[str, Sequence[Resource]]) -> Iterator[Finding]:
    """Finds each vault whose audit logs no diagnostic setting of the stack keeps.

    Takes time in proportion to the number of vaults, settings and their dependencies.

    Args:
        resources: vaults and diagnostic settings, by normalised type.

    Yields:
        At most one finding a vault; undecided where a value that decides isn't known yet.
    """
    vaults = _identify(resources.get(VAULT, ()))
    settings = [setting for kind in SETTINGS for setting in resources.get(kind, ())]
    coverage = _Coverage()
    for setting in sorted(settings, key=lambda setting: setting.urn):
        coverage.add(_link(vaults, setting), setting)
    for vault in resources.get(VAULT, ()):
        key = vaults.keys[vault.urn]
        certainty = coverage.of(key, vaults)
        if certainty is _Certainty.UNDECIDED:
            yield _undecided(vault)
        elif certainty is _Certainty.NO:
            yield _violation(vault, coverage.shortfalls.get(key, ()))


def _identify(vaults: Sequence[Resource]) -> _Vaults:
    keys: dict[str, str] = {}
    nameless: set[str] = set()
    for vault in vaults:
        # The output is `name`; a preview's outputs may still be the inputs: `vaultName`.
        names = (vault.properties.get(key) for key in ("name", "vaultName"))
        name = next((name for name in names if isinstance(name, str)), None)
        if name is None:
            nameless.add(vault.urn)
        keys[vault.urn] = vault.urn if name is None else name.lower()
    return _Vaults(keys, frozenset(keys.values()), frozenset(nameless))


def _link(vaults: _Vaults, setting: Resource) -> _Link:
    origins = setting.dependencies.get("resourceUri", ())
    sources = frozenset(vaults.keys[urn] for urn in origins if urn in vaults.keys)
    # A preview's outputs may still be the inputs, and then hold `resourceUri`.
    paths = [setting.properties.get(key) for key in ("id", "resourceUri")]
    path = next((path for path in paths if isinstance(path, str)), None)
    if path is not None:
        return _link_by_path(vaults, path, sources)
    return _Link(sources, adrift=not sources)


def _link_by_path(vaults: _Vaults, path: str, sources: frozenset[str]) -> _Link:
    match = _TARGET.search(path)
    if match is None:
        return _Link()
    name = match[1].lower()
    if name in vaults.known:
        return _Link(frozenset({name}))
    unnamed = sources & vaults.nameless
    return _Link(unnamed, adrift_nameless=not unnamed)


def _audit_logs(logs: object) -> _Certainty:
    if logs is UNKNOWN:
        return _Certainty.UNDECIDED
    if not isinstance(logs, list):
        return _Certainty.NO
    return max((_audit_log(entry) for entry in logs), default=_Certainty.NO)


def _audit_log(entry: object) -> _Certainty:
    if entry is UNKNOWN:
        return _Certainty.UNDECIDED
    if not isinstance(entry, dict):
        return _Certainty.NO
    named = max(
        _one_of(entry.get("category"), CATEGORIES),
        _one_of(entry.get("categoryGroup"), GROUPS),
    )
    return min(named, _true(entry.get("enabled")))


def _one_of(value: object, names: frozenset[str]) -> _Certainty:
    if value is UNKNOWN:
        return _Certainty.UNDECIDED
    return _yes(isinstance(value, str) and value.lower() in names)


def _true(value: object) -> _Certainty:
    return _Certainty.UNDECIDED if value is UNKNOWN else _yes(value is True)


def _destination(setting: Resource, key: str) -> _Certainty:
    value = setting.properties.get(key)
    if value is UNKNOWN:
        # Another resource's output, not known before that resource exists: set.
        return _Certainty.YES if setting.dependencies.get(key) else _Certainty.UNDECIDED
    return _yes(isinstance(value, str) and value.strip() != "")


def _yes(holds: bool) -> _Certainty:
    return _Certainty.YES if holds else _Certainty.NO


def _shortfall(setting: Resource, logs: _Certainty, destination: _Certainty) -> str:
    lacks = []
    if logs is _Certainty.NO:
        lacks.append("its logs have no enabled entry of an audit category")
    if destination is _Certainty.NO:
        lacks.append(f"it has none of {', '.join(DESTINATIONS)}")
    return f"'{setting.name}' doesn't count: {' and '.join(lacks)}."


def _violation(vault: Resource, shortfalls: Sequence[str]) -> Finding:
    found = " ".join(shortfalls[:_SHORTFALLS_SHOWN]) or "None in this stack is for this vault."
    return Finding(
        vault.urn,
        f"Vault '{vault.name}': no diagnostic setting keeps its audit logs, so nobody could tell "
        f"later who read a secret. {found} {_MEND}",
    )


def _undecided(vault: Resource) -> Finding:
    return Finding(
        vault.urn,
        f"Vault '{vault.name}': a diagnostic setting may keep its audit logs, but its resourceUri, "
        "logs or destination isn't known. A preview leaves that to the update, which refuses what "
        "still can't be told. Compute resourceUri from this vault's id alone, and write logs as "
        "literals.",
        decided=False,
    )


_SHORTFALLS_SHOWN: Final = 3

_MEND: Final = (
    "Add a DiagnosticSetting with resourceUri computed from this vault's id, logs with "
    '{categoryGroup: "audit", enabled: true} (or category "AuditEvent", or group "allLogs"), and '
    f"one of {', '.join(DESTINATIONS)}."
)

RULE: Final = StackRule(
    about=About(
        name="vault-without-audit-logs",
        description="Each key vault has a diagnostic setting that keeps its audit logs.",
        severity="high",
        benchmark="LT-3",
        benchmark_title="Enable logging for security investigation",
        controls=(
            Control("Microsoft cloud security benchmark", "DP-8"),
            Control("CIS Azure Foundations", "6.1.1.4"),
            Control("PSRule for Azure", "AZR-000119"),
            Control("Azure Policy", "cf820ca0"),
        ),
        remediation=(
            "1. Choose where the logs are kept: a Log Analytics workspace, a storage account or an "
            "event hub.\n"
            "2. Add a DiagnosticSetting whose resourceUri is the vault's id, with an enabled logs "
            "entry of categoryGroup audit (or category AuditEvent, or group allLogs) and that "
            "destination.\n"
            "3. Let secrets depend on the setting, so that their first read is already logged."
        ),
    ),
    types=frozenset({VAULT, *SETTINGS}),
    judge=judge,
)
